import { z } from 'zod'
import type { Answer } from '../ports.ts'
import type { RecordFormat } from './record-format.ts'

/**
 * A dialogue between two turns: the state of the machine, and a receipt for each of the last turns. Replies are stored as
 * keyed digests, never as text.
 */
const SessionFields = z.object({
  /** The menu's code. */
  menu: z.string(),
  revision: z.string(),
  /** True when the screens are shown in Latin letters. */
  latin: z.boolean().default(false),
  /** The id of the secrets key of its digests. Older sessions lack it and use the current key. */
  key: z.string().exactOptional(),
  /** The screen asks to repeat a secret, so an equal secret is a reply and not a duplicate. */
  asksAgain: z.literal(true).exactOptional(),
  /** The screen is a confirmation, so a reply equal to an earlier one may be a late duplicate of it. */
  confirms: z.literal(true).exactOptional(),
  /** Turns of the previous dialogue under this session id whose callbacks may still be delivered again. */
  earlier: z.array(z.looseObject({ turn: z.string(), atMs: z.number() })).exactOptional(),
  /** Null once the dialogue has ended, which is final. */
  state: z
    .object({ value: z.union([z.string(), z.record(z.string(), z.any())]), context: z.unknown() })
    .nullable(),
  /** The id of the first turn. An equal begin is a duplicate; a different one starts a new dialogue. */
  begunBy: z.string(),
  /** The number of answered turns. */
  turns: z.number().default(0),
  /** Cumulative dialects: length of the text at the last turn. Sequenced ones: its number. */
  heard: z.number(),
  /** Store time of the last turn, milliseconds since the epoch. */
  answeredAtMs: z.number(),
  /** Store time at which the session expires. */
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
    /** The stored format, which a dialogue keeps to its end. */
    format: RecordFormat
  }
>

/** The schema of a session stored as JSON. Keeps unknown fields, so that a newer version's data is written back. */
export const SessionJson: z.ZodType<Omit<Session, 'format'>> = SessionFields.loose()

/** The answer to a signed delivery, stored apart from its session. */
export const Delivered: z.ZodType<Answer> = z.looseObject({
  text: z.string(),
  waits: z.boolean(),
  asksSecret: z.literal(true).exactOptional(),
})

/** A receipt answers duplicates for this long, also after the end of the dialogue. */
export const RECEIPT_TTL_MS = 600_000

/**
 * Aggregators retry after 10 to 25 seconds. Within this time a confirmation rejects a reply equal to an earlier one. Without a
 * limit, a subscriber who chose the same digit before could never confirm.
 */
export const RETRY_WINDOW_MS = 30_000

/** The size limit of a session: only the last receipts of a long dialogue are kept. */
const MAX_RECEIPTS = 16

/** Computes the session after an answered turn, and its TTL. */
export function nextSession(
  before: Session | undefined,
  turn: {
    readonly menu: string
    readonly revision: string
    readonly latin: boolean
    readonly state: Session['state']
    readonly id: string
    /** The id to store as that of the first turn; by default `id`. */
    readonly begunBy?: string | undefined
    readonly key: string
    readonly asksAgain: boolean
    readonly confirms: boolean
    /** The previous dialogue under the same session id. */
    readonly replaced: Session | undefined
    readonly position: number
    readonly answer: Answer
    readonly nowMs: number
    readonly idleMs: number
    /** The stored format of a new dialogue. */
    readonly format: RecordFormat
  },
): { readonly session: Session; readonly ttlMs: number } {
  const receipts = before?.receipts ?? []
  const receipt: Receipt = { turn: turn.id, ...turn.answer, atMs: turn.nowMs }
  const { asksAgain: _asked, confirms: _confirmed, earlier: _earlier, ...kept } = before ?? {}
  const { replaced } = turn
  const earlier = [...(before?.earlier ?? replaced?.earlier ?? []), ...(replaced?.receipts ?? [])]
    .filter(({ atMs }) => Math.abs(turn.nowMs - atMs) < RETRY_WINDOW_MS)
    .map(({ turn: id, atMs }): AnsweredTurn => ({ turn: id, atMs }))
    .slice(-MAX_RECEIPTS)
  return {
    session: {
      ...kept,
      format: before?.format ?? turn.format,
      menu: turn.menu,
      revision: turn.revision,
      latin: turn.latin,
      state: turn.answer.waits ? turn.state : null,
      key: turn.key,
      ...(turn.asksAgain && { asksAgain: true }),
      ...(turn.confirms && { confirms: true }),
      ...(earlier.length > 0 && { earlier }),
      begunBy: before?.begunBy ?? turn.begunBy ?? turn.id,
      turns: (before?.turns ?? 0) + 1,
      heard: turn.position,
      answeredAtMs: turn.nowMs,
      idleUntilMs: turn.nowMs + turn.idleMs,
      receipts: [...receipts, receipt].slice(-MAX_RECEIPTS),
    },
    // While its receipts last, an expired session differs from an unknown one.
    ttlMs: (turn.answer.waits ? turn.idleMs : 0) + RECEIPT_TTL_MS,
  }
}
