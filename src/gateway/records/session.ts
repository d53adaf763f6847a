import { z } from 'zod'
import type { Answer } from '../ports.ts'

/**
 * What is kept of a dialogue between turns: where the machine rests, and a receipt for each of the last turns. Of what the
 * subscriber typed only keyed digests are kept, never text.
 */
const SessionFields = z.object({
  /** The code and revision of the menu it runs in. */
  menu: z.string(),
  revision: z.string(),
  /** Whether it is shown in Latin letters. */
  latin: z.boolean().default(false),
  /** The id of the secrets key that its digests are made with; older sessions are under the current one. */
  key: z.string().exactOptional(),
  /** The screen asks for the secret that was given last once more, so an equal one is an answer. */
  asksAgain: z.literal(true).exactOptional(),
  /** The screen is a confirmation, so an answer that was given before in this dialogue may be its late duplicate. */
  confirms: z.literal(true).exactOptional(),
  /** Answers of the dialogue before under the same session id, for as long as they may be delivered again. */
  earlier: z.array(z.looseObject({ turn: z.string(), atMs: z.number() })).exactOptional(),
  /** Null once the dialogue has ended: such a session is never opened again. */
  state: z
    .object({ value: z.union([z.string(), z.record(z.string(), z.any())]), context: z.unknown() })
    .nullable(),
  /** The turn that began it: the same begin again is a repeat, another one begins another dialogue. */
  begunBy: z.string(),
  /** Number of turns answered. */
  turns: z.number().default(0),
  /** Characters of the transcript at the last turn. */
  heard: z.number(),
  /** Store time of the last turn, milliseconds since the epoch. */
  answeredAtMs: z.number(),
  /** Store time after which a reply comes too late. */
  idleUntilMs: z.number(),
  /** Newest last. */
  receipts: z.array(
    z.looseObject({
      turn: z.string(),
      text: z.string(),
      waits: z.boolean(),
      asksSecret: z.literal(true).exactOptional(),
      atMs: z.number(),
    }),
  ),
})
export interface Receipt extends Answer {
  readonly turn: string
  readonly atMs: number
}
type AnsweredTurn = Pick<Receipt, 'turn' | 'atMs'>
export type Session = Readonly<
  Omit<z.infer<typeof SessionFields>, 'receipts' | 'earlier'> & {
    receipts: readonly Receipt[]
    earlier?: readonly AnsweredTurn[]
  }
>

/** Reads a stored session. Fields of a newer version are kept, and written back. */
export const Session: z.ZodType<Session> = SessionFields.loose()

/** What a signed delivery was answered, kept apart from its session. */
export const Delivered: z.ZodType<Answer> = z.looseObject({
  text: z.string(),
  waits: z.boolean(),
  asksSecret: z.literal(true).exactOptional(),
})

/** A turn answered before is answered again from its receipt for this long, also after the dialogue's end. */
export const RECEIPT_TTL_MS = 600_000

/**
 * Aggregators retry after 10 to 25 seconds. For so long a screen that confirms takes no answer that was given before; for good
 * it would keep whoever chose the same digit on the way from confirming at all.
 */
export const RETRY_WINDOW_MS = 30_000

/** Of a long dialogue the last turns' receipts are kept, so that a session does not grow with its length. */
const MAX_RECEIPTS = 16

/** The session as the answered turn leaves it, and how long it is kept. */
export function nextSession(
  before: Session | undefined,
  turn: {
    readonly menu: string
    readonly revision: string
    readonly latin: boolean
    readonly state: Session['state']
    readonly id: string
    readonly key: string
    readonly asksAgain: boolean
    readonly confirms: boolean
    /** The dialogue that this one takes the place of, under the same session id. */
    readonly replaced: Session | undefined
    readonly heard: number
    readonly answer: Answer
    readonly nowMs: number
    readonly idleMs: number
  },
): { readonly session: Session; readonly ttlMs: number } {
  const receipts = before?.receipts ?? []
  const receipt: Receipt = { turn: turn.id, ...turn.answer, atMs: turn.nowMs }
  const { asksAgain: _asked, confirms: _confirmed, earlier: _earlier, ...kept } = before ?? {}
  const { replaced } = turn
  const earlier = [...(before?.earlier ?? replaced?.earlier ?? []), ...(replaced?.receipts ?? [])]
    .filter(({ atMs }) => Math.abs(turn.nowMs - atMs) < RETRY_WINDOW_MS)
    .map((told): AnsweredTurn => ({ turn: told.turn, atMs: told.atMs }))
    .slice(-MAX_RECEIPTS)
  return {
    session: {
      ...kept,
      menu: turn.menu,
      revision: turn.revision,
      latin: turn.latin,
      state: turn.answer.waits ? turn.state : null,
      key: turn.key,
      ...(turn.asksAgain && { asksAgain: true }),
      ...(turn.confirms && { confirms: true }),
      ...(earlier.length > 0 && { earlier }),
      begunBy: before?.begunBy ?? turn.id,
      turns: (before?.turns ?? 0) + 1,
      heard: turn.heard,
      answeredAtMs: turn.nowMs,
      idleUntilMs: turn.nowMs + turn.idleMs,
      receipts: [...receipts, receipt].slice(-MAX_RECEIPTS),
    },
    // An expired session is told from an unknown one for as long as its receipts last.
    ttlMs: (turn.answer.waits ? turn.idleMs : 0) + RECEIPT_TTL_MS,
  }
}
