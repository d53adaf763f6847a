import { RECEIPT_TTL_MS } from '../../../src/gateway/records/session.ts'
import type { Random } from '../../../src/simulator/random.ts'
import type { DialoguePlan, Fault, NodeIndex } from './plan.ts'

const SOON = [0, 0, 0, 0, 1, 2, 3, 5] as const
const LATER = [20, 100, 400, 900, 2000, 2999, 3000, 3001, 10_000] as const
/** Delays around the timeouts of the gateway and the store client. */
const DELAYS = [1, 5, 20, 100, 250, 395, 399, 400, 401, 405, 500, 799, 1000, 1990, 2005, 3000] as const

/** Draws the faults of a schedule: usually few, and of few kinds, so that related faults interact. */
export function faultsFor(random: Random, dialogues: readonly DialoguePlan[], idleMs: number): Fault[] {
  const count = random.pick([0, 1, 1, 2, 2, 3, 3, 4, 5, 8])
  const favourite = random.pick(makers)
  const faults: Fault[] = []
  for (let at = 0; at < count; at++) {
    const make = random.oneIn(2) ? favourite : random.pick(makers)
    faults.push(make(random, dialogues, idleMs))
  }
  return faults
}

type Maker = (random: Random, dialogues: readonly DialoguePlan[], idleMs: number) => Fault

const nodeOf = (random: Random): NodeIndex => random.pick([0, 1])

/** Draws a turn of a dialogue, and a gateway; turn 0 is the begin. */
export function someTurn(random: Random, dialogues: readonly DialoguePlan[]) {
  const { name, answers } = random.pick(dialogues)
  return { dialogue: name, turn: random.below(answers.length + 1), node: nodeOf(random) }
}

/** Faults of callbacks. */
const turns: Maker = (random, dialogues, idleMs) => {
  const at = someTurn(random, dialogues)
  const { dialogue, turn } = at
  const lifetimes = [idleMs, RECEIPT_TTL_MS, RECEIPT_TTL_MS + idleMs, RECEIPT_TTL_MS + 2 * idleMs] as const
  const lifetimeMs = random.pick(lifetimes) + random.pick([-1, 0, 1, 5000, -5000])
  const afterMs = random.oneIn(6) ? lifetimeMs : random.oneIn(3) ? random.pick(LATER) : random.pick(SOON)
  const drawn = random.below(11)
  if (drawn < 3) return { kind: 'duplicate', ...at, afterMs }
  if (drawn < 5) return { kind: 'rival', ...at, typed: random.pick(['x', '1', '0', '9']), afterMs }
  if (drawn < 7) return { kind: 'ahead', ...at, afterMs }
  if (drawn === 7) return { kind: 'slow', dialogue, turn, ms: random.pick(DELAYS) }
  if (drawn === 8) return { kind: 'answer-lost', dialogue, turn }
  if (drawn === 9) return { kind: 'pause', dialogue, turn, ms: lifetimeMs }
  const hungUpMs = random.pick([...SOON, ...LATER])
  return { kind: 'hang-up', ...at, afterMs: hungUpMs, why: random.pick(['cancelled', 'timed-out', 'failed']) }
}

/** Faults between a gateway and the store. */
const commands: Maker = (random) => {
  const command = random.below(random.pick([4, 8, 16]))
  const ms = random.pick(DELAYS)
  const drawn = random.below(10)
  if (drawn < 2) return { kind: 'command-slow', command, ms }
  if (drawn === 2) return { kind: 'reply-slow', command, ms }
  if (drawn === 3) return { kind: 'command-lost', command }
  if (drawn < 6) return { kind: 'reply-lost', command }
  if (drawn === 6) return { kind: 'reset', command, executed: random.pick(['executed', 'not-executed']) }
  if (drawn === 7) return { kind: 'rejected', command }
  return {
    kind: 'outage',
    fromMs: random.oneIn(2) ? random.below(12) : random.below(2000),
    ms: random.pick([1, 10, 100, 400, 1000, 5000]),
    how: random.pick(['silent', 'reset', 'circuit-open', 'frozen', 'frozen']),
  }
}

/** Faults of a gateway process. */
const processes: Maker = (random) => {
  const downMs = random.pick([0, 1, 100, 1000, 5000])
  const atMs = random.pick([0, 2, 5, 10, 100, 500, 1000, 4000]) + random.below(8)
  const drawn = random.below(5)
  if (drawn < 3)
    return { kind: 'crash-at', command: random.below(10), when: random.pick(['before', 'after']), downMs }
  const node = nodeOf(random)
  if (drawn === 3) return { kind: 'crash', node, atMs, downMs }
  return { kind: 'stall', node, atMs, ms: random.pick([5, 100, 399, 401, 1999, 2001, 3000]) }
}

/** Faults of an effect. */
const effects: Maker = (random) => {
  const effect = random.below(6)
  return random.oneIn(5)
    ? { kind: 'effect-failed', effect }
    : { kind: 'effect-slow', effect, ms: random.pick(DELAYS) }
}

const makers = [turns, turns, turns, commands, commands, processes, effects] as const
