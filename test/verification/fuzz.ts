/** npm run fuzz: callbacks of every dialect, most of them wrong in some way, sent to a gateway on a real Redis. */
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError } from 'commander'
import { dialects } from '../../src/dialects/index.ts'
import type { KeyspaceReport } from '../../src/store/redis/keyspace-audit.ts'
import { messageOf, runCommand } from '../../src/cli/command.ts'
import { isLate } from './fuzz/judge.ts'
import { measureParsing } from './fuzz/parsing.ts'
import { fuzz, settings } from './fuzz/run.ts'
import type { FuzzResult } from './fuzz/run.ts'

interface Given {
  readonly callbacks: number
  readonly connections: number
  readonly seed: number
}

/** What a gateway may grow between the middle and the end of a run. */
const GROWTH_BYTES = 50 * 2 ** 20
/** Findings that are printed; the rest is counted. */
const MOST_SHOWN = 20
/** What a dialect may take to read the worst callback. */
const PARSE_MS = 5

const wholeNumber = (least: number, most: number) => (value: string) => {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
}

const command = new Command('npm run fuzz --')
  .usage('[options]')
  .description(
    'Sends callbacks of every dialect, most of them wrong in some way, to a gateway on a real Redis.',
  )
  .option('--callbacks <number>', 'how many', wholeNumber(100, 100_000_000), 20_000)
  .option('--connections <number>', 'over how many connections at once', wholeNumber(1, 500), 16)
  .option('--seed <number>', 'the same seed sends the same', wholeNumber(0, 999_999), 1)
  .addHelpText(
    'after',
    `
Gateway and Redis are its own, on loopback. Every answer is read by the dialect's own end of the network; afterwards log,
append-only file, slow log and metrics are searched for the secrets that were sent, and every key is looked at.

Examples:
  npm run fuzz
  npm run fuzz -- --callbacks 1000000 --seed 7

Exit code: 0 all of it holds, 1 something does not, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

async function main(): Promise<boolean> {
  command.parse()
  const { callbacks, connections, seed } = command.opts<Given>()
  const onProgress = (sent: number) => void stderr.write(`${sent} of ${callbacks} callbacks\n`)
  const fuzzed = await fuzz({ callbacks, connections, seed, onProgress })
  const parsed = measureParsing(Object.values(dialects), seed, 5000)
  const slowest = Math.max(...parsed.map(({ ms }) => ms))

  const checks = [
    ...checksOf(fuzzed),
    [slowest <= PARSE_MS, `the slowest parse takes ${slowest.toFixed(2)} ms, at most ${PARSE_MS}`] as const,
  ]
  const { tally, seconds, memory, keyspace, searched, faults } = fuzzed
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`
  const listed = (map: ReadonlyMap<string | number, number>) =>
    [...map]
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
      .map(([name, times]) => `${name} ${times}`)
      .join(', ') || 'none'
  const lines = [
    `seed ${seed}: ${tally.sent} callbacks in ${Object.keys(dialects).length} dialects, ${(tally.sent / seconds).toFixed(0)} a second`,
    `settings of the gateway: default, but ${Object.keys(settings).join(', ')}; ${tally.late} callbacks again, later than REPEAT_WITHIN_MS`,
    `statuses: ${listed(tally.statuses)}; ${tally.cut} connections closed on a body beyond the limit`,
    `faults in the log: ${listed(faults)}`,
    `memory after garbage was collected, start, middle, end: ${memory.map(({ rss }) => megabytes(rss)).join(', ')}; heap ${memory.map(({ heapUsed }) => megabytes(heapUsed)).join(', ')}`,
    `${keysOf(keyspace)} keys and ${megabytes(searched)} searched`,
    ...parsed.map(
      ({ dialect, ms, body, inputs }) =>
        `parsing ${dialect}: at most ${ms.toFixed(3)} ms of ${inputs} inputs, for ${JSON.stringify(body.slice(0, 40))}…`,
    ),
    ...[...tally.problems].map(([problem, { times, example }]) => `✗ ${times} × ${problem}\n  ${example}`),
    ...fuzzed.leaks.map((found) => `✗ ${found}`),
    ...keyspace.findings
      .slice(0, MOST_SHOWN)
      .map(({ key, message: says }) => `✗ ${JSON.stringify(key)}: ${says}`),
    ...checks.map(([holds, sentence]) => `${holds ? '✓' : '✗'} ${sentence}`),
    `${checks.filter(([holds]) => holds).length} passed, ${checks.filter(([holds]) => !holds).length} failed`,
  ]
  stdout.write(`${lines.join('\n')}\n`)
  return checks.every(([holds]) => holds)
}

const keysOf = ({ counts, foreign }: KeyspaceReport): number =>
  Object.values(counts).reduce((sum, count) => sum + count, foreign)

function checksOf({
  tally,
  memory,
  crashed,
  keyspace,
  leaks,
  faults,
}: FuzzResult): (readonly [boolean, string])[] {
  const [, middle, end] = memory
  const problems = [...tally.problems.values()].reduce((sum, { times }) => sum + times, 0)
  const broken = [...tally.statuses].filter(([status]) => status >= 500).length
  const unexpected = [...faults].filter(([code]) => !isLate(code))
  const growth = end.rss - middle.rss
  return [
    [!crashed, 'the gateway did not end of itself'],
    [broken === 0, 'no answer is a 5xx'],
    [problems === 0, `${problems} answers out of form`],
    [
      unexpected.length === 0,
      `${unexpected.map(([code]) => code).join(', ') || 'no'} unexpected faults in the log`,
    ],
    [leaks.length === 0, `${leaks.length} secrets found where something was written`],
    [
      keyspace.findings.length + keyspace.foreign === 0,
      `${keyspace.findings.length} findings among the keys, ${keyspace.foreign} of nobody's`,
    ],
    [
      growth <= GROWTH_BYTES,
      `memory grew by ${(growth / 2 ** 20).toFixed(1)} MB between middle and end, at most 50`,
    ],
  ]
}

await runCommand('fuzz', async () => ((await main()) ? 0 : 1), messageOf)
