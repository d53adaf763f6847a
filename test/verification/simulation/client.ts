import type { Answer, SignedDelivery } from '../../../src/gateway/ports.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { randomAt } from '../../support/random.ts'
import { deliveryOf, msisdnOf, nameOf } from './delivery.ts'
import { BUDGET_MS, EPOCH_MS } from './schedule.ts'
import type { DialoguePlan, Fault, Place, Plan } from './schedule.ts'
import type { Site } from './node.ts'
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
  const signatures = new Map<string, SignedDelivery>()
  /** The screens that were answered, by the turns that answered them. */
  const screens = new Map<number, string>()
  /** The turn whose answer is waited for. */
  let turn: number | undefined
  let tries = 0
  let sends = 0
  let hasInsisted = false

  /** A callback goes out; nobody waits for its answer but the turn it belongs to, if it is still that. */
  function send(
    typed: readonly string[],
    of: {
      readonly place: Place
      /** What is the same of the same bytes: `undefined` signs anew. */
      readonly turn?: number
      readonly isFirst?: boolean
      readonly slowMs?: number
    },
    heard: (answer: Answer) => void = nobody,
    down: () => void = nobody,
  ) {
    const { place, isFirst = false, slowMs = 0 } = of
    const screen = of.turn === undefined ? undefined : screens.get(of.turn)
    const signed = dialogue.signed && signatureOf(of.turn ?? `x${sends}`)
    const delivery = deliveryOf(dialogue, typed, { place, isFirst, screen, signed })
    const wayMs = plan.ways === 'steady' ? 1 : randomAt(plan.seed, name.charCodeAt(0) * 1000 + sends++) & 3
    timeline.at(timeline.nowMs + wayMs + slowMs, () => {
      if (sites[place].receive(delivery, heard) === 'taken') return 'woke'
      tell(() => `${nameOf(delivery)} reaches nobody`)
      down()
      return 'quiet'
    })
  }

  /** Sent again, a callback is the same to the byte. */
  function signatureOf(what: number | string): SignedDelivery {
    const id = `${name}.${what}`
    const known = signatures.get(id) ?? { id, atMs: EPOCH_MS + timeline.nowMs }
    signatures.set(id, known)
    return known
  }

  /** A turn is sent, for the first time or once more. */
  function sendTurn(at: number): void {
    const mine = ++tries
    const isCurrent = () => turn === at && mine === tries
    const isFirst = !sent.has(at)
    const own = isFirst ? about(at) : []
    sent.add(at)
    const place = options.place ?? ((randomAt(plan.seed, 64 * (at + 1) + tries) & 1) as Place)
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
    send(typedUpTo(at), { place, turn: at, isFirst, slowMs }, heard, () => {
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
        const { dialect, sessionId } = deliveryOf(dialogue, [], fault).callback
        sites[fault.place].end({ dialect, sessionId, msisdn: msisdnOf(dialogue.subscriber), why: fault.why })
        return 'woke'
      }
      const { place } = fault
      if (fault.kind === 'rival') send([...typedUpTo(Math.max(0, at - 1)), fault.typed], { place })
      else if (fault.kind === 'ahead') send(typedUpTo(at + 1), { place })
      else send(typedUpTo(at), { place, turn: at })
      return 'quiet'
    })
  }

  function hear(at: number, answer: Answer): void {
    options.heard?.(answer)
    turn = undefined
    if ((isUnavailable(answer) || isBusy(answer)) && dialogue.insists && !hasInsisted) {
      hasInsisted = true
      resume(at, AGAIN_AFTER_MS)
      return
    }
    const next = answers[at]
    if (!answer.waits || !next) return
    screens.set(at + 1, answer.text)
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

const nobody = () => {}

export const isUnavailable = ({ text }: Answer): boolean =>
  text === systemMessages.unavailable.en || text === systemMessages.unavailable.ru

export const isBusy = ({ text }: Answer): boolean =>
  text === systemMessages.busy.en || text === systemMessages.busy.ru
