/**
 * Which turn a callback is, and what was typed in it: decided by comparing it with what the session has heard, never by
 * splitting at `*`, because a subscriber may type `*` and may answer nothing (decision 0004).
 */
import { macUnder } from './records/keyring.ts'
import type { Keyring } from './records/keyring.ts'
import type { Callback } from './ports.ts'
import type { Receipt, Session } from './records/session.ts'
import { RECEIPT_TTL_MS, RETRY_WINDOW_MS } from './records/session.ts'

interface Turn {
  readonly id: string
  /** The id of the secrets key that `id` is made with: a session keeps the one it was begun under. */
  readonly key: string
  readonly heard: number
}

export type TurnClass =
  /** Answered before: show the receipt again. */
  | { readonly kind: 'repeat'; readonly receipt: Receipt }
  | (Turn & { readonly kind: 'begin' })
  | (Turn & { readonly kind: 'reply'; readonly typed: string })
  /** It continues a dialogue that is not there, or no longer. */
  | { readonly kind: 'expired' }
  /** It continues a dialogue that has ended. */
  | { readonly kind: 'ended' }
  /** It fits nothing the session has heard: an answer is missing, or another came in its place. */
  | { readonly kind: 'out-of-step' }

export interface TurnClassifier {
  /** Throws `USSD_KEY_UNKNOWN` where the session was begun under a key this process does not hold. */
  classify(callback: Callback, session: Session | undefined, nowMs: number): TurnClass
}

/** Longer entries may be secrets; shorter ones are choices, which a menu may ask for again and again. */
const LONGEST_CHOICE = 2

/** A session as far as it counts at a moment. */
interface Known {
  readonly session: Session
  /** Not idle for too long: a reply continues it. */
  readonly isLive: boolean
  /** Its receipts still answer duplicates. */
  readonly isFresh: boolean
}

/**
 * `repeatWithinMs`: in dialects that send the latest answer only, an equal answer within this time is a duplicate. People need
 * longer to read a screen and answer it.
 */
export function createTurnClassifier(options: {
  readonly keyring: Keyring
  readonly repeatWithinMs: number
}): TurnClassifier {
  const { keyring, repeatWithinMs } = options

  return {
    classify(callback, session, nowMs) {
      const known = session && {
        session,
        isLive: nowMs <= session.idleUntilMs,
        isFresh: nowMs <= session.answeredAtMs + RECEIPT_TTL_MS,
      }
      const key = known && (known.isLive || known.isFresh) ? (session.key ?? keyring.id) : keyring.id
      /** 16 characters that stand for what was heard: 96 bits under a key that is not in the store. */
      const digest: Digest = (heard) =>
        macUnder(keyring, key, 'transcript', [
          callback.dialect,
          callback.sessionId,
          callback.msisdn,
          ...heard,
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
            repeatWithinMs,
          })
      }
    },
  }
}

type Digest = (heard: readonly string[]) => string

interface Under {
  readonly key: string
  readonly digest: Digest
}

const receiptOf = (known: Known | undefined, id: string): Receipt | undefined =>
  known?.isFresh ? known.session.receipts.find(({ turn }) => turn === id) : undefined

/** Its own begin begins nothing again as long as anything of it counts, also where that begin's receipt was one too many. */
const isBegunBy = (known: Known | undefined, id: string): boolean =>
  known !== undefined && (known.isLive || known.isFresh) && known.session.begunBy === id

function classifyCumulative(
  { code, text, begins }: Extract<Callback['reported'], { kind: 'cumulative' }>,
  known: Known | undefined,
  { key, digest }: Under,
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
  // Another code under the id of an old dialogue is a new one; the same begin come late is not. Where any text may be a begin,
  // one that is known begins nothing while its receipts are kept: a late answer would wipe them out, and a copy of the last
  // turn be told that nothing is known of it.
  const isBegin =
    begins === 'empty'
      ? text === '' && !isBegunBy(known, id)
      : !continues && !known?.isLive && !known?.isFresh
  if (isBegin) return { kind: 'begin', id, key, heard: text.length }
  if (!live) return { kind: 'expired' }
  if (live.state === null) return { kind: 'ended' }
  // A begin come so late that its receipt is gone is shown where the dialogue is now.
  if (live.begunBy === id && last) return { kind: 'repeat', receipt: last }
  if (!continues) return { kind: 'out-of-step' }
  // Behind an empty transcript there is no star before an answer, but there is one behind an empty first answer.
  if (live.heard === 0) return { kind: 'reply', id, key, heard: text.length, typed: text.replace(/^\*/, '') }
  if (text[live.heard] !== '*') return { kind: 'out-of-step' }
  return { kind: 'reply', id, key, heard: text.length, typed: text.slice(live.heard + 1) }
}

