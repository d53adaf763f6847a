import { stderr } from 'node:process'
import { print } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'

/** One requirement of a harness. */
export interface Verdict {
  readonly holds: boolean
  readonly message: string
}

/** Writes a line of progress to standard error. */
export const progress = (line: string) => void stderr.write(`${line}\n`)

/** Prints the number of passed and failed checks; returns the exit code. */
export function printTotals(passed: number, failed: number): ExitCode {
  print(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** Prints each verdict and the totals; returns the exit code. */
export function printVerdicts(verdicts: readonly Verdict[]): ExitCode {
  print(...verdicts.map(({ holds, message }) => `${holds ? '✓' : '✗'} ${message}`))
  const failed = verdicts.filter(({ holds }) => !holds).length
  return printTotals(verdicts.length - failed, failed)
}

/** The quantile of the values; `part` is from 0 to 1. */
export const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN

/** Formats counts: `a 1, b 2`. */
export const listOf = (counts: Iterable<readonly [string | number, number]>): string =>
  [...counts].map(([name, times]) => `${name} ${times}`).join(', ')
