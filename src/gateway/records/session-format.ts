/**
 * The stored formats of a session. The compact format is `2<header>\n<receipts>`: the header is JSON with short names and without derivable values; a receipt is
 * `<turn><kind><ms>;<length>;<text>`, or `<turn><kind><ms>=<index>;` if an earlier receipt has the same text. Numbers are in base
 * 36, lengths in UTF-16 code units. The first `ms` is a store time, the others are relative to the receipt before.
 */
import { z } from 'zod'
import { UssdError } from '../../engine/errors.ts'
import type { Change } from '../ports.ts'
import { COMPACT, parseJson, parseRecord, validate } from './record-format.ts'
import { SessionJson } from './session.ts'
import type { Receipt, Session } from './session.ts'

/** The kinds of receipts: no reply expected, any reply, a secret. None of them occurs in a turn id. */
const END = '.'
const WAITS = '?'
const ASKS_SECRET = '*'

const Header = z.looseObject({
  /** menu */
  m: z.string(),
  /** revision */
  r: z.string(),
  /** latin */
  l: z.literal(1).exactOptional(),
  /** key */
  k: z.string().exactOptional(),
  /** asksAgain */
  a: z.literal(1).exactOptional(),
  /** confirms */
  c: z.literal(1).exactOptional(),
  /** earlier: turn and store time of each */
  e: z.array(z.tuple([z.string(), z.number()])).exactOptional(),
  /** The value and the context of `state`; absent once the dialogue has ended. */
  v: z.union([z.string(), z.record(z.string(), z.any())]).exactOptional(),
  x: z.unknown().optional(),
  /** begunBy, unless it is the first receipt's turn */
  b: z.string().exactOptional(),
  /** turns, unless it is the number of receipts */
  t: z.number().exactOptional(),
  /** heard, unless it is 0 */
  h: z.number().exactOptional(),
  /** answeredAtMs, unless it is the last receipt's time */
  n: z.number().exactOptional(),
  /** idleUntilMs, relative to answeredAtMs */
  i: z.number(),
})

/** Parses a stored session in either format. Throws `USSD_RECORD_CORRUPT`. */
export function parseSession(stored: string): Session {
  if (!stored.startsWith(COMPACT)) return { ...parseRecord(SessionJson, stored), format: 'json' }
  const headerEnd = stored.indexOf('\n')
  if (headerEnd < 0) throw corrupt()
  const { m, r, l, k, a, c, e, v, x, b, t, h, n, i, ...unknown } = validate(
    Header,
    parseJson(stored.slice(COMPACT.length, headerEnd)),
  )
  const receipts = parseReceipts(stored, headerEnd + 1)
  const answeredAtMs = n ?? receipts.at(-1)?.atMs
  const begunBy = b ?? receipts[0]?.turn
  if (answeredAtMs === undefined || begunBy === undefined) throw corrupt()
  return {
    ...unknown,
    format: 'compact',
    menu: m,
    revision: r,
    latin: l === 1,
    ...(k !== undefined && { key: k }),
    ...(a && { asksAgain: true }),
    ...(c && { confirms: true }),
    ...(e && { earlier: e.map(([turn, atMs]) => ({ turn, atMs })) }),
    state: v === undefined ? null : { value: v, context: x },
    begunBy,
    turns: t ?? receipts.length,
    heard: h ?? 0,
    answeredAtMs,
    idleUntilMs: answeredAtMs + i,
    receipts,
  }
}

/** Returns the write of a session, in its own format. */
export const putSession = (session: Session, ttlMs: number): Change['write'] => ({
  kind: 'put',
  value: formatSession(session),
  ttlMs,
})

function formatSession(session: Session): string {
  const { format, ...fields } = session
  if (format === 'json') return JSON.stringify(fields)
  const { menu, revision, latin, key, asksAgain, confirms, earlier, state, ...rest } = fields
  const { begunBy, turns, heard, answeredAtMs, idleUntilMs, receipts, ...unknown } = rest
  const header = {
    m: menu,
    r: revision,
    l: latin ? 1 : undefined,
    k: key,
    a: asksAgain && 1,
    c: confirms && 1,
    e: earlier?.map(({ turn, atMs }) => [turn, atMs]),
    v: state?.value,
    x: state?.context,
    b: begunBy === receipts[0]?.turn ? undefined : begunBy,
    t: turns === receipts.length ? undefined : turns,
    h: heard || undefined,
    n: answeredAtMs === receipts.at(-1)?.atMs ? undefined : answeredAtMs,
    i: idleUntilMs - answeredAtMs,
    ...unknown,
  } satisfies Partial<Record<keyof z.infer<typeof Header>, unknown>>
  return `${COMPACT}${JSON.stringify(header)}\n${formatReceipts(receipts)}`
}

function formatReceipts(receipts: readonly Receipt[]): string {
  let formatted = ''
  let previousMs = 0
  for (const [index, { turn, text, waits, asksSecret, atMs }] of receipts.entries()) {
    const kind = asksSecret ? ASKS_SECRET : waits ? WAITS : END
    const first = receipts.findIndex((receipt) => receipt.text === text)
    const body = first < index ? `=${first.toString(36)};` : `;${text.length.toString(36)};${text}`
    formatted += `${turn}${kind}${(atMs - previousMs).toString(36)}${body}`
    previousMs = atMs
  }
  return formatted
}

function parseReceipts(stored: string, start: number): Receipt[] {
  const receipts: Receipt[] = []
  let atMs = 0
  for (let at = start; at < stored.length;) {
    const kindAt = indexOfKind(stored, at)
    const kind = stored[kindAt]
    const numberEnd = stored.indexOf(';', kindAt)
    if (numberEnd < 0) throw corrupt()
    const number = stored.slice(kindAt + 1, numberEnd)
    const reference = number.indexOf('=')
    atMs += parseNumber(reference < 0 ? number : number.slice(0, reference))
    let text: string | undefined
    let end = numberEnd + 1
    if (reference < 0) {
      const textAt = stored.indexOf(';', end) + 1
      // Without this, a damaged record would be read again from its start, for ever.
      if (textAt === 0) throw corrupt()
      end = textAt + parseNumber(stored.slice(end, textAt - 1))
      text = end >= textAt && end <= stored.length ? stored.slice(textAt, end) : undefined
    } else {
      text = receipts[parseNumber(number.slice(reference + 1))]?.text
    }
    if (text === undefined) throw corrupt()
    const turn = stored.slice(at, kindAt)
    receipts.push({
      turn,
      text,
      waits: kind !== END,
      ...(kind === ASKS_SECRET && { asksSecret: true }),
      atMs,
    })
    at = end
  }
  return receipts
}

function indexOfKind(stored: string, from: number): number {
  for (let at = from; at < stored.length; at++) {
    const character = stored[at]
    if (character === WAITS || character === END || character === ASKS_SECRET) return at
  }
  throw corrupt()
}

function parseNumber(digits: string): number {
  const number = Number.parseInt(digits, 36)
  if (Number.isNaN(number)) throw corrupt()
  return number
}

const corrupt = () => new UssdError('USSD_RECORD_CORRUPT', { detail: 'receipts' })
