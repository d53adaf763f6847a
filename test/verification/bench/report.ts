import { isMet } from './goals.ts'
import type { Goal, Measured } from './goals.ts'
import { SETS_PER_SECOND, TURNS_PER_SECOND } from './passwords.ts'
import { quantileOf, ratiosOf, spreadOf, valuesOf } from './rounds.ts'
import type { Sample, Spread } from './rounds.ts'
import type { Variant } from './variants.ts'

const BASE = 'floor2'

/** Formats a table: the first column to the left, all others to the right. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return rows.map((row) => row.map(cell).join('  ').trimEnd())
}

const fixed = (value: number, digits: number): string => (Number.isNaN(value) ? '–' : value.toFixed(digits))
const quartiles = ({ q1, q3 }: Spread): string => `${fixed(q1, 2)}..${fixed(q3, 2)}`

/** The medians of every variant over all rounds. The ratio is the median of the pairs of each round. */
export function variantTable({ rounds }: Measured, variants: readonly Variant[]): readonly string[] {
  const head = [
    'variant',
    'CPU µs/turn',
    '÷ FLOOR2',
    'quartiles',
    'turns/s',
    'p50 ms',
    'p99 ms',
    'GC ms/1k',
    'Redis µs',
    'commands',
    'sent',
    'errors',
  ]
  const rows = variants.map(({ name, title }) => {
    const median = (figure: keyof Sample, digits: number) =>
      fixed(quantileOf(valuesOf(rounds, name, figure), 0.5), digits)
    const ratio = spreadOf(ratiosOf(rounds, name, BASE))
    const errors = valuesOf(rounds, name, 'errors').reduce((sum, count) => sum + count, 0)
    return [
      title,
      median('cpuUs', 0),
      fixed(ratio.median, 2),
      quartiles(ratio),
      median('turnsPerSecond', 0),
      median('p50Ms', 1),
      median('p99Ms', 1),
      median('gcMsPer1000', 1),
      median('redisCpuUs', 0),
      median('commands', 1),
      median('sent', 1),
      String(errors),
    ]
  })
  return table([head, ...rows])
}

/** One line for each goal, with the quartiles of its pairs and those of two equal processes. */
export function goalTable(goals: readonly Goal[], baseline: Spread | undefined): readonly string[] {
  const rows = goals.map((goal) => {
    const { name, bound, limit, measured } = goal
    const isRatio = measured !== undefined && measured.count > 1
    const met = isMet(goal)
    return [
      name,
      measured ? fixed(measured.median, measured.median >= 20 ? 0 : 2) : 'not measured',
      isRatio ? quartiles(measured) : '',
      isRatio && baseline ? quartiles(baseline) : '',
      bound === 'none' ? '' : `${bound === 'at most' ? '≤' : '≥'} ${Number(limit.toFixed(2))}`,
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ]
  })
  return table([['goal', 'median', 'quartiles', 'A/A', 'limit', ''], ...rows])
}

/** Sizes in Redis, and the latency of turns beside password sets. */
export function detailLines({ sizes, passwords, secretCommands }: Measured): readonly string[] {
  return [
    ...(sizes
      ? [
          ...sizes.sessions.map(
            ({ turns, bytes, textBytes }) =>
              `session after ${turns} turns: ${bytes} bytes in Redis, ${textBytes} of them texts if all are kept`,
          ),
          `subscriber with a password: ${sizes.subscriberBytes} bytes in Redis`,
        ]
      : []),
    ...(secretCommands ? [`commands sent to set a password, by turn: ${secretCommands.join(', ')}`] : []),
    ...(passwords ? [passwordLine(passwords)] : []),
  ]
}

function passwordLine(rounds: NonNullable<Measured['passwords']>): string {
  const median = (values: readonly number[]) => fixed(quantileOf(values, 0.5), 1)
  const [without, beside] = [rounds.map((round) => round.without), rounds.map((round) => round.with)]
  return (
    `${TURNS_PER_SECOND} plain turns a second: p50 ${median(without.map(({ p50Ms }) => p50Ms))} ms, ` +
    `p99 ${median(without.map(({ p99Ms }) => p99Ms))} ms; beside ${SETS_PER_SECOND} password sets a second: ` +
    `p50 ${median(beside.map(({ p50Ms }) => p50Ms))} ms, p99 ${median(beside.map(({ p99Ms }) => p99Ms))} ms, ` +
    `${median(beside.map(({ savedPerSecond }) => savedPerSecond))} saved a second`
  )
}