function classifySequenced(
  {
    number,
    typed,
    dialled,
  }: { readonly number: number; readonly typed: string | undefined; readonly dialled: string },
  known: Known | undefined,
  { key, digest }: Under,
): TurnClass {
  const id = digest([String(number), ...(typed === undefined ? ['begin', dialled] : ['reply', typed])])
  const receipt = receiptOf(known, id)
  if (receipt) return { kind: 'repeat', receipt }
  if (typed === undefined && !isBegunBy(known, id)) return { kind: 'begin', id, key, heard: number }
  const live = known?.isLive ? known.session : undefined
  if (!live) return { kind: 'expired' }
  if (typed === undefined) return { kind: 'out-of-step' }
  if (live.state === null) return { kind: 'ended' }
  if (number !== live.heard + 1) return { kind: 'out-of-step' }
  return { kind: 'reply', id, key, heard: number, typed }
}

/**
 * Where nothing says which turn a callback is, one rule holds: a late duplicate may move a page; it never confirms, orders or
 * costs an attempt (decision 0041).
 */
function classifyLatestOnly(
  callback: {
    readonly typed: string | undefined
    readonly dialled: string
    readonly reusesSessionId?: true
  },
  known: Known | undefined,
  at: Under & { readonly nowMs: number; readonly repeatWithinMs: number },
): TurnClass {
  const { typed, dialled, reusesSessionId } = callback
  const { key, digest, nowMs, repeatWithinMs } = at
  const id = digest(typed === undefined ? ['begin', dialled] : ['reply', typed])
  const session = known?.session
  const receipts = known?.isFresh ? known.session.receipts : []
  const last = session?.receipts.at(-1)
  // A receipt from the future was written before the clock was set back: how long ago, nobody knows.
  const isQuick = ({ turn, atMs }: Receipt) => turn === id && Math.abs(nowMs - atMs) < repeatWithinMs
  // A late duplicate of an earlier answer is no second answer either; what is shown is where the dialogue is now.
  if (last && receipts.some(isQuick)) return { kind: 'repeat', receipt: last }
  if (typed === undefined) {
    const isRepeat = isBegunBy(known, id) && !reusesSessionId
    return isRepeat && last ? { kind: 'repeat', receipt: last } : { kind: 'begin', id, key, heard: 0 }
  }
  if (!known?.isLive || !session) return { kind: 'expired' }
  if (session.state === null) {
    return last?.turn === id ? { kind: 'repeat', receipt: last } : { kind: 'ended' }
  }
  const isRecent = (told: { readonly turn: string; readonly atMs: number }) =>
    told.turn === id && Math.abs(nowMs - told.atMs) < RETRY_WINDOW_MS
  const confirmsLate = session.confirms && session.receipts.some(isRecent)
  const matters = session.confirms || (last?.asksSecret && typed.trim().length > LONGEST_CHOICE)
  const isOfDialogueBefore = matters && session.earlier?.some(isRecent)
  if (last && (confirmsLate || isOfDialogueBefore || isKnownSecret(id, typed, session))) {
    return { kind: 'repeat', receipt: last }
  }
  return { kind: 'reply', id, key, heard: 0, typed }
}

/**
 * An equal secret is a duplicate without a time limit, except on a screen that asks for the same secret again: who enters a
 * wrong PUK1 twice loses nothing by being shown the same screen, and an aggregator's retry must not cost an attempt.
 */
function isKnownSecret(id: string, typed: string, { receipts, asksAgain }: Session): boolean {
  if (asksAgain || !receipts.at(-1)?.asksSecret || typed.trim().length <= LONGEST_CHOICE) return false
  return receipts.some(({ turn }, place) => turn === id && (place === 0 || receipts[place - 1]?.asksSecret))
}
