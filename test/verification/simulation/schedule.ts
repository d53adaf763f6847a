import type { Ended } from '../../../src/gateway/ports.ts'
import { PUK1_ATTEMPTS } from '../../../src/gateway/records/subscriber.ts'
import { createRandom } from '../../support/random.ts'
import type { Random } from '../../support/random.ts'
import { faultsFor } from './faults.ts'
import { themed } from './themes.ts'
import { CODES, realAnswers, wordsFor } from './typed.ts'

/** How a dialect says which turn a callback is: the two of a transcript, by a number, or not at all. */
export const forms = ['cumulative', 'deep-cumulative', 'sequenced', 'latest-only'] as const
export type Form = (typeof forms)[number]

export const BUDGET_MS = 2000
export const REPEAT_WITHIN_MS = 3000
/** As the client of Redis has it. */
export const COMMAND_WITHIN_MS = 400

export interface DialoguePlan {
  /** A letter, which begins every word that is said in it. */
  readonly name: string
  readonly form: Form
  readonly subscriber: number
  readonly code: string
  readonly startMs: number
  /** The session id its aggregator uses for all dialogues of a number, where it has none for each. */
  readonly under?: string
  /** Whether its callbacks are signed. */
  readonly signed?: true
  /** What is answered, one after another, as long as the dialogue waits, each so long after the screen. */
  readonly answers: readonly { readonly typed: string; readonly afterMs: number }[]
  /** Whether a turn that was told "unavailable" is sent once more. */
  readonly insists: boolean
}

/** Which gateway: each callback goes to one of two. */
export type Place = 0 | 1

/** What goes wrong, once; addressed so that it stays where it is when others are left out. */
export type Fault =
  /** The callback of a turn comes again, so long after it was first sent. */
  | { kind: 'copy'; dialogue: string; turn: number; afterMs: number; place: Place }
  /** Another answer for the same turn, beside the real one. */
  | { kind: 'rival'; dialogue: string; turn: number; typed: string; afterMs: number; place: Place }
  /** The callback behind a turn comes as well, as if this one had been answered. */
  | { kind: 'ahead'; dialogue: string; turn: number; afterMs: number; place: Place }
  /** The callback is so long under way. */
  | { kind: 'slow'; dialogue: string; turn: number; ms: number }
  /** The answer does not reach the aggregator, which sends the callback again. */
  | { kind: 'answer-lost'; dialogue: string; turn: number }
  /** The subscriber takes so long to answer. */
  | { kind: 'pause'; dialogue: string; turn: number; ms: number }
  /** The network says that it is over. */
  | { kind: 'hang-up'; dialogue: string; turn: number; afterMs: number; why: Ended['why']; place: Place }
  /** Of the n-th command to the store: the command, or its answer, is so long under way. */
  | { kind: 'command-slow'; command: number; ms: number }
  | { kind: 'reply-slow'; command: number; ms: number }
  | { kind: 'command-lost'; command: number }
  | { kind: 'reply-lost'; command: number }
  /** The connection is cut when the command was executed, or before. */
  | { kind: 'reset'; command: number; executed: 'executed' | 'not-executed' }
  | { kind: 'refused'; command: number }
  /** From the n-th commit on, and for so long, the store can be read and refuses to write. */
  | { kind: 'read-only'; commit: number; ms: number }
  /** The store's clock jumps. */
  | { kind: 'clock-step'; atMs: number; byMs: number }
  /** For a while nothing reaches the store; or what does is carried out when it is over; or it is known to be away. */
  | { kind: 'outage'; fromMs: number; ms: number; how: 'silent' | 'reset' | 'frozen' | 'away' }
  /** A gateway loses all it has in memory: with the n-th command, before it is sent or once it is; or at a time. */
  | { kind: 'crash-at'; command: number; when: 'before' | 'after'; downMs: number }
  | { kind: 'crash'; place: Place; atMs: number; downMs: number }
  /** A gateway stands still, and then goes on as if nothing had been. */
  | { kind: 'stall'; place: Place; atMs: number; ms: number }
  /** The n-th effect takes so long, or cannot be carried out. */
  | { kind: 'effect-slow'; effect: number; ms: number }
  | { kind: 'effect-failed'; effect: number }
  /** The n-th comparison with a PUK1 finds no room. */
  | { kind: 'hash-busy'; hash: number }
  /** The operator gives a subscriber all attempts back. */
  | { kind: 'unlock'; subscriber: number; atMs: number }

/** The keys there are, by their age. */
export type KeyName = 'old' | 'new'

/** Which keys each gateway has, the current one first, and under which of them PUK1 is hashed when it begins. */
export interface KeyPlan {
  readonly at: readonly [readonly [KeyName, ...KeyName[]], readonly [KeyName, ...KeyName[]]]
  readonly puk1: KeyName
}

/** What the store's clock says when virtual time begins. */
export const EPOCH_MS = 1_700_000_000_000

/** One schedule. A seed makes one; leaving faults out of it makes others. */
export interface Plan {
  readonly seed: number
  readonly idleMs: number
  /** Whether every way takes a millisecond, or as long as the seed says. */
  readonly ways: 'drawn' | 'steady'
  /** Where the store has replicas, what is told without a commit is asked for once more. */
  readonly replicas: 'none' | 'some'
  readonly keys: KeyPlan
  readonly subscribers: number
  /** How many attempts at PUK1 are left to each. */
  readonly attempts: number
  readonly dialogues: readonly DialoguePlan[]
  readonly faults: readonly Fault[]
}

export const ONE_KEY: KeyPlan = { at: [['old'], ['old']], puk1: 'old' }

/** The schedule of a seed; `form`: all its dialogues are held in this one. */
export function planOf(seed: number, form?: Form): Plan {
  const plan = generalPlan(seed, form)
  const about = createRandom(seed, 'theme')
  return about.oneIn(3) ? themed(plan, about, form) : plan
}

function generalPlan(seed: number, form?: Form): Plan {
  const random = createRandom(seed, 'plan')
  const subscribers = random.oneIn(5) ? 2 : 1
  const idleMs = random.pick([60_000, 900_000])
  const dialogues: DialoguePlan[] = []
  const count = random.pick([1, 1, 1, 1, 2, 2, 2, 3])
  for (let at = 0; at < count; at++) {
    const drawn = random.pick(forms)
    const name = 'abc'[at] ?? 'x'
    dialogues.push(dialogueOf(random, { name, form: form ?? drawn, subscriber: random.below(subscribers) }))
  }
  const replicas = createRandom(seed, 'store').oneIn(4) ? 'some' : 'none'
  return {
    seed,
    replicas,
    idleMs,
    ways: 'drawn',
    keys: ONE_KEY,
    subscribers,
    attempts: PUK1_ATTEMPTS,
    dialogues,
    faults: faultsFor(random, dialogues, idleMs),
  }
}

function dialogueOf(
  random: Random,
  of: { readonly name: string; readonly form: Form; readonly subscriber: number },
): DialoguePlan {
  const menu = random.oneIn(8) ? random.pick(['access', 'password'] as const) : 'tally'
  const typed = menu === 'tally' ? wordsFor(random, of.name) : realAnswers(random, menu)
  return {
    ...of,
    code: CODES[menu],
    startMs: random.pick([0, 0, 0, 1, 3, 50, 1000]),
    answers: typed.map((one) => ({ typed: one, afterMs: random.pick([0, 1, 10, 500, 3500, 5000]) })),
    insists: random.oneIn(2),
  }
}
