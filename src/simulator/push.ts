import type { Dialogue } from './dialogue.ts'
import { fit } from './screen-limits.ts'
import type { Profile } from './profiles.ts'
import { screenOf } from './screen.ts'
import type { Screen } from './screen.ts'

/** The result of a message from an application to a phone. */
export type PushResult =
  /** The subscriber's reply; undefined for a notification. */
  | { readonly kind: 'answered'; readonly text: string | undefined }
  /** The dialogue is over. */
  | { readonly kind: EndReason }
  /** The message exceeds one USSD message: the dialogue is over. */
  | { readonly kind: 'too-long' }
  /** Another question is pending and stays on the screen; the message was not shown. */
  | { readonly kind: 'busy' }

/** The reason of the end: the phone was hung up or released, or the dialogue expired. */
export type EndReason = 'cancelled' | 'timed-out'

/** A network-initiated dialogue: notifications (USSN) and questions (USSR) until the application releases the phone. */
export interface Push {
  notify(text: string): PushResult
  /** Shows a question and waits for the reply, within the network's time limits. While it is pending, all else is `busy`. */
  ask(text: string): Promise<PushResult>
  /** Frees the phone; its screen stays. */
  release(): void
  /** Registers a listener, called once at the end, before any pending result resolves. */
  onOver(listener: (how: EndReason) => void): void
  /** The phone's view of the dialogue. */
  readonly dialogue: Dialogue
}

interface PushOptions {
  readonly session: string
  readonly profile: Profile
  readonly now: () => number
  /** Puts a screen on the phone. */
  readonly show: (screen: Screen) => void
  /** Frees the phone. */
  readonly leave: () => void
}

/** Creates a network-initiated dialogue. */
export function createPush({ session, profile, now, show, leave }: PushOptions): Push {
  const beganMs = now()
  let shownMs = beganMs
  let text: string | undefined
  let over: EndReason | undefined
  let onOver: ((how: EndReason) => void) | undefined
  let pending: ((result: PushResult) => void) | undefined

  const screen = (state: Screen['state']) => screenOf({ session, state, text: text ?? '' })
  const resolvePending = (result: PushResult) => {
    pending?.(result)
    pending = undefined
  }
  const close = (how: EndReason) => {
    if (over) return
    over = how
    leave()
    onOver?.(how)
    resolvePending({ kind: how })
  }
  const expireIfDue = (): Screen | undefined => {
    const { idleMs, dialogueMs, failureText } = profile
    const nowMs = now()
    if (over || (nowMs - shownMs < idleMs && nowMs - beganMs < dialogueMs)) return undefined
    close('timed-out')
    const problem = 'The network-initiated dialogue timed out.'
    return screenOf({ session, state: 'ended', text: failureText, problem })
  }
  /** Returns the reason why nothing can be shown. Expires the dialogue first, because no timer does. */
  const blockedBy = (): PushResult | undefined => {
    const expired = expireIfDue()
    if (expired) show(expired)
    if (over) return { kind: over }
    return pending && { kind: 'busy' }
  }

  /** Shows a message; returns false if it is too long. */
  const display = (message: string): boolean => {
    const fitted = fit(message, profile.screen, true)
    if (fitted.kind === 'failed' || fitted.pages.length > 1) return false
    text = fitted.pages[0]
    shownMs = now()
    show(screen('waiting'))
    return true
  }

  const release = () => {
    if (over) return
    if (text !== undefined) show(screen('ended'))
    close('cancelled')
  }

  /** Shows a message; returns the result if that is impossible. A message that is too long ends the dialogue. */
  const present = (message: string): PushResult | undefined => {
    const blocked = blockedBy()
    if (blocked) return blocked
    if (display(message)) return undefined
    release()
    return { kind: 'too-long' }
  }

  return {
    notify: (message) => present(message) ?? { kind: 'answered', text: undefined },

    ask: async (message) => present(message) ?? new Promise<PushResult>((resolve) => (pending = resolve)),

    release,
    onOver: (listener) => void (onOver = listener),

    dialogue: {
      profile,
      begin: async () => undefined,
      repeat: async () => undefined,

      async answer(typed) {
        // Without a pending question, nothing is sent and the screen stays.
        if (!pending) return undefined
        text = ''
        shownMs = now()
        resolvePending({ kind: 'answered', text: typed })
        return screen('waiting')
      },

      expireIfDue,
      end: (how) => close(how === 'timed-out' ? 'timed-out' : 'cancelled'),
    },
  }
}
