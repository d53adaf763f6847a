/** One subscriber of a run: is registered, goes through dialogues, and knows what it was told. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dialect, NetworkTurn } from '../../src/dialects/dialect.ts'
import { sentences } from '../../src/gateway/sentences.ts'
import type { Chance } from '../../src/simulator/faults.ts'
import { MISHAPS, REPEAT_WITHIN_MS } from './aggregator.ts'
import type { Aggregator, Delivery } from './aggregator.ts'
import { violation } from './history.ts'
import type { DialogueHistory, SubscriberHistory, TurnHistory } from './history.ts'
import { drawScript, drawWrong, guessingAtOnce } from './script.ts'
import type { Model, Script } from './script.ts'

export interface SpokenDialect {
  readonly dialect: Dialect
  readonly numbered: boolean
}

/** What a subscriber needs of the run. */
export interface Surroundings {
  readonly aggregator: Aggregator
  readonly dialects: readonly SpokenDialect[]
  /** Whether a dialogue may wait for `REPEAT_WITHIN_MS` to pass. */
  readonly waits: 'taken' | 'left out'
  /** Whether there is another dialogue to be begun; it counts as begun then. */
  readonly takeOne: () => boolean
  readonly note: (dialogue: DialogueHistory, what: string) => void
  readonly ended: (dialogue: DialogueHistory) => void
}

/** Dialogues of one subscriber, one after another. */
const DIALOGUES_EACH = 5
/** Dialogues that guess at once: three guesses each are more than the ten there are. */
const GUESSERS = 4

/** Goes on until its dialogues are over, or one went wrong: from then on nobody knows what comes next. */
export async function liveThrough(
  history: SubscriberHistory,
  { puk1, chance }: { readonly puk1: string; readonly chance: Chance },
  around: Surroundings,
): Promise<void> {
  const numbered = around.dialects.filter((one) => one.numbered)
  const drawFrom = (dialects: readonly SpokenDialect[]) => dialects[Math.floor(chance() * dialects.length)]
  if (history.registered !== 'open') {
    const guess = () => drawWrong(chance, puk1)
    const guessers: Promise<boolean>[] = []
    for (let at = 0; at < GUESSERS; at++) {
      const spoken = drawFrom(numbered)
      if (spoken && around.takeOne())
        guessers.push(runDialogue(history, guessingAtOnce(guess), { spoken, chance }, around))
    }
    await Promise.all(guessers)
    return
  }
  let model: Model = { isOpen: true, attemptsLeft: 10 }
  for (let at = 0; at < DIALOGUES_EACH; at++) {
    const spoken = drawFrom(around.dialects)
    if (!spoken || !around.takeOne()) return
    const repeats = spoken.numbered ? 'often' : around.waits === 'taken' ? 'once' : 'never'
    const { script, after } = drawScript(model, { puk1, chance, repeats })
    if (!(await runDialogue(history, script, { spoken, chance }, around))) return
    model = after
  }
}

/** Whether it came to its end as it should. */
async function runDialogue(
  { msisdn, dialogues }: SubscriberHistory,
  script: Script,
  { spoken: { dialect, numbered }, chance }: { readonly spoken: SpokenDialect; readonly chance: Chance },
  around: Surroundings,
): Promise<boolean> {
  const dialogue: DialogueHistory = {
    name: script.name,
    dialect: dialect.name,
    numbered,
    sessionId: dialect.newSessionId(),
    password: script.password,
    turns: [],
    wrong: [],
    events: [],
  }
  dialogues.push(dialogue)
  const deliveries: Delivery[] = []
  const answeredMs = new Map<string, number>()
  let network: NetworkTurn = {
    sessionId: dialogue.sessionId,
    msisdn,
    dialled: script.dialled,
    replies: [],
    answers: [],
    beganAtMs: Date.now(),
  }
  let shown: TurnHistory['outcome']
  for (;;) {
    const step = script.next(shown)
    if (!step) break
    const { typed } = step
    if (typed !== undefined) {
      network = { ...network, replies: [...network.replies, typed] }
      // The same answer again is a second answer only when so much time has passed.
      const agoMs = performance.now() - (answeredMs.get(typed) ?? -Infinity)
      if (!numbered && agoMs <= REPEAT_WITHIN_MS) await sleep(REPEAT_WITHIN_MS + 500 - agoMs)
    }
    const turn: TurnHistory = { step, replies: [] }
    dialogue.turns.push(turn)
    const delivery: Delivery = { dialect, dialogue, turn, wire: dialect.formatRequest(network) }
    const delivered = await around.aggregator.deliver(delivery, chance)
    if (delivered.kind === 'given-up') {
      around.note(dialogue, 'given up')
      if (numbered) dialogue.wrong.push(violation('unanswered', 'A turn was never answered.'))
      around.ended(dialogue)
      return false
    }
    const { text, waits, echo } = delivered
    const outcome = step.outcomes.find((one) => one.text === text && one.waits === waits)
    if (!outcome) {
      dialogue.wrong.push(unexpected(text, turn, dialogue))
      around.ended(dialogue)
      return false
    }
    turn.outcome = outcome
    shown = outcome
    if (typed !== undefined) answeredMs.set(typed, performance.now())
    deliveries.push(delivery)
    network = { ...network, answers: [...network.answers, { answer: { text, waits }, echo }] }
    const old = deliveries[Math.floor(chance() * deliveries.length)]
    if (chance() < MISHAPS.old && old) around.aggregator.again(old, chance)
  }
  around.ended(dialogue)
  return true
}

const forgotten: readonly string[] = [
  sentences.expired.en,
  sentences.ended.en,
  sentences.outOfStep.en,
  sentences.notServed.ru,
]

function unexpected(text: string, turn: TurnHistory, { turns }: DialogueHistory) {
  const where = `turn ${turns.indexOf(turn) + 1} (${turn.step.mark})`
  return forgotten.includes(text)
    ? violation('lost acknowledged', `At ${where} the gateway knew nothing of what it had answered before.`)
    : violation('unexpected answer', `At ${where} another screen was shown than what was done asks for.`)
}
