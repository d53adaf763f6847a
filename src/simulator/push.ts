import type { Dialogue } from './dialogue.ts'
import { fit } from './fitting.ts'
import type { Profile } from './profiles.ts'
import { screenOf } from './screen.ts'
import type { Screen } from './screen.ts'

/** What became of what an application sent to a phone. */
export type Shown =
  /** What the subscriber answered; undefined where nothing was asked. */
  | { readonly kind: 'answered'; readonly text: string | undefined }
  /** The phone was hung up, or nobody answered in time: the dialogue is over. */
  | { readonly kind: 'cancelled' | 'timed-out' }
  /** More than one message takes: the dialogue is over. */
  | { readonly kind: 'too-long' }

/** A dialogue that an application began: notifications (USSN) and questions (USSR), until it releases the phone. */
export interface Push {
  notify(text: string): Shown
  /** Waits for the answer, as long as the network does. One question at a time: another before the answer is `cancelled`. */
  ask(text: string): Promise<Shown>
  /** The phone is free again; what it shows stays. */
  release(): void
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
  let isOver = false
  let asked: ((shown: Shown) => void) | undefined

  const screen = (state: Screen['state']) => screenOf({ session, state, text: text ?? '' })
  const settle = (shown: Shown) => {
    asked?.(shown)
    asked = undefined
  }
  const close = (shown: Shown) => {
    if (isOver) return
    isOver = true
    leave()
    settle(shown)
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
    if (isOver) return
    if (text !== undefined) show(screen('ended'))
    close({ kind: 'cancelled' })
  }

  return {
    notify(next) {
      if (isOver) return { kind: 'cancelled' }
      if (put(next)) return { kind: 'answered', text: undefined }
      release()
      return { kind: 'too-long' }
    },

    async ask(next) {
      if (isOver || asked) return { kind: 'cancelled' }
      if (put(next)) return new Promise<Shown>((resolve) => (asked = resolve))
      release()
      return { kind: 'too-long' }
    },

    release,

    dialogue: {
      profile,
      begin: async () => undefined,

      async answer(typed) {
        // Where nothing was asked, nothing is sent, and the screen stays as it is.
        if (!asked) return undefined
        text = ''
        shownMs = now()
        settle({ kind: 'answered', text: typed })
        return screen('waiting')
      },

      breakOff() {
        const { idleMs, dialogueMs, failureText } = profile
        const nowMs = now()
        if (nowMs - shownMs < idleMs && nowMs - beganMs < dialogueMs) return undefined
        close({ kind: 'timed-out' })
        const problem = 'The network ended a dialogue that an application began: its time was over.'
        return screenOf({ session, state: 'ended', text: failureText, problem })
      },

      end: (how) => close({ kind: how === 'timed-out' ? 'timed-out' : 'cancelled' }),
    },
  }
}
