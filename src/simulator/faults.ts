/** What a network does to callbacks on request: how often, and by chance that one seed decides. */
import { durationMs, invalidOption, pairsOf } from './option-syntax.ts'
import type { ParsedOption } from './option-syntax.ts'

export type FaultName = 'duplicate' | 'delay' | 'drop' | 'reorder' | 'reset' | 'begin'

/** Rates from 0 to 1, per turn; one that is not named never happens. */
export interface Faults {
  readonly seed: number
  /** The callback comes twice: at once, or `late`, when it was answered. */
  readonly duplicate?: { readonly rate: number; readonly late: boolean }
  /** The callback is held up; the network's patience runs meanwhile. */
  readonly delay?: { readonly rate: number; readonly ms: number }
  /** The answer is lost: the network gives up, or `retry`: sends the callback once more. */
  readonly drop?: { readonly rate: number; readonly retry: boolean }
  /** A copy of the callback before comes behind this one. */
  readonly reorder?: { readonly rate: number }
  /** The connection is cut once the callback was sent, before it is answered; then as with `drop`. */
  readonly reset?: { readonly rate: number; readonly retry: boolean }
  /** A begin comes again when it was answered. */
  readonly begin?: { readonly rate: number }
}

/** What happens to one turn. */
export interface DrawnFaults {
  readonly duplicate: 'now' | 'late' | undefined
  readonly delayMs: number
  readonly lost: 'drop' | 'reset' | undefined
  readonly retry: boolean
  readonly reorder: boolean
  readonly begin: boolean
}

const RATE = /^(?:0|1|0?\.\d{1,6}|1\.0|0\.0)$/

/**
 * Faults as they are spelt: `duplicate=0.2,delay=0.1:50ms,drop=0.1:retry,reorder=0.1,reset=0.05,begin=0.5`. Behind the rate
 * stand `late` for a duplicate, how long for a delay, `retry` for what is lost.
 */
export function parseFaults(spelt: string, seed: number): ParsedOption<Faults> {
  const faults: { -readonly [name in keyof Faults]: Faults[name] } = { seed }
  for (const [name, value] of pairsOf(spelt)) {
    const [spelled = '', how] = value.split(':', 2)
    if (!RATE.test(spelled)) return invalidOption('A fault is written with its rate from 0 to 1: drop=0.1.')
    const rate = Number(spelled)
    const isBare = how === undefined
    if (name === 'duplicate' && (isBare || how === 'late')) faults.duplicate = { rate, late: !isBare }
    else if (name === 'delay' && !isBare) {
      const ms = durationMs(how)
      if (!(ms >= 0 && ms <= 60_000)) return invalidOption('A delay is written delay=0.1:50ms, at most 60s.')
      faults.delay = { rate, ms }
    } else if ((name === 'drop' || name === 'reset') && (isBare || how === 'retry'))
      faults[name] = { rate, retry: !isBare }
    else if ((name === 'reorder' || name === 'begin') && isBare) faults[name] = { rate }
    else
      return invalidOption(
        'The faults are duplicate=0.2 or 0.2:late, delay=0.1:50ms, drop=0.1 or 0.1:retry, reorder=0.1, reset=0.1 or 0.1:retry, begin=0.1.',
      )
  }
  return { kind: 'ok', value: faults }
}

/** One chance after another, from 0 up to but without 1. */
export type Random = () => number

/**
 * The chances of one dialogue, the same for the same seed, phone and number of the dialogue: mulberry32, whose state begins
 * as the FNV-1a digest of the three. Each dialogue has its own, so that phones at work together do not disturb each other.
 */
export function createRandom(seed: number, msisdn: string, dialogue: number): Random {
  let state = 0x811c9dc5
  for (const character of `${seed} ${msisdn} ${dialogue}`)
    state = Math.imul(state ^ character.charCodeAt(0), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What happens to the next turn. It always takes six chances: a fault that is switched on moves no other. */
export function drawFaults(faults: Faults, chance: Random): DrawnFaults {
  const strikes = (fault: { readonly rate: number } | undefined) => chance() < (fault?.rate ?? 0)
  const [isDoubled, isDelayed, isDropped, reorder, isReset, begin] = [
    strikes(faults.duplicate),
    strikes(faults.delay),
    strikes(faults.drop),
    strikes(faults.reorder),
    strikes(faults.reset),
    strikes(faults.begin),
  ]
  const lost = isReset ? 'reset' : isDropped ? 'drop' : undefined
  return {
    duplicate: isDoubled ? (faults.duplicate?.late ? 'late' : 'now') : undefined,
    delayMs: isDelayed ? (faults.delay?.ms ?? 0) : 0,
    lost,
    retry: lost !== undefined && faults[lost]?.retry === true,
    reorder,
    begin,
  }
}
