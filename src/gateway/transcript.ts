/**
 * Which turn a callback is, and what was typed in it: decided by comparing it with what the session has heard, never by
 * splitting at `*`, because a subscriber may type `*` and may answer nothing (decision 0004).
 */
import type { Keyring } from './keyring.ts'
import type { Callback } from './ports.ts'
import type { Receipt, Session } from './session.ts'
import { RECEIPTS_KEPT_MS } from './session.ts'

interface Turn {
  readonly id: string
  readonly heard: number
  /** Stands for the sender's id of the callback; only where nothing in it says which turn it is. */
  readonly delivery?: string | undefined
}

export type Recognised =
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

export interface Transcripts {
  recognise(callback: Callback, session: Session | undefined, nowMs: number): Recognised
}

/**
 * `repeatWithinMs`: where a dialect numbers nothing, the same answer again within this time is a repeated callback; later it
 * is a second answer. People need longer to read a screen and answer it.
 */
export function createTranscripts(options: {
  readonly keyring: Keyring
  readonly repeatWithinMs: number
}): Transcripts {
  const { keyring, repeatWithinMs } = options

  /** 16 characters that stand for what was heard: 96 bits under a key that is not in the store. */
  const digest = (callback: Callback, heard: readonly string[]): string =>
    keyring
      .mac('transcript', [callback.dialect, callback.sessionId, callback.msisdn, ...heard])
      .toString('base64url')
      .slice(0, 16)

  return {
    recognise(callback, session, nowMs) {
      const { heard } = callback
      const expired = session !== undefined && nowMs > session.idleUntilMs
      const live = session && !expired ? session : undefined
      const last = session?.receipts.at(-1)
      const isFresh = session !== undefined && nowMs <= session.answeredAtMs + RECEIPTS_KEPT_MS
      // Its own begin begins nothing again as long as anything of it counts, also where that begin's receipt was one too many.
      const known = live ?? (isFresh ? session : undefined)

      switch (heard.kind) {
        case 'transcript': {
          const { code, text } = heard
          const id = digest(callback, [code, text])
          const receipt = isFresh ? session.receipts.find(({ turn }) => turn === id) : undefined
          if (receipt) return { kind: 'repeat', receipt }
          const continues =
            session !== undefined &&
            text.length > session.heard &&
            digest(callback, [code, text.slice(0, session.heard)]) === last?.turn
          // Another code under the id of an old dialogue is a new one; the same begin come late is not.
          const isAnother = known?.begunBy !== id
          // Where any text may be a begin, one that is known begins nothing while its receipts are kept: a late answer would
          // wipe them out, and a copy of the last turn be told that nothing is known of it.
          const begins = heard.begins === 'empty' ? text === '' && isAnother : !continues && !live && !isFresh
          if (begins) return { kind: 'begin', id, heard: text.length }
          if (!live) return { kind: 'expired' }
          if (live.state === null) return { kind: 'ended' }
          // A begin come so late that its receipt is gone is shown where the dialogue is now.
          if (live.begunBy === id && last) return { kind: 'repeat', receipt: last }
          if (!continues) return { kind: 'out-of-step' }
          // Behind an empty transcript there is no star before an answer, but there is one behind an empty first answer.
          if (live.heard === 0)
            return { kind: 'reply', id, heard: text.length, typed: text.replace(/^\*/, '') }
          if (text[live.heard] !== '*') return { kind: 'out-of-step' }
          return { kind: 'reply', id, heard: text.length, typed: text.slice(live.heard + 1) }
        }
        case 'numbered': {
          const id = digest(callback, [
            String(heard.number),
            ...(heard.typed === undefined ? ['begin', callback.dialled] : ['reply', heard.typed]),
          ])
          const receipt = isFresh ? session.receipts.find(({ turn }) => turn === id) : undefined
          if (receipt) return { kind: 'repeat', receipt }
          if (heard.typed === undefined && known?.begunBy !== id)
            return { kind: 'begin', id, heard: heard.number }
          if (!live) return { kind: 'expired' }
          if (heard.typed === undefined) return { kind: 'out-of-step' }
          if (live.state === null) return { kind: 'ended' }
          if (heard.number !== live.heard + 1) return { kind: 'out-of-step' }
          return { kind: 'reply', id, heard: heard.number, typed: heard.typed }
        }
        case 'unnumbered': {
          const id = digest(
            callback,
            heard.typed === undefined ? ['begin', callback.dialled] : ['reply', heard.typed],
          )
          // Somebody who caught it on its way may send it again, later than any repeat.
          const delivery = callback.delivery && digest(callback, ['delivery', callback.delivery])
          const delivered = delivery && isFresh && session.receipts.find((one) => one.delivery === delivery)
          if (delivered) return { kind: 'repeat', receipt: delivered }
          // A late copy of an earlier answer is no second answer either; what is shown is where the dialogue is now.
          const isQuick = ({ turn, atMs }: Receipt) => turn === id && nowMs - atMs < repeatWithinMs
          if (last && session?.receipts.some(isQuick)) return { kind: 'repeat', receipt: last }
          if (heard.typed === undefined) return { kind: 'begin', id, heard: 0, delivery }
          if (!live) return { kind: 'expired' }
          if (live.state === null) return { kind: 'ended' }
          return { kind: 'reply', id, heard: 0, delivery, typed: heard.typed }
        }
      }
    },
  }
}
