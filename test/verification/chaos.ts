/** npm run chaos: kills gateways and Redis under thousands of dialogues, and holds the store against what was acknowledged. */
import { writeFileSync } from 'node:fs'
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import { runCommand } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { findRedisBinary } from '../support/redis/redis-binary.ts'
import { redisFaults } from './chaos/redis-host.ts'
import type { RedisFault } from './chaos/redis-host.ts'
import { spokenDialects } from './chaos/dialects.ts'
import { reportOf, textOf } from './chaos/report.ts'
import { run, settingsOf } from './chaos/run.ts'
import type { RunOptions } from './chaos/run.ts'

interface Given {
  readonly dialogues?: number
  readonly seed: number
  readonly redis: RedisFault
  readonly crash: number
  readonly killEvery: number
  readonly redisEvery: number
  readonly network: 'on' | 'off'
  readonly parallel: number
  readonly retries: RunOptions['retries']
  readonly settings: RunOptions['settings']
  readonly dialect: string
  readonly argon2?: true
  readonly control?: true
  readonly short?: true
  readonly json?: string
}

const DIALOGUES = { long: 1000, short: 100 } as const

const rate = (value: string) => {
  if (/^(0|1|0?\.\d{1,6})$/.test(value)) return Number(value)
  throw new InvalidArgumentError('It is a rate from 0 to 1.')
}
const wholeNumber = (most: number) => (value: string) => {
  if (!/^\d{1,9}$/.test(value) || Number(value) > most)
    throw new InvalidArgumentError(`It is a whole number up to ${most}.`)
  return Number(value)
}

const command = new Command('npm run chaos --')
  .usage('[options]')
  .description('Kills gateways and Redis under many dialogues, and looks for what was lost or done twice.')
  .option('--dialogues <number>', `how many (default: ${DIALOGUES.long})`, wholeNumber(1_000_000))
  .option('--seed <number>', 'decides what is typed, doubled and killed where', wholeNumber(999_999_999), 1)
  .addOption(
    new Option('--redis <fault>', 'what happens to Redis at random').choices(redisFaults).default('none'),
  )
  .option('--crash <rate>', 'how likely a gateway dies at each point of a turn', rate, 0.002)
  .option('--kill-every <answers>', 'a gateway is killed at random so often; 0: never', wholeNumber(1e6), 60)
  .option('--redis-every <answers>', 'Redis is struck so often', wholeNumber(1e6), 100)
  .addOption(
    new Option('--network <on|off>', 'disturbs the ways between gateways and Redis')
      .choices(['on', 'off'])
      .default('on'),
  )
  .option('--parallel <number>', 'subscribers at a time', wholeNumber(500), 24)
  .addOption(
    new Option('--retries <when>', 'when aggregators send again what was answered; mixed: late in a fifth')
      .choices(['soon', 'late', 'mixed'])
      .default('mixed'),
  )
  .addOption(
    new Option('--settings <which>', 'of the gateways; patient: REPEAT_WITHIN_MS=30000, WEAK_PASSWORDS=allow')
      .choices(Object.keys(settingsOf))
      .default('default'),
  )
  .addOption(
    new Option(
      '--dialect <name>',
      'one of them, or those that number nothing, or all; a group leaves out nalo:no-session-id',
    )
      .choices([...spokenDialects.map(({ name }) => name), 'latest-only', 'all'])
      .default('all'),
  )
  .option('--argon2', 'hashes as in earnest; otherwise a keyed digest stands for the slow hash')
  .option('--control', 'a run that must fail: a naive commit, or, with power cuts, appendfsync everysec')
  .option('--short', `${DIALOGUES.short} dialogues`)
  .option('--json <file>', 'writes the report as JSON, too')
  .addHelpText(
    'after',
    `
Two gateways and one Redis of its own are started, each gateway behind a way that is disturbed, and all of them die again
and again. What the journal and the records say in the end is held against what was acknowledged. docs/chaos.md explains.

Examples:
  npm run chaos -- --short
  npm run chaos -- --dialogues 10000 --redis kill --seed 7
  npm run chaos -- --redis power-cut
  npm run chaos -- --dialect truroute --retries late --parallel 250

Exit code: 0 it holds (or the control failed as it must), 1 it does not, 2 called wrongly or not possible here.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

const namesOf = (dialect: string): readonly string[] => {
  const isGroup = dialect === 'all' || dialect === 'latest-only'
  if (!isGroup) return [dialect]
  // Where dialogues share a session, a late duplicate of one is an answer in the next: docs/chaos.md.
  const apart = spokenDialects.filter(({ sharedSession }) => !sharedSession)
  return apart.filter(({ numbered }) => dialect === 'all' || !numbered).map(({ name }) => name)
}

const interrupted = new AbortController()

async function main(): Promise<boolean> {
  command.parse()
  const given = command.opts<Given>()
  const kind = given.control ? 'control' : 'run'
  const cutsPower = given.redis === 'power-cut'
  const interrupt = () => interrupted.abort(new CommandError('interrupted', 1))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const options: RunOptions = {
    dialogues: given.dialogues ?? (given.short ? DIALOGUES.short : DIALOGUES.long),
    seed: given.seed,
    redis: given.redis,
    appendfsync: kind === 'control' && cutsPower ? 'everysec' : 'always',
    commit: kind === 'control' && !cutsPower ? 'naive' : 'ours',
    hashing: given.argon2 ? 'argon2' : 'quick',
    network: given.network === 'on' ? 'disturbed' : 'quiet',
    waits: given.short ? 'left out' : 'taken',
    crashRate: given.crash,
    killEvery: given.killEvery,
    redisEvery: given.redisEvery,
    parallel: Math.max(1, given.parallel),
    retries: given.retries,
    settings: given.settings,
    dialects: namesOf(given.dialect),
    signal: interrupted.signal,
    progress: (line) => stderr.write(`${line}\n`),
  }
  await findRedisBinary({ install: 'no' })
  const report = reportOf(await run(options), options)
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify({ kind, ...report }, null, 2)}\n`)
  stdout.write(textOf(report, kind))
  return report.holds === (kind === 'run')
}

await runCommand('chaos', async () => ((await main()) ? 0 : 1))
// What was under way in the run is not waited for.
if (interrupted.signal.aborted) process.exit(1)
