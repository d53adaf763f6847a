/** `npm run fuzz`: sends mutated callbacks of every dialect to a gateway on a real Redis. */
import { dialects } from '../../src/dialects/index.ts'
import type { KeyspaceReport } from '../../src/store/redis/keyspace-audit.ts'
import { defineCommand, messageOf, print, wholeNumber } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { listOf, printVerdicts, progress } from '../support/harness.ts'
import type { Verdict } from '../support/harness.ts'
import { isOverloadFault } from './fuzz/judge.ts'
import { measureParsing } from './fuzz/parsing.ts'
import { fuzz, settings } from './fuzz/run.ts'
import type { FuzzResult } from './fuzz/run.ts'

interface Options {
  readonly callbacks: number
  readonly connections: number
  readonly seed: number
}

/** Allowed memory growth between the middle and the end of a run. */
const MAX_GROWTH_BYTES = 50 * 2 ** 20
/** Keyspace findings printed; the rest is only counted. */
const MAX_SHOWN = 20
/** Time limit for parsing the worst callback. */
const MAX_PARSE_MS = 5

async function main({ callbacks, connections, seed }: Options): Promise<ExitCode> {
  const onProgress = (sent: number) => progress(`${sent} of ${callbacks} callbacks`)
  const fuzzed = await fuzz({ callbacks, connections, seed, onProgress })
  const parses = measureParsing(Object.values(dialects), seed, 5000)
  const slowest = Math.max(...parses.map(({ ms }) => ms))

  const { tally, seconds, memory, keyspace, searched, faults } = fuzzed
  const listed = (map: ReadonlyMap<string | number, number>) =>
    listOf([...map].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))) || 'none'
  print(
    `seed ${seed}: ${tally.sent} callbacks in ${Object.keys(dialects).length} dialects, ${(tally.sent / seconds).toFixed(0)} a second`,
    `settings: default except ${Object.keys(settings).join(', ')}; ${tally.late} duplicates later than REPEAT_WITHIN_MS`,
    `statuses: ${listed(tally.statuses)}; ${tally.cut} connections closed on an oversized body`,
    `faults in the log: ${listed(faults)}`,
    `memory after garbage collection at start, middle, end: ${memory.map(({ rss }) => megabytes(rss)).join(', ')}; heap ${memory.map(({ heapUsed }) => megabytes(heapUsed)).join(', ')}`,
    `${keysOf(keyspace)} keys and ${megabytes(searched)} searched`,
    ...parses.map(
      ({ dialect, ms, body, inputs }) =>
        `parsing ${dialect}: at most ${ms.toFixed(3)} ms of ${inputs} inputs, for ${JSON.stringify(body.slice(0, 40))}…`,
    ),
    ...[...tally.problems].map(([problem, { times, example }]) => `✗ ${times} × ${problem}\n  ${example}`),
    ...fuzzed.leaks.map((found) => `✗ ${found}`),
    ...keyspace.findings
      .slice(0, MAX_SHOWN)
      .map(({ key, message }) => `✗ ${JSON.stringify(key)}: ${message}`),
  )
  return printVerdicts([
    ...verdictsOf(fuzzed),
    {
      holds: slowest <= MAX_PARSE_MS,
      message: `the slowest parse takes ${slowest.toFixed(2)} ms, at most ${MAX_PARSE_MS}`,
    },
  ])
}

const keysOf = ({ counts, foreign }: KeyspaceReport): number =>
  Object.values(counts).reduce((sum, count) => sum + count, foreign)

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`

function verdictsOf({ tally, memory, crashed, keyspace, leaks, faults }: FuzzResult): readonly Verdict[] {
  const [, middle, end] = memory
  const problems = [...tally.problems.values()].reduce((sum, { times }) => sum + times, 0)
  const unexpected = [...faults.keys()].filter((code) => !isOverloadFault(code)).join(', ')
  const { findings, foreign } = keyspace
  const growth = end.rss - middle.rss
  return [
    { holds: !crashed, message: 'the gateway did not exit' },
    { holds: [...tally.statuses.keys()].every((status) => status < 500), message: 'no answer is a 5xx' },
    { holds: problems === 0, message: `${problems} answers in a wrong format` },
    { holds: unexpected === '', message: `${unexpected || 'no'} unexpected faults in the log` },
    { holds: leaks.length === 0, message: `${leaks.length} leaked secrets` },
    {
      holds: findings.length + foreign === 0,
      message: `${findings.length} keyspace findings, ${foreign} foreign keys`,
    },
    {
      holds: growth <= MAX_GROWTH_BYTES,
      message: `memory grew by ${megabytes(growth)} between middle and end, at most ${megabytes(MAX_GROWTH_BYTES)}`,
    },
  ]
}

const command = defineCommand<Options>({
  name: 'fuzz',
  program: 'npm run',
  summary: 'Sends valid and mutated callbacks of every dialect to a gateway on a real Redis.',
  configure: (command) =>
    command
      .option('--callbacks <number>', 'number of callbacks', wholeNumber(100, 100_000_000), 20_000)
      .option('--connections <number>', 'parallel connections', wholeNumber(1, 500), 16)
      .option('--seed <number>', 'the same seed sends the same callbacks', wholeNumber(0, 999_999), 1),
  details: `Starts a private gateway and Redis on loopback. Parses every answer as the aggregator of the dialect would. Then searches the
log, the append-only file, the slow log and the metrics for the secrets that were sent, and audits all keys.

Examples:
  npm run fuzz
  npm run fuzz -- --callbacks 1000000 --seed 7`,
  exitCodes: { 0: 'all checks passed', 1: 'a check failed' },
  messageOf,
  run: main,
})
await command.run(process.argv.slice(2))
