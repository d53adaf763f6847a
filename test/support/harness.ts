import { stderr } from 'node:process'
import { print } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'

/** One requirement of a harness. */
export interface Verdict {
  readonly holds: boolean
  readonly message: string
  /** Lines printed below the message. */
  readonly details?: readonly string[]
  /** True by default. Other verdicts are printed but not counted. */
  readonly isRequired?: boolean
}

/** Writes a line of progress to standard error. */
export const progress = (line: string) => void stderr.write(`${line}\n`)

/** Prints the number of passed and failed checks; returns the exit code. */
export function printTotals(passed: number, failed: number): ExitCode {
  print(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** Prints each verdict and the totals of the required ones; returns the exit code. */
export function printVerdicts(verdicts: readonly Verdict[]): ExitCode {
  for (const { holds, message, details = [] } of verdicts)
    print(`${holds ? '✓' : '✗'} ${message}`, ...details.map((line) => `  ${line}`))
  const required = verdicts.filter(({ isRequired = true }) => isRequired)
  const failed = required.filter(({ holds }) => !holds).length
  return printTotals(required.length - failed, failed)
}

/** The quantile of the values; `part` is from 0 to 1. NaN without values, or when one is NaN. */
export const quantile = (values: readonly number[], part: number): number => {
  const at = Math.min(values.length - 1, Math.floor(values.length * part))
  return values.some(Number.isNaN) ? Number.NaN : (values.toSorted((a, b) => a - b)[at] ?? Number.NaN)
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Formats counts: `a 1, b 2`. */
export const listOf = (counts: Iterable<readonly [string | number, number]>): string =>
  [...counts].map(([name, times]) => `${name} ${times}`).join(', ')
