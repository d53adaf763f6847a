import type { Dialogue } from './dialogue.ts'
import { fit } from './screen-limits.ts'
import type { Profile } from './profiles.ts'
import { screenOf } from './screen.ts'
import type { Screen } from './screen.ts'

/** What became of what an application sent to a phone. */
export type PushResult =
  /** What the subscriber answered; undefined where nothing was asked. */
  | { readonly kind: 'answered'; readonly text: string | undefined }
  /** The dialogue is over. */
  | { readonly kind: EndReason }
  /** More than one message takes: the dialogue is over. */
  | { readonly kind: 'too-long' }
  /** A question waits for its answer: nothing was shown, and the question stays. */
  | { readonly kind: 'busy' }

/** How it ended: the phone was hung up or released, or its time was over. */
export type EndReason = 'cancelled' | 'timed-out'

/** A dialogue that an application began: notifications (USSN) and questions (USSR), until it releases the phone. */
export interface Push {
  notify(text: string): PushResult
  /** Waits for the answer, as long as the network does. One question at a time: until its answer, everything is `busy`. */
  ask(text: string): Promise<PushResult>
  /** The phone is free again; what it shows stays. */
  release(): void
  /** Calls back once, when it is over and before anybody hears so. */
  onOver(listener: (how: EndReason) => void): void
  /** As the phone has it. */
  readonly dialogue: Dialogue
}

/**
 * @param show puts a screen on the phone
 * @param leave tells the phone that it is free again
 */
export function createPush(options: {
  readonly session: string
  readonly profile: Profile
  readonly now: () => number
  readonly show: (screen: Screen) => void
  readonly leave: () => void
}): Push {
  const { session, profile, now, show, leave } = options
  const beganMs = now()
  let shownMs = beganMs
  let text: string | undefined
  let over: EndReason | undefined
  let heed: ((how: EndReason) => void) | undefined
  let asked: ((shown: PushResult) => void) | undefined

  const screen = (state: Screen['state']) => screenOf({ session, state, text: text ?? '' })
  const settle = (shown: PushResult) => {
    asked?.(shown)
    asked = undefined
  }
  const close = (how: EndReason) => {
    if (over) return
    over = how
    leave()
    heed?.(how)
    settle({ kind: how })
  }
  /** What the phone shows where the time is over now. */
  const breakOff = (): Screen | undefined => {
    const { idleMs, dialogueMs, failureText } = profile
    const nowMs = now()
    if (over || (nowMs - shownMs < idleMs && nowMs - beganMs < dialogueMs)) return undefined
    close('timed-out')
    const problem = 'The network ended a dialogue that an application began: its time was over.'
    return screenOf({ session, state: 'ended', text: failureText, problem })
  }
  /** Why nothing can be shown now, if so. Nobody may have looked at the phone since its time was over. */
  const hindrance = (): PushResult | undefined => {
    const ended = breakOff()
    if (ended) show(ended)
    if (over) return { kind: over }
    return asked && { kind: 'busy' }
  }

  /** Whether the phone shows it now. */
  const put = (next: string): boolean => {
    const fitted = fit(next, profile.screen, true)
    if (fitted.kind !== 'fits' && fitted.kind !== 'cut') return false
    text = fitted.kind === 'cut' ? fitted.text : next
    shownMs = now()
    show(screen('waiting'))
    return true
  }

  const release = () => {
    if (over) return
    if (text !== undefined) show(screen('ended'))
    close('cancelled')
  }

  return {
    notify(next) {
      const hindered = hindrance()
      if (hindered) return hindered
      if (put(next)) return { kind: 'answered', text: undefined }
      release()
      return { kind: 'too-long' }
    },

    async ask(next) {
      const hindered = hindrance()
      if (hindered) return hindered
      if (put(next)) return new Promise<PushResult>((resolve) => (asked = resolve))
      release()
      return { kind: 'too-long' }
    },

    release,
    onOver: (listener) => void (heed = listener),

    dialogue: {
      profile,
      begin: async () => undefined,
      repeat: async () => undefined,

      async answer(typed) {
        // Where nothing was asked, nothing is sent, and the screen stays as it is.
        if (!asked) return undefined
        text = ''
        shownMs = now()
        settle({ kind: 'answered', text: typed })
        return screen('waiting')
      },

      expireIfDue: breakOff,
      end: (how) => close(how === 'timed-out' ? 'timed-out' : 'cancelled'),
    },
  }
}
