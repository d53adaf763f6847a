/** Network faults: their rates, and the seeded draws that inject them. */
import { malformed } from '../dialects/dialect.ts'
import { durationMs, pairsOf } from './option-syntax.ts'
import type { ParsedOption } from './option-syntax.ts'
import type { Random } from './random.ts'

export type FaultName = 'duplicate' | 'delay' | 'drop' | 'reorder' | 'reset' | 'begin'

/** Fault rates per turn, from 0 to 1. A fault without a rate is never injected. */
export interface Faults {
  readonly seed: number
  /** Delivers the callback twice: concurrently, or with `late` after its answer. */
  readonly duplicate?: { readonly rate: number; readonly late: boolean }
  /** Delays the callback. The delay counts towards the network's timeout. */
  readonly delay?: { readonly rate: number; readonly ms: number }
  /** Drops the answer. The network gives up, or with `retry` sends the callback again. */
  readonly drop?: { readonly rate: number; readonly retry: boolean }
  /** Delivers a duplicate of the previous callback after this one. */
  readonly reorder?: { readonly rate: number }
  /** Resets the connection once the callback is sent, before the answer; then continues as `drop`. */
  readonly reset?: { readonly rate: number; readonly retry: boolean }
  /** Delivers a begin again after its answer. */
  readonly begin?: { readonly rate: number }
}

/** The faults to inject into one turn. */
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
 * Parses `duplicate=0.2,delay=0.1:50ms,drop=0.1:retry,reorder=0.1,reset=0.05,begin=0.5`. After the rate, a duplicate may have
 * `late`, a delay must have its duration, and a lost answer may have `retry`.
 */
export function parseFaults(option: string, seed: number): ParsedOption<Faults> {
  const faults: { -readonly [name in keyof Faults]: Faults[name] } = { seed }
  for (const [name, value] of pairsOf(option)) {
    const [rateText = '', modifier] = value.split(':', 2)
    if (!RATE.test(rateText)) return malformed('A fault needs a rate from 0 to 1, such as drop=0.1.')
    const rate = Number(rateText)
    const isPlain = modifier === undefined
    if (name === 'duplicate' && (isPlain || modifier === 'late')) faults.duplicate = { rate, late: !isPlain }
    else if (name === 'delay' && !isPlain) {
      const ms = durationMs(modifier)
      if (!(ms >= 0 && ms <= 60_000))
        return malformed('A delay needs a duration of at most 60s, such as delay=0.1:50ms.')
      faults.delay = { rate, ms }
    } else if ((name === 'drop' || name === 'reset') && (isPlain || modifier === 'retry'))
      faults[name] = { rate, retry: !isPlain }
    else if ((name === 'reorder' || name === 'begin') && isPlain) faults[name] = { rate }
    else
      return malformed(
        'The faults are duplicate=0.2 or 0.2:late, delay=0.1:50ms, drop=0.1 or 0.1:retry, reorder=0.1, reset=0.1 or 0.1:retry, begin=0.1.',
      )
  }
  return { kind: 'ok', value: faults }
}

/** Draws the faults of the next turn. Always draws six numbers: enabling a fault does not shift the others. */
export function drawFaults(faults: Faults, random: Random): DrawnFaults {
  const strikes = (fault: { readonly rate: number } | undefined) => random() < (fault?.rate ?? 0)
  const [isDuplicated, isDelayed, isDropped, reorder, isReset, begin] = [
    strikes(faults.duplicate),
    strikes(faults.delay),
    strikes(faults.drop),
    strikes(faults.reorder),
    strikes(faults.reset),
    strikes(faults.begin),
  ]
  const lost = isReset ? 'reset' : isDropped ? 'drop' : undefined
  return {
    duplicate: isDuplicated ? (faults.duplicate?.late ? 'late' : 'now') : undefined,
    delayMs: isDelayed ? (faults.delay?.ms ?? 0) : 0,
    lost,
    retry: lost !== undefined && faults[lost]?.retry === true,
    reorder,
    begin,
  }
}
