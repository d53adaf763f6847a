import project from '../../../menus/index.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NetworkTurn } from '../../../src/dialects/dialect.ts'
import type { Keyring } from '../../../src/gateway/records/keyring.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Random } from '../../../src/simulator/random.ts'
import { FAULT_RATES, between } from './aggregator.ts'
import type { Delivery, RetryingAggregator } from './aggregator.ts'
import type { SpokenDialect } from './dialects.ts'
import { lateDuplicatesOf, violation } from './history.ts'
import type { DialogueHistory, Retries, SubscriberHistory, TurnHistory } from './history.ts'
import { drawScript, drawWrong, guessingAtOnce } from './script.ts'
import type { Model, Outcome, Script, Step } from './script.ts'
import { turnIdOf } from './turn-id.ts'

/** The parts of a run that a subscriber uses. */
export interface Environment {
  readonly aggregator: RetryingAggregator
  readonly dialects: readonly SpokenDialect[]
  readonly retries: Retries
  /** The gateways' setting. */
  readonly repeatWithinMs: number
  readonly keyring: Keyring
  /** Slow dialogues wait until a repeated input is a new reply. */
  readonly slowDialogues: 'included' | 'excluded'
  /** Reserves the next dialogue; returns false when all have been started. */
  readonly takeOne: () => boolean
  readonly note: (dialogue: DialogueHistory, what: string) => void
  /** A dialogue has ended. */
  readonly ended: () => void
}

/** Dialogues of one subscriber, one after another. */
const DIALOGUES_EACH = 5
/** Reading times with late retries: a reply comes before or after the retry. */
const READS = {
  quickly: { rate: 0.6, min: 3300, max: 8000 },
  long: { min: 8000, max: 27_000 },
} as const
/** Margin beyond `REPEAT_WITHIN_MS`, which another clock measures. */
const SLACK_MS = 500

/** Parallel guessers: with three guesses each, they exceed the ten attempts. */
const GUESSERS = 4

/** Runs the dialogues of a subscriber. Stops at a violation: the state is unknown from then on. */
export async function runSubscriber(
  history: SubscriberHistory,
  of: { readonly puk1: string; readonly random: Random; readonly isGuessed: boolean },
  environment: Environment,
): Promise<void> {
  const { puk1, random, isGuessed } = of
  const { dialects, retries, slowDialogues, takeOne, ended } = environment
  const play = (script: Script, spoken: SpokenDialect) =>
    runDialogue(history, script, { spoken, random }, environment).finally(ended)
  if (isGuessed) {
    const numbered = dialects.filter((one) => one.numbered)
    const guess = () => drawWrong(random, puk1)
    const guessers: Promise<boolean>[] = []
    while (guessers.length < GUESSERS && takeOne())
      guessers.push(play(guessingAtOnce(guess), random.pick(numbered)))
    await Promise.all(guessers)
    return
  }
  let model: Model = { isOpen: history.registered === 'open', attemptsLeft: 10 }
  for (let at = 0; at < DIALOGUES_EACH && takeOne(); at++) {
    const spoken = random.pick(dialects)
    const repeats = spoken.numbered ? 'often' : slowDialogues === 'included' ? 'once' : 'never'
    const { script, after } = drawScript(model, { puk1, random, repeats })
    if (retries === 'late' && at > 0) await sleep(readingMs(random))
    if (!(await play(script, spoken))) return
    model = after
  }
}

const readingMs = (random: Random): number =>
  between(random() < READS.quickly.rate ? READS.quickly : READS.long, random)

const historyOf = (
  msisdn: string,
  script: Script,
  { dialect, numbered, sharedSession }: SpokenDialect,
  retries: Retries,
): DialogueHistory => ({
  name: script.name,
  dialect: dialect.name,
  numbered,
  shared: sharedSession !== undefined,
  retries,
  sessionId: sharedSession?.(msisdn) ?? dialect.newSessionId(),
  password: script.password,
  turns: [],
  wrong: [],
  events: [],
  moved: false,
})

