/**
 * Classifies a callback as a begin, a reply, a duplicate or out of step, and extracts the reply. It compares the reported
 * input with the digests of the session and never splits at `*`, because a reply may contain `*` or be empty (decision 0004).
 */
import { macUnder } from './records/keyring.ts'
import type { Keyring } from './records/keyring.ts'
import type { Callback } from './ports.ts'
import type { Receipt, Session } from './records/session.ts'
import { RECEIPT_TTL_MS, RETRY_WINDOW_MS } from './records/session.ts'

interface Turn {
  readonly id: string
  /** The id of the secrets key of `id`. A session keeps the key it began with. */
  readonly key: string
  /** The length of a cumulative text, or the number of a sequenced turn; 0 for latest-only input. */
  readonly position: number
}

export type TurnClass =
  /** A duplicate: replay its receipt. */
  | { readonly kind: 'repeat'; readonly receipt: Receipt }
  /** `begunBy`: the id of the begin without text, where the text of this one may be a reply that overtook it. */
  | (Turn & { readonly kind: 'begin'; readonly begunBy?: string })
  | (Turn & { readonly kind: 'reply'; readonly typed: string })
  /** A reply to an unknown or expired session. */
  | { readonly kind: 'expired' }
  /** A reply to a dialogue that has ended. */
  | { readonly kind: 'ended' }
  /** A reply that does not follow the last turn: a turn is missing or differs. */
  | { readonly kind: 'out-of-step' }

export interface TurnClassifier {
  /** Classifies a callback at the store's time. Throws `USSD_KEY_UNKNOWN` when the session's secrets key is not configured. */
  classify(callback: Callback, session: Session | undefined, nowMs: number): TurnClass
}

/** Shorter replies are choices, which may repeat; longer ones may be secrets. */
const MAX_CHOICE_LENGTH = 2

/** A session, and its validity at one point in time. */
interface Known {
  readonly session: Session
  /** It has not expired: a reply continues it. */
  readonly isLive: boolean
  /** Its receipts are still valid. */
  readonly isFresh: boolean
}

/**
 * Creates a classifier.
 * @param options `repeatWithinMs`: in latest-only dialects, an equal reply within this time is a duplicate. A person needs
 * longer to read a screen and reply. `moreKey`: shows the next page; an equal one in a row is no duplicate, however quick.
 */
export function createTurnClassifier(options: {
  readonly keyring: Keyring
  readonly repeatWithinMs: number
  readonly moreKey?: string | undefined
}): TurnClassifier {
  const { keyring, repeatWithinMs, moreKey } = options
  const isMore = (typed: string | undefined) => moreKey !== undefined && typed?.trim() === moreKey

  return {
    classify(callback, session, nowMs) {
      const known = session && {
        session,
        isLive: nowMs <= session.idleUntilMs,
        isFresh: nowMs <= session.answeredAtMs + RECEIPT_TTL_MS,
      }
      const key = known && (known.isLive || known.isFresh) ? (session.key ?? keyring.id) : keyring.id
      /** Keyed digest of the input, 16 characters (96 bits). The key is not in the store. */
      const digest: Digest = (parts) =>
        macUnder(keyring, key, 'transcript', [
          callback.dialect,
          callback.sessionId,
          callback.msisdn,
          ...parts,
        ])
          .toString('base64url')
          .slice(0, 16)
      switch (callback.reported.kind) {
        case 'cumulative':
          return classifyCumulative(callback.reported, known, { key, digest })
        case 'sequenced':
          return classifySequenced({ ...callback.reported, dialled: callback.dialled }, known, {
            key,
            digest,
          })
        case 'latest-only':
          return classifyLatestOnly({ ...callback, ...callback.reported }, known, {
            key,
            digest,
            nowMs,
            repeatWithinMs: isMore(callback.reported.typed) ? 0 : repeatWithinMs,
          })
      }
    },
  }
}

type Digest = (parts: readonly string[]) => string

interface Keyed {
  readonly key: string
  readonly digest: Digest
}

const receiptOf = (known: Known | undefined, id: string): Receipt | undefined =>
  known?.isFresh ? known.session.receipts.find(({ turn }) => turn === id) : undefined

/** True when the turn began this session, even if its receipt has been dropped. Such a begin is a duplicate. */
const isBegunBy = (known: Known | undefined, id: string): boolean =>
  known !== undefined && (known.isLive || known.isFresh) && known.session.begunBy === id

