import type { Answer } from '../../src/gateway/ports.ts'
import { sentences } from '../../src/gateway/sentences.ts'
import { drawnAt } from './chance.ts'
import { deliveryOf, msisdnOf, nameOf } from './delivery.ts'
import { BUDGET_MS } from './plan.ts'
import type { DialoguePlan, Fault, Place, Plan } from './plan.ts'
import type { Site } from './site.ts'
import type { Timeline } from './timeline.ts'

/** The subscriber and the aggregator of one dialogue: they answer what is asked, and send again what is not answered. */
const PATIENCE_MS = BUDGET_MS + 600
const MOST_TRIES = 3
const AGAIN_AFTER_MS = 50

export function callUp(options: {
  readonly plan: Plan
  readonly dialogue: DialoguePlan
  readonly timeline: Timeline
  readonly sites: readonly [Site, Site]
  /** Where the callbacks go; otherwise the seed says. */
  readonly place?: Place
  readonly heard?: (answer: Answer) => void
  readonly tell: (line: () => string) => void
}): void {
  const { plan, dialogue, timeline, sites, tell } = options
  const { name, answers } = dialogue
  const faults = plan.faults.filter((fault) => 'dialogue' in fault && fault.dialogue === name)
  const about = (turn: number) => faults.filter((fault) => 'turn' in fault && fault.turn === turn)
  const typedUpTo = (turn: number) => answers.slice(0, turn).map(({ typed }) => typed)
  const sent = new Set<number>()
  /** The turn whose answer is waited for. */
  let turn: number | undefined
  let tries = 0
  let sends = 0
  let hasInsisted = false

  /** A callback goes out; nobody waits for its answer but the turn it belongs to, if it is still that. */
  function send(
    typed: readonly string[],
    place: Place,
    slowMs: number,
    heard: (answer: Answer) => void,
    down: () => void,
  ) {
    const delivery = deliveryOf(dialogue, typed, place)
    const wayMs = plan.ways === 'steady' ? 1 : drawnAt(plan.seed, name.charCodeAt(0) * 1000 + sends++) & 3
    timeline.at(timeline.nowMs + wayMs + slowMs, () => {
      if (sites[place].receive(delivery, heard) === 'taken') return 'woke'
      tell(() => `${nameOf(delivery)} reaches nobody`)
      down()
      return 'quiet'
    })
  }

  const nobody = () => {}

  /** A turn is sent, for the first time or once more. */
  function sendTurn(at: number): void {
    const mine = ++tries
    const isCurrent = () => turn === at && mine === tries
    const own = sent.has(at) ? [] : about(at)
    sent.add(at)
    const place = options.place ?? ((drawnAt(plan.seed, 64 * (at + 1) + tries) & 1) as Place)
    const slowMs = own.reduce((ms, fault) => ms + (fault.kind === 'slow' ? fault.ms : 0), 0)
    let isLost = own.some(({ kind }) => kind === 'answer-lost')
    const heard = (answer: Answer) => {
      if (isLost) tell(() => `the answer to turn ${at} of ${name} is lost`)
      else if (turn === at) hear(at, answer)
      isLost = false
    }
    const again = (afterMs: number) =>
      timeline.at(timeline.nowMs + afterMs, () => {
        if (isCurrent() && tries < MOST_TRIES) sendTurn(at)
        return 'quiet'
      })
    const giveUp = again(PATIENCE_MS)
    send(typedUpTo(at), place, slowMs, heard, () => {
      giveUp()
      again(AGAIN_AFTER_MS)
    })
    for (const fault of own) happen(fault, at)
  }

  /** What goes wrong beside a turn. */
  function happen(fault: Fault, at: number): void {
    if (!('afterMs' in fault)) return
    timeline.at(timeline.nowMs + fault.afterMs, () => {
      if (fault.kind === 'hang-up') {
        const { dialect, sessionId } = deliveryOf(dialogue, [], fault.place).callback
        sites[fault.place].end({ dialect, sessionId, msisdn: msisdnOf(dialogue.subscriber), why: fault.why })
        return 'woke'
      }
      const typed =
        fault.kind === 'rival'
          ? [...typedUpTo(Math.max(0, at - 1)), fault.typed]
          : typedUpTo(fault.kind === 'ahead' ? at + 1 : at)
      send(typed, fault.place, 0, nobody, nobody)
      return 'quiet'
    })
  }

  function hear(at: number, answer: Answer): void {
    options.heard?.(answer)
    turn = undefined
    if (isUnavailable(answer) && dialogue.insists && !hasInsisted) {
      hasInsisted = true
      resume(at, AGAIN_AFTER_MS)
      return
    }
    const next = answers[at]
    if (!answer.waits || !next) return
    const pauseMs = about(at).reduce((ms, fault) => ms + (fault.kind === 'pause' ? fault.ms : 0), 0)
    resume(at + 1, next.afterMs + pauseMs)
  }

  function resume(at: number, afterMs: number): void {
    timeline.at(timeline.nowMs + afterMs, () => {
      turn = at
      tries = 0
      sendTurn(at)
      return 'quiet'
    })
  }

  resume(0, dialogue.startMs)
}

export const isUnavailable = ({ text }: Answer): boolean =>
  text === sentences.unavailable.en || text === sentences.unavailable.ru
