import { RECEIPT_TTL_MS } from '../../../src/gateway/records/session.ts'
import type { Random } from '../../support/random.ts'
import type { DialoguePlan, Fault, Place } from './schedule.ts'

const SOON = [0, 0, 0, 0, 1, 2, 3, 5] as const
const LATER = [20, 100, 400, 900, 2000, 2999, 3000, 3001, 10_000] as const
/** Around what the gateway and the client of the store give up after. */
const UNDER_WAY = [1, 5, 20, 100, 250, 395, 399, 400, 401, 405, 500, 799, 1000, 1990, 2005, 3000] as const

/** What goes wrong in a schedule: often little, seldom much, and of few kinds, so that these meet each other. */
export function faultsFor(random: Random, dialogues: readonly DialoguePlan[], idleMs: number): Fault[] {
  const count = random.pick([0, 1, 1, 2, 2, 3, 3, 4, 5, 8])
  // Kinds that are favoured meet each other more often than chance would have it.
  const favourite = random.pick(makers)
  const faults: Fault[] = []
  for (let at = 0; at < count; at++) {
    const make = random.oneIn(2) ? favourite : random.pick(makers)
    faults.push(make(random, dialogues, idleMs))
  }
  return faults
}

type Maker = (random: Random, dialogues: readonly DialoguePlan[], idleMs: number) => Fault

const placeOf = (random: Random): Place => random.pick([0, 1])

/** What the network does to the callbacks of a turn, 0 being the begin. */
const turns: Maker = (random, dialogues, idleMs) => {
  const { name, answers } = dialogues[random.below(dialogues.length)] as DialoguePlan
  const at = { dialogue: name, turn: random.below(answers.length + 1), place: placeOf(random) }
  const lives = [idleMs, RECEIPT_TTL_MS, RECEIPT_TTL_MS + idleMs, RECEIPT_TTL_MS + 2 * idleMs] as const
  const life = random.pick(lives) + random.pick([-1, 0, 1, 5000, -5000])
  const copyAfterMs = random.oneIn(6) ? life : random.oneIn(3) ? random.pick(LATER) : random.pick(SOON)
  switch (random.below(11)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'copy', ...at, afterMs: copyAfterMs }
    case 3:
    case 4:
      return { kind: 'rival', ...at, typed: random.pick(['x', '1', '0', '9']), afterMs: copyAfterMs }
    case 5:
    case 6:
      return { kind: 'ahead', ...at, afterMs: copyAfterMs }
    case 7:
      return { kind: 'slow', dialogue: name, turn: at.turn, ms: random.pick(UNDER_WAY) }
    case 8:
      return { kind: 'answer-lost', dialogue: name, turn: at.turn }
    case 9:
      return { kind: 'pause', dialogue: name, turn: at.turn, ms: life }
    default:
      return {
        kind: 'hang-up',
        ...at,
        afterMs: random.pick([...SOON, ...LATER]),
        why: random.pick(['cancelled', 'timed-out', 'failed']),
      }
  }
}

/** What happens between a gateway and the store. */
const commands: Maker = (random) => {
  const command = random.below(random.pick([4, 8, 16]))
  const ms = random.pick(UNDER_WAY)
  switch (random.below(10)) {
    case 0:
    case 1:
      return { kind: 'command-slow', command, ms }
    case 2:
      return { kind: 'reply-slow', command, ms }
    case 3:
      return { kind: 'command-lost', command }
    case 4:
    case 5:
      return { kind: 'reply-lost', command }
    case 6:
      return { kind: 'reset', command, executed: random.pick(['executed', 'not-executed']) }
    case 7:
      return { kind: 'refused', command }
    default:
      return {
        kind: 'outage',
        fromMs: random.oneIn(2) ? random.below(12) : random.below(2000),
        ms: random.pick([1, 10, 100, 400, 1000, 5000]),
        how: random.pick(['silent', 'reset', 'away', 'frozen', 'frozen']),
      }
  }
}

/** What happens to a gateway. */
const processes: Maker = (random) => {
  const downMs = random.pick([0, 1, 100, 1000, 5000])
  const atMs = random.pick([0, 2, 5, 10, 100, 500, 1000, 4000]) + random.below(8)
  switch (random.below(5)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'crash-at', command: random.below(10), when: random.pick(['before', 'after']), downMs }
    case 3:
      return { kind: 'crash', place: placeOf(random), atMs, downMs }
    default:
      return {
        kind: 'stall',
        place: placeOf(random),
        atMs,
        ms: random.pick([5, 100, 399, 401, 1999, 2001, 3000]),
      }
  }
}

/** What happens to an effect, which may take its time. */
const effects: Maker = (random) => {
  const effect = random.below(6)
  return random.oneIn(5)
    ? { kind: 'effect-failed', effect }
    : { kind: 'effect-slow', effect, ms: random.pick(UNDER_WAY) }
}

const makers = [turns, turns, turns, commands, commands, processes, effects] as const
