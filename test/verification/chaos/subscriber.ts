/** One subscriber of a run: is registered, goes through dialogues, and knows what it was told. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { NetworkTurn } from '../../../src/dialects/dialect.ts'
import type { Keyring } from '../../../src/gateway/records/keyring.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Random } from '../../support/random.ts'
import { MISHAPS } from './aggregator.ts'
import type { Aggregator, Delivery } from './aggregator.ts'
import type { SpokenDialect } from './dialects.ts'
import { hadLateDuplicate, violation } from './history.ts'
import type { DialogueHistory, Retries, SubscriberHistory, TurnHistory } from './history.ts'
import { drawScript, drawWrong, guessingAtOnce } from './script.ts'
import type { Model, Outcome, Script, Step } from './script.ts'
import { turnIdOf } from './turn-id.ts'

/** What a subscriber needs of the run. */
export interface Surroundings {
  readonly aggregator: Aggregator
  readonly dialects: readonly SpokenDialect[]
  readonly retries: Retries
  /** The gateways' own. */
  readonly repeatWithinMs: number
  readonly keyring: Keyring
  /** Whether a dialogue may wait until the same answer is an answer again. */
  readonly waits: 'taken' | 'left out'
  /** Whether there is another dialogue to be begun; it counts as begun then. */
  readonly takeOne: () => boolean
  readonly note: (dialogue: DialogueHistory, what: string) => void
  readonly ended: (dialogue: DialogueHistory) => void
}

/** Dialogues of one subscriber, one after another. */
const DIALOGUES_EACH = 5
/** Where retries are late, a subscriber answers before them or after: reads a screen quickly so often, or for long. */
const READS = {
  quickly: { rate: 0.6, least: 3300, most: 8000 },
  long: { least: 8000, most: 27_000 },
} as const
/** Beyond `REPEAT_WITHIN_MS`, which runs on another clock. */
const SLACK_MS = 500

/** Dialogues that guess at once: three guesses each are more than the ten there are. */
const GUESSERS = 4

/** Goes on until its dialogues are over, or one went wrong: from then on nobody knows what comes next. */
export async function liveThrough(
  history: SubscriberHistory,
  {
    puk1,
    random,
    isGuessed,
  }: { readonly puk1: string; readonly random: Random; readonly isGuessed: boolean },
  around: Surroundings,
): Promise<void> {
  const numbered = around.dialects.filter((one) => one.numbered)
  const drawFrom = (dialects: readonly SpokenDialect[]) =>
    dialects[Math.floor(random.fraction() * dialects.length)]
  if (isGuessed) {
    const guess = () => drawWrong(random, puk1)
    const guessers: Promise<boolean>[] = []
    for (let at = 0; at < GUESSERS; at++) {
      const spoken = drawFrom(numbered)
      if (spoken && around.takeOne())
        guessers.push(runDialogue(history, guessingAtOnce(guess), { spoken, random }, around))
    }
    await Promise.all(guessers)
    return
  }
  let model: Model = { isOpen: history.registered === 'open', attemptsLeft: 10 }
  for (let at = 0; at < DIALOGUES_EACH; at++) {
    const spoken = drawFrom(around.dialects)
    if (!spoken || !around.takeOne()) return
    const repeats = spoken.numbered ? 'often' : around.waits === 'taken' ? 'once' : 'never'
    const { script, after } = drawScript(model, { puk1, random, repeats })
    if (around.retries === 'late' && at > 0) await sleep(readingMs(random))
    if (!(await runDialogue(history, script, { spoken, random }, around))) return
    model = after
  }
}

const readingMs = (random: Random): number => {
  const { least, most } = random.fraction() < READS.quickly.rate ? READS.quickly : READS.long
  return least + random.fraction() * (most - least)
}

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

/** Whether it came to its end as it should. */
async function runDialogue(
  { msisdn, dialogues }: SubscriberHistory,
  script: Script,
  { spoken, random }: { readonly spoken: SpokenDialect; readonly random: Random },
  around: Surroundings,
): Promise<boolean> {
  const { dialect, numbered } = spoken
  const { repeatWithinMs, keyring } = around
  const dialogue = historyOf(msisdn, script, spoken, around.retries)
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
      if (around.retries === 'late') await sleep(readingMs(random))
      const agoMs = performance.now() - (answeredMs.get(typed) ?? -Infinity)
      if (!numbered && agoMs <= repeatWithinMs) await sleep(repeatWithinMs + SLACK_MS - agoMs)
    }
    const wire = dialect.formatRequest(network)
    const id = turnIdOf(dialect, wire, keyring)
    const turn: TurnHistory = { step, replies: [], sendings: [], id }
    dialogue.turns.push(turn)
    const delivery: Delivery = { dialect, dialogue, turn, wire }
    const delivered = await around.aggregator.deliver(delivery, random)
    if (delivered.kind === 'given-up') {
      around.note(dialogue, 'given up')
      if (numbered) dialogue.wrong.push(violation('unanswered', 'A turn was never answered.'))
      around.ended(dialogue)
      return false
    }
    const { text, waits, echo } = delivered
    turn.answeredMs = Date.now()
    const mayDetour = hadLateDuplicate(
      dialogue.shared ? dialogues.flatMap(({ turns }) => turns) : dialogue.turns,
      repeatWithinMs,
    )
    const outcome = outcomeOf(step, { text, waits }, mayDetour ? (dialogue.shared ? 'any' : 'known') : 'none')
    if (!outcome) {
      dialogue.wrong.push(unexpected(text, turn, dialogue))
      around.ended(dialogue)
      return false
    }
    turn.outcome = outcome
    dialogue.moved ||= !step.outcomes.includes(outcome)
    // From here on nobody knows what comes next.
    if (dialogue.moved && (dialogue.shared || !waits)) {
      around.note(dialogue, 'leaves: a late duplicate has moved the page')
      around.ended(dialogue)
      return false
    }
    shown = outcome
    if (typed !== undefined) answeredMs.set(typed, performance.now())
    deliveries.push(delivery)
    network = { ...network, answers: [...network.answers, { answer: { text, waits }, echo }] }
    const old = deliveries[Math.floor(random.fraction() * deliveries.length)]
    if (random.fraction() < MISHAPS.old && old) around.aggregator.again(old, random)
  }
  around.ended(dialogue)
  return true
}

/**
 * The outcome a screen is. Late duplicates of a dialogue may have moved its page, to places that its script knows; where all
 * dialogues of a number share one session, those of earlier dialogues may have moved it anywhere.
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

const forgotten: readonly string[] = [
  systemMessages.expired.en,
  systemMessages.ended.en,
  systemMessages.outOfStep.en,
  systemMessages.notServed.ru,
]

function unexpected(text: string, turn: TurnHistory, { turns }: DialogueHistory) {
  const where = `turn ${turns.indexOf(turn) + 1} (${turn.step.mark})`
  return forgotten.includes(text)
    ? violation('lost acknowledged', `At ${where} the gateway knew nothing of what it had answered before.`)
    : violation('unexpected answer', `At ${where} another screen was shown than what was done asks for.`)
}
