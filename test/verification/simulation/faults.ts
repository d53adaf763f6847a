import { RECEIPT_TTL_MS } from '../../../src/gateway/records/session.ts'
import type { Draws } from './random.ts'
import type { DialoguePlan, Fault, Place } from './schedule.ts'

const SOON = [0, 0, 0, 0, 1, 2, 3, 5] as const
const LATER = [20, 100, 400, 900, 2000, 2999, 3000, 3001, 10_000] as const
/** Around what the gateway and the client of the store give up after. */
const UNDER_WAY = [1, 5, 20, 100, 250, 395, 399, 400, 401, 405, 500, 799, 1000, 1990, 2005, 3000] as const

/** What goes wrong in a schedule: often little, seldom much, and of few kinds, so that these meet each other. */
export function faultsFor(draws: Draws, dialogues: readonly DialoguePlan[], idleMs: number): Fault[] {
  const count = draws.of([0, 1, 1, 2, 2, 3, 3, 4, 5, 8])
  // Kinds that are favoured meet each other more often than chance would have it.
  const favourite = draws.of(makers)
  const faults: Fault[] = []
  for (let at = 0; at < count; at++) {
    const make = draws.onceIn(2) ? favourite : draws.of(makers)
    faults.push(make(draws, dialogues, idleMs))
  }
  return faults
}

type Maker = (draws: Draws, dialogues: readonly DialoguePlan[], idleMs: number) => Fault

const placeOf = (draws: Draws): Place => draws.of([0, 1])

/** What the network does to the callbacks of a turn, 0 being the begin. */
const turns: Maker = (draws, dialogues, idleMs) => {
  const { name, answers } = dialogues[draws.below(dialogues.length)] as DialoguePlan
  const at = { dialogue: name, turn: draws.below(answers.length + 1), place: placeOf(draws) }
  const lives = [idleMs, RECEIPT_TTL_MS, RECEIPT_TTL_MS + idleMs, RECEIPT_TTL_MS + 2 * idleMs] as const
  const life = draws.of(lives) + draws.of([-1, 0, 1, 5000, -5000])
  const copyAfterMs = draws.onceIn(6) ? life : draws.onceIn(3) ? draws.of(LATER) : draws.of(SOON)
  switch (draws.below(11)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'copy', ...at, afterMs: copyAfterMs }
    case 3:
    case 4:
      return { kind: 'rival', ...at, typed: draws.of(['x', '1', '0', '9']), afterMs: copyAfterMs }
    case 5:
    case 6:
      return { kind: 'ahead', ...at, afterMs: copyAfterMs }
    case 7:
      return { kind: 'slow', dialogue: name, turn: at.turn, ms: draws.of(UNDER_WAY) }
    case 8:
      return { kind: 'answer-lost', dialogue: name, turn: at.turn }
    case 9:
      return { kind: 'pause', dialogue: name, turn: at.turn, ms: life }
    default:
      return {
        kind: 'hang-up',
        ...at,
        afterMs: draws.of([...SOON, ...LATER]),
        why: draws.of(['cancelled', 'timed-out', 'failed']),
      }
  }
}

/** What happens between a gateway and the store. */
const commands: Maker = (draws) => {
  const command = draws.below(draws.of([4, 8, 16]))
  const ms = draws.of(UNDER_WAY)
  switch (draws.below(10)) {
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
      return { kind: 'reset', command, executed: draws.of(['executed', 'not-executed']) }
    case 7:
      return { kind: 'refused', command }
    default:
      return {
        kind: 'outage',
        fromMs: draws.onceIn(2) ? draws.below(12) : draws.below(2000),
        ms: draws.of([1, 10, 100, 400, 1000, 5000]),
        how: draws.of(['silent', 'reset', 'away', 'frozen', 'frozen']),
      }
  }
}

/** What happens to a gateway. */
const processes: Maker = (draws) => {
  const downMs = draws.of([0, 1, 100, 1000, 5000])
  const atMs = draws.of([0, 2, 5, 10, 100, 500, 1000, 4000]) + draws.below(8)
  switch (draws.below(5)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'crash-at', command: draws.below(10), when: draws.of(['before', 'after']), downMs }
    case 3:
      return { kind: 'crash', place: placeOf(draws), atMs, downMs }
    default:
      return {
        kind: 'stall',
        place: placeOf(draws),
        atMs,
        ms: draws.of([5, 100, 399, 401, 1999, 2001, 3000]),
      }
  }
}

/** What happens to an effect, which may take its time. */
const effects: Maker = (draws) => {
  const effect = draws.below(6)
  return draws.onceIn(5)
    ? { kind: 'effect-failed', effect }
    : { kind: 'effect-slow', effect, ms: draws.of(UNDER_WAY) }
}

const makers = [turns, turns, turns, commands, commands, processes, effects] as const