/** Runs one dialogue; returns true when it ended as expected. */
async function runDialogue(
  { msisdn, dialogues }: SubscriberHistory,
  script: Script,
  { spoken, random }: { readonly spoken: SpokenDialect; readonly random: Random },
  environment: Environment,
): Promise<boolean> {
  const { dialect, numbered } = spoken
  const { repeatWithinMs, keyring } = environment
  const dialogue = historyOf(msisdn, script, spoken, environment.retries)
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
      // A repeated input is a new reply only after this time.
      if (environment.retries === 'late') await sleep(readingMs(random))
      const agoMs = performance.now() - (answeredMs.get(typed) ?? -Infinity)
      if (!numbered && agoMs <= repeatWithinMs) await sleep(repeatWithinMs + SLACK_MS - agoMs)
    }
    const wire = dialect.formatRequest(network)
    const id = turnIdOf(dialect, wire, keyring)
    const turn: TurnHistory = { step, replies: [], sendings: [], id }
    dialogue.turns.push(turn)
    const delivery: Delivery = { dialect, dialogue, turn, wire }
    const delivered = await environment.aggregator.deliver(delivery, random)
    if (!delivered) {
      environment.note(dialogue, 'given up')
      if (numbered) dialogue.wrong.push(violation('unanswered', 'A turn was never answered.'))
      return false
    }
    const { text, waits, echo } = delivered
    turn.answeredMs = Date.now()
    const earlier = dialogue.shared ? dialogues.flatMap(({ turns }) => turns) : dialogue.turns
    const mayDetour = earlier.some((one) => lateDuplicatesOf(one, repeatWithinMs).length > 0)
    const outcome = outcomeOf(step, { text, waits }, mayDetour ? (dialogue.shared ? 'any' : 'known') : 'none')
    if (!outcome) {
      dialogue.wrong.push(unexpected(text, turn, dialogue))
      return false
    }
    turn.outcome = outcome
    dialogue.moved ||= !step.outcomes.includes(outcome)
    // The state is unknown from here on.
    if (dialogue.moved && (dialogue.shared || !waits)) {
      environment.note(dialogue, 'leaves: a late duplicate has moved the dialogue')
      return false
    }
    shown = outcome
    if (typed !== undefined) answeredMs.set(typed, performance.now())
    deliveries.push(delivery)
    network = { ...network, answers: [...network.answers, { answer: { text, waits }, echo }] }
    if (random() < FAULT_RATES.old) environment.aggregator.redeliver(random.pick(deliveries), random)
  }
  return true
}

/**
 * Returns the outcome that a screen shows. Late duplicates may have moved the dialogue to detours that its script knows; with a
 * shared session, duplicates of earlier dialogues may have moved it anywhere.
 */
function outcomeOf(
  { outcomes, detours }: Step,
  { text, waits }: { readonly text: string; readonly waits: boolean },
  allowed: 'none' | 'known' | 'any',
): Outcome | undefined {
  const isShown = (one: Outcome) => one.text === text && one.waits === waits
  const expected = outcomes.find(isShown)
  if (expected || allowed === 'none') return expected
  const detour = detours.find(isShown)
  if (detour || allowed === 'known') return detour
  return { text, waits, changes: [[], ...outcomes.flatMap(({ changes }) => changes)] }
}

const forgottenTexts: readonly string[] = [
  systemMessages.expired.en,
  systemMessages.ended.en,
  systemMessages.outOfStep.en,
  project.messages.notServed['ru'] ?? '',
]

function unexpected(text: string, turn: TurnHistory, { turns }: DialogueHistory) {
  const where = `turn ${turns.indexOf(turn) + 1} (${turn.step.mark})`
  return forgottenTexts.includes(text)
    ? violation('lost acknowledged', `At ${where}, the gateway had forgotten an answered turn.`)
    : violation('unexpected answer', `At ${where}, an unexpected screen was shown.`)
}
