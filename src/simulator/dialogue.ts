import type { End, NetworkTurn } from '../dialects/dialect.ts'
import { drawFaults } from './faults.ts'
import type { FaultName } from './faults.ts'
import { BACK, MORE, fit } from './screen-limits.ts'
import { createNetwork } from './network.ts'
import type { InputKind } from './application.ts'
import type { SentCallback, Route, Pause } from './network.ts'
import { profiles } from './profiles.ts'
import type { Profile } from './profiles.ts'
import { createRandom } from './random.ts'
import { screenOf } from './screen.ts'
import type { Screen } from './screen.ts'

/** The network's end of one dialogue, from the dialled string to its end. */
export interface Dialogue {
  readonly profile: Profile
  /** Sends the dialled string. Returns undefined if the phone is hung up meanwhile. */
  begin(hungUp: AbortSignal): Promise<Screen | undefined>
  /** Sends a reply. Returns undefined if the phone is hung up meanwhile. */
  answer(text: string, hungUp: AbortSignal): Promise<Screen | undefined>
  /** Sends the last callback again, even after the end. Returns the problem if its answer differs. */
  repeat(hungUp: AbortSignal): Promise<string | undefined>
  /** Ends the dialogue if it is past a time limit, and returns the final screen. */
  expireIfDue(): Screen | undefined
  /** Ends the dialogue once, and notifies the application if the dialect can. */
  end(how: End): void
}

/** The resources that all dialogues of a network share. */
export interface DialogueEnvironment {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  readonly pause: Pause
  /** Accepts work that no phone waits for. */
  readonly runInBackground: (work: Promise<unknown>) => void
}

/** More than any menu needs. An endless dialogue would grow in memory and in every callback. */
const MAX_REPLIES = 500

/** A screen in one or more pages, with the number of the visible one. `waits` and `asks` describe the complete screen. */
interface PagedScreen {
  readonly session: string
  readonly pages: readonly string[]
  current: number
  readonly waits: boolean
  readonly asks: InputKind | undefined
}

/** Returns the visible page. A final text waits until its last page. */
function visiblePage(
  { session, pages, current, waits, asks }: PagedScreen,
  faults?: readonly FaultName[],
  problem?: string,
): Screen {
  const state = waits || current < pages.length - 1 ? 'waiting' : 'ended'
  return screenOf({ session, state, text: pages[current] ?? '', faults, problem, asks })
}

/** Turns the page; returns false if the input does not turn it. */
function turnPage(paged: PagedScreen, input: string): boolean {
  const next = input === MORE ? paged.current + 1 : input === BACK ? paged.current - 1 : undefined
  if (next === undefined || paged.pages[next] === undefined) return false
  paged.current = next
  return true
}

/**
 * Creates a dialogue.
 *
 * @param start `dialled`: the complete USSD string; `number`: the dialogue's number on this phone, part of the fault seed
 */
export function createDialogue(
  route: Route,
  start: { readonly msisdn: string; readonly dialled: string; readonly number: number },
  { now, pause, runInBackground }: DialogueEnvironment,
): Dialogue {
  const { dialect, serviceCode, faults, profile = profiles.default } = route
  const { msisdn, dialled } = start
  const about = { msisdn, network: route.network, dialled, serviceCode }
  const network = createNetwork(route, profile, pause)
  const random = faults && createRandom(faults.seed, start.msisdn, start.number)
  const session = dialect.newSessionId()
  const beganMs = now()
  const beganAtMs = Date.now()
  let turn: NetworkTurn = { sessionId: session, ...about, replies: [], answers: [], beganAtMs }
  let previous: SentCallback | undefined
  let shownMs = beganMs
  let isOver = false
  let paged: PagedScreen | undefined

  const end = (how: End) => {
    if (isOver) return
    isOver = true
    if (!profile.notifiesEnd) return
    const wire = dialect.formatEnd(turn, how, beganAtMs + Math.round(now() - beganMs))
    if (wire) runInBackground(network.notifyEnd(wire))
  }

  const breakOff = (how: End, problem: string, injected: readonly FaultName[] = []): Screen => {
    end(how)
    paged = undefined
    return screenOf({ session, state: 'ended', text: profile.failureText, problem, faults: injected })
  }

  const deliver = async (hungUp: AbortSignal): Promise<Screen | undefined> => {
    const drawn = faults && random && drawFaults(faults, random)
    const result = await network.deliver(turn, { drawn, previous, hungUp })
    if (hungUp.aborted) return undefined
    shownMs = now()
    if (result.kind === 'failed') return breakOff('failed', result.problem, result.faults)
    const { delivered, echo, faults: injected } = result
    const { answer, asks } = delivered
    turn = { ...turn, answers: [...turn.answers, { answer, echo }] }
    previous = delivered
    const { waits } = answer
    const fitted = fit(answer.text, profile.screen, waits)
    if (fitted.kind === 'failed') return breakOff('failed', fitted.problem, injected)
    if (!waits) end('completed')
    const problem = [result.problem, fitted.problem].filter(Boolean).join(' ') || undefined
    paged = { session, pages: fitted.pages, current: 0, waits, asks }
    return visiblePage(paged, injected, problem)
  }

  return {
    profile,
    end,
    begin: deliver,

    async answer(text, hungUp) {
      // After a final text, the application accepts no reply.
      if (paged && (turnPage(paged, text) || !paged.waits)) {
        shownMs = now()
        return visiblePage(paged)
      }
      paged = undefined
      if (turn.replies.length >= MAX_REPLIES) {
        return breakOff('failed', `The network ended the dialogue after ${MAX_REPLIES} replies.`)
      }
      turn = { ...turn, replies: [...turn.replies, text] }
      return deliver(hungUp)
    },

    repeat: async (hungUp) => previous && network.redeliver(previous, hungUp),

    expireIfDue() {
      const nowMs = now()
      const limit = exceededLimit(profile, { totalMs: nowMs - beganMs, idleMs: nowMs - shownMs })
      return limit === undefined
        ? undefined
        : breakOff('timed-out', `The network ended the dialogue after ${limit}.`)
    },
  }
}

/** Returns the time limit that a dialogue has reached. */
function exceededLimit(
  profile: Profile,
  { totalMs, idleMs }: { readonly totalMs: number; readonly idleMs: number },
): string | undefined {
  if (totalMs >= profile.dialogueMs) return `${profile.dialogueMs / 1000} s`
  return idleMs >= profile.idleMs ? `${profile.idleMs / 1000} s without a reply` : undefined
}
