import type { End, NetworkTurn } from '../dialects/dialect.ts'
import { createRandom, drawFaults } from './faults.ts'
import type { FaultName } from './faults.ts'
import { BACK, MORE, fit } from './screen-limits.ts'
import { createNetwork } from './network.ts'
import type { InputKind } from './application.ts'
import type { SentCallback, Route, Pause } from './network.ts'
import { profiles } from './profiles.ts'
import type { Profile } from './profiles.ts'
import { screenOf } from './screen.ts'
import type { Screen } from './screen.ts'

/** The network's end of one dialogue: from what was dialled until it is over. */
export interface Dialogue {
  readonly profile: Profile
  /** Sends what was dialled, and then each answer; `undefined` when the phone was hung up meanwhile. */
  begin(hungUp: AbortSignal): Promise<Screen | undefined>
  answer(text: string, hungUp: AbortSignal): Promise<Screen | undefined>
  /** Sends the last callback again, also when the dialogue is over; what is wrong with what came back, if anything is. */
  repeat(hungUp: AbortSignal): Promise<string | undefined>
  /** Ends it if it lasts too long or waited too long, and then is what the phone shows. */
  expireIfDue(): Screen | undefined
  /** Ends it, if it is not over, and tells the application, if that can be told. */
  end(how: End): void
}

/** What all dialogues of a network share. */
export interface DialogueEnvironment {
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number
  readonly pause: Pause
  /** Takes work that no phone waits for. */
  readonly runInBackground: (work: Promise<unknown>) => void
}

/** More than any menu asks; an endless dialogue would be kept, and sent again with every answer. */
const MAX_REPLIES = 500

/**
 * @param dialled the whole USSD string
 * @param number which of the phone's dialogues it is: with the seed it decides what goes wrong
 */
export function createDialogue(
  line: Route,
  of: { readonly msisdn: string; readonly dialled: string; readonly number: number },
  { now, pause, runInBackground: aside }: DialogueEnvironment,
): Dialogue {
  const { dialect, faults, profile = profiles.default } = line
  const { msisdn, dialled } = of
  const network = createNetwork(line, profile, pause)
  const chance = faults && createRandom(faults.seed, msisdn, of.number)
  const session = dialect.newSessionId()
  const beganMs = now()
  const beganAtMs = Date.now()
  let turn: NetworkTurn = { sessionId: session, msisdn, dialled, replies: [], answers: [], beganAtMs }
  let before: SentCallback | undefined
  let shownMs = beganMs
  let isOver = false
  /** A screen in parts, which one is shown, and what the application is doing behind them. */
  let booklet:
    | {
        readonly pages: readonly string[]
        at: number
        readonly waits: boolean
        readonly asks: InputKind | undefined
      }
    | undefined

  const end = (how: End) => {
    if (isOver) return
    isOver = true
    if (!profile.tellsEnd) return
    const wire = dialect.formatEnd(turn, how, beganAtMs + Math.round(now() - beganMs))
    if (wire) aside(network.notifyEnd(wire))
  }

  const breakDown = (how: End, problem: string, done: readonly FaultName[] = []): Screen => {
    end(how)
    booklet = undefined
    return screenOf({ session, state: 'ended', text: profile.failureText, problem, faults: done })
  }

  const carry = async (hungUp: AbortSignal): Promise<Screen | undefined> => {
    const mishaps = faults && chance && drawFaults(faults, chance)
    const carried = await network.deliver(turn, { mishaps, before, hungUp })
    // Nobody looks at what the application says to somebody who has hung up.
    if (hungUp.aborted) return undefined
    shownMs = now()
    if (carried.kind === 'failed') return breakDown('failed', carried.problem, carried.faults)
    const { delivered, echo, faults: done } = carried
    const { answer, asks } = delivered
    turn = { ...turn, answers: [...turn.answers, { answer, echo }] }
    before = delivered
    const { text, waits } = answer
    const fitted = fit(text, profile.screen, waits)
    if (fitted.kind === 'failed') return breakDown('failed', fitted.problem, done)
    if (!waits) end('completed')
    if (fitted.kind === 'pages') {
      booklet = { pages: fitted.pages, at: 0, waits, asks }
      return page(done, carried.problem)
    }
    const problem = [carried.problem, fitted.kind === 'cut' ? fitted.problem : undefined]
      .filter(Boolean)
      .join(' ')
    return screenOf({
      session,
      state: waits ? 'waiting' : 'ended',
      text: fitted.kind === 'cut' ? fitted.text : text,
      problem: problem || undefined,
      faults: done,
      asks,
    })
  }

  /** The part of a long screen that is open; with the last one of a final text the dialogue is over. */
  const page = (done?: readonly FaultName[], problem?: string): Screen | undefined => {
    if (!booklet) return undefined
    const { pages, at, waits, asks } = booklet
    const state = waits || at < pages.length - 1 ? 'waiting' : 'ended'
    return screenOf({ session, state, text: pages[at] ?? '', faults: done, problem, asks })
  }

  return {
    profile,
    end,
    begin: carry,

    async answer(text, hungUp) {
      if (booklet) {
        const { pages, at, waits } = booklet
        const turned = text === MORE ? at + 1 : text === BACK ? at - 1 : undefined
        if (turned !== undefined && pages[turned] !== undefined) booklet.at = turned
        // Behind a final text there is nobody who could take an answer.
        if (!waits || (turned !== undefined && pages[turned] !== undefined)) {
          shownMs = now()
          return page()
        }
        booklet = undefined
      }
      if (turn.replies.length >= MAX_REPLIES) {
        return breakDown('failed', `The network ended the dialogue after ${MAX_REPLIES} answers.`)
      }
      turn = { ...turn, replies: [...turn.replies, text] }
      return carry(hungUp)
    },

    repeat: async (hungUp) => before && network.redeliver(before, hungUp),

    expireIfDue() {
      const { idleMs, dialogueMs } = profile
      const nowMs = now()
      if (nowMs - beganMs >= dialogueMs)
        return breakDown('timed-out', `The network ended the dialogue after ${dialogueMs / 1000} s.`)
      if (nowMs - shownMs >= idleMs)
        return breakDown(
          'timed-out',
          `The network waited ${idleMs / 1000} s for an answer, and ended the dialogue.`,
        )
      return undefined
    },
  }
}