function classifyCumulative(
  { code, text, begins }: Extract<Callback['reported'], { kind: 'cumulative' }>,
  known: Known | undefined,
  { key, digest }: Keyed,
): TurnClass {
  const id = digest([code, text])
  const receipt = receiptOf(known, id)
  if (receipt) return { kind: 'repeat', receipt }
  const session = known?.session
  const last = session?.receipts.at(-1)
  const live = known?.isLive ? known.session : undefined
  const continues =
    session !== undefined &&
    text.length > session.heard &&
    digest([code, text.slice(0, session.heard)]) === last?.turn
  // Another code under an old session id starts a new dialogue; a late duplicate of the begin does not. Where any text may be
  // a begin, a session with valid receipts is not restarted: a late duplicate would erase the receipts.
  const isBegin =
    begins === 'empty'
      ? session === undefined || (text === '' && !isBegunBy(known, id))
      : !continues && !known?.isLive && !known?.isFresh
  const begunBy = isBegin && begins === 'empty' && text !== '' && { begunBy: digest([code, '']) }
  if (isBegin) return { kind: 'begin', id, key, position: text.length, ...begunBy }
  if (!live) return { kind: 'expired' }
  if (live.state === null) return { kind: 'ended' }
  // A late duplicate of the begin whose receipt is gone gets the current screen.
  if (live.begunBy === id && last) return { kind: 'repeat', receipt: last }
  if (!continues) return { kind: 'out-of-step' }
  // After an empty text, a reply has no star before it; after an empty first reply, it has one.
  if (live.heard === 0)
    return { kind: 'reply', id, key, position: text.length, typed: text.replace(/^\*/, '') }
  if (text[live.heard] !== '*') return { kind: 'out-of-step' }
  return { kind: 'reply', id, key, position: text.length, typed: text.slice(live.heard + 1) }
}

function classifySequenced(
  {
    number,
    typed,
    dialled,
  }: { readonly number: number; readonly typed: string | undefined; readonly dialled: string },
  known: Known | undefined,
  { key, digest }: Keyed,
): TurnClass {
  const id = digest([String(number), ...(typed === undefined ? ['begin', dialled] : ['reply', typed])])
  const receipt = receiptOf(known, id)
  if (receipt) return { kind: 'repeat', receipt }
  if (typed === undefined && !isBegunBy(known, id)) return { kind: 'begin', id, key, position: number }
  const live = known?.isLive ? known.session : undefined
  if (!live) return { kind: 'expired' }
  if (typed === undefined) return { kind: 'out-of-step' }
  if (live.state === null) return { kind: 'ended' }
  if (number !== live.heard + 1) return { kind: 'out-of-step' }
  return { kind: 'reply', id, key, position: number, typed }
}

/**
 * Classifies input without sequence numbers. A late duplicate may change the page, but it never confirms, orders or costs an
 * attempt (decision 0041).
 */
function classifyLatestOnly(
  callback: {
    readonly typed: string | undefined
    readonly dialled: string
    readonly reusesSessionId?: true
  },
  known: Known | undefined,
  at: Keyed & { readonly nowMs: number; readonly repeatWithinMs: number },
): TurnClass {
  const { typed, dialled, reusesSessionId } = callback
  const { key, digest, nowMs, repeatWithinMs } = at
  const id = digest(typed === undefined ? ['begin', dialled] : ['reply', typed])
  const session = known?.session
  const receipts = known?.isFresh ? known.session.receipts : []
  const last = session?.receipts.at(-1)
  // A receipt from the future was written before the clock was set back; its age is unknown.
  const isQuick = ({ turn, atMs }: Receipt) => turn === id && Math.abs(nowMs - atMs) < repeatWithinMs
  // A late duplicate of an earlier reply gets the current screen.
  if (last && receipts.some(isQuick)) return { kind: 'repeat', receipt: last }
  if (typed === undefined) {
    const isRepeat = isBegunBy(known, id) && !reusesSessionId
    return isRepeat && last ? { kind: 'repeat', receipt: last } : { kind: 'begin', id, key, position: 0 }
  }
  if (!known?.isLive || !session) return { kind: 'expired' }
  if (session.state === null) {
    return last?.turn === id ? { kind: 'repeat', receipt: last } : { kind: 'ended' }
  }
  const isRecent = ({ turn, atMs }: { readonly turn: string; readonly atMs: number }) =>
    turn === id && Math.abs(nowMs - atMs) < RETRY_WINDOW_MS
  const confirmsLate = session.confirms && session.receipts.some(isRecent)
  const hasEffect = session.confirms || (last?.asksSecret && typed.trim().length > MAX_CHOICE_LENGTH)
  const isOfPreviousDialogue = hasEffect && session.earlier?.some(isRecent)
  if (last && (confirmsLate || isOfPreviousDialogue || isKnownSecret(id, typed, session))) {
    return { kind: 'repeat', receipt: last }
  }
  return { kind: 'reply', id, key, position: 0, typed }
}

/**
 * True for a secret equal to an earlier one, without a time limit, except on a screen that asks to repeat a secret. A retry by
 * an aggregator must not cost an attempt, and a subscriber who repeats a wrong PUK1 loses nothing.
 */
function isKnownSecret(id: string, typed: string, { receipts, asksAgain }: Session): boolean {
  if (asksAgain || !receipts.at(-1)?.asksSecret || typed.trim().length <= MAX_CHOICE_LENGTH) return false
  return receipts.some(({ turn }, i) => turn === id && (i === 0 || receipts[i - 1]?.asksSecret))
}
