/** `npm run chaos`: kills gateways and Redis under load and compares the store with the acknowledged effects. */
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

interface Options {
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
  throw new InvalidArgumentError('Expected a rate from 0 to 1.')
}
const wholeNumber = (max: number) => (value: string) => {
  if (!/^\d{1,9}$/.test(value) || Number(value) > max)
    throw new InvalidArgumentError(`Expected a whole number up to ${max}.`)
  return Number(value)
}

const command = new Command('npm run chaos --')
  .usage('[options]')
  .description('Kills gateways and Redis under load and looks for lost and double effects.')
  .option('--dialogues <number>', `number of dialogues (default: ${DIALOGUES.long})`, wholeNumber(1_000_000))
  .option('--seed <number>', 'decides inputs, duplicates and kills', wholeNumber(999_999_999), 1)
  .addOption(
    new Option('--redis <fault>', 'fault of Redis, at random times').choices(redisFaults).default('none'),
  )
  .option('--crash <rate>', 'probability that a gateway dies at each crash point of a turn', rate, 0.002)
  .option('--kill-every <answers>', 'kill a gateway about every n answers; 0: never', wholeNumber(1e6), 60)
  .option('--redis-every <answers>', 'inject the Redis fault about every n answers', wholeNumber(1e6), 100)
  .addOption(
    new Option('--network <on|off>', 'faults of the network between gateways and Redis')
      .choices(['on', 'off'])
      .default('on'),
  )
  .option('--parallel <number>', 'parallel subscribers', wholeNumber(500), 24)
  .addOption(
    new Option(
      '--retries <when>',
      'when aggregators duplicate answered callbacks; mixed: late in a fifth of the dialogues',
    )
      .choices(['soon', 'late', 'mixed'])
      .default('mixed'),
  )
  .addOption(
    new Option(
      '--settings <which>',
      'gateway settings; patient: REPEAT_WITHIN_MS=30000, WEAK_PASSWORDS=allow',
    )
      .choices(Object.keys(settingsOf))
      .default('default'),
  )
  .addOption(
    new Option(
      '--dialect <name>',
      'one dialect, those without turn numbers, or all; a group excludes nalo:no-session-id',
    )
      .choices([...spokenDialects.map(({ name }) => name), 'latest-only', 'all'])
      .default('all'),
  )
  .option('--argon2', 'use real hashing instead of a keyed digest')
  .option('--control', 'a run that must fail: a naive commit or, with power cuts, appendfsync everysec')
  .option('--short', `${DIALOGUES.short} dialogues`)
  .option('--json <file>', 'also write the report as JSON')
  .addHelpText(
    'after',
    `
Starts two gateways and a private Redis, each gateway behind a faulty network, and kills all of them again and again. At the
end, compares the journal and the records with the acknowledged effects. See docs/explanation/verification.md.

Examples:
  npm run chaos -- --short
  npm run chaos -- --dialogues 10000 --redis kill --seed 7
  npm run chaos -- --redis power-cut
  npm run chaos -- --dialect truroute --retries late --parallel 250

Exit code: 0 no violation (or the control failed as required), 1 violations, 2 wrong usage or not possible here.`,
  )
  .showHelpAfterError('(add --help for usage)')
  .exitOverride()

const dialectNames = (dialect: string): readonly string[] => {
  const isGroup = dialect === 'all' || dialect === 'latest-only'
  if (!isGroup) return [dialect]
  // With a shared session, a late duplicate of one dialogue is a reply in the next: docs/explanation/verification.md.
  const apart = spokenDialects.filter(({ sharedSession }) => !sharedSession)
  return apart.filter(({ numbered }) => dialect === 'all' || !numbered).map(({ name }) => name)
}

const interrupted = new AbortController()

async function main(): Promise<boolean> {
  command.parse()
  const cli = command.opts<Options>()
  const kind = cli.control ? 'control' : 'run'
  const cutsPower = cli.redis === 'power-cut'
  const interrupt = () => interrupted.abort(new CommandError('interrupted', 1))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const options: RunOptions = {
    dialogues: cli.dialogues ?? (cli.short ? DIALOGUES.short : DIALOGUES.long),
    seed: cli.seed,
    redis: cli.redis,
    appendfsync: kind === 'control' && cutsPower ? 'everysec' : 'always',
    commit: kind === 'control' && !cutsPower ? 'naive' : 'shipped',
    hashing: cli.argon2 ? 'argon2' : 'quick',
    network: cli.network === 'on' ? 'faulty' : 'reliable',
    slowDialogues: cli.short ? 'excluded' : 'included',
    crashRate: cli.crash,
    killEvery: cli.killEvery,
    redisEvery: cli.redisEvery,
    parallel: Math.max(1, cli.parallel),
    retries: cli.retries,
    settings: cli.settings,
    dialects: dialectNames(cli.dialect),
    signal: interrupted.signal,
    progress: (line) => stderr.write(`${line}\n`),
  }
  await findRedisBinary({ install: 'no' })
  const report = reportOf(await run(options), options)
  if (cli.json !== undefined) writeFileSync(cli.json, `${JSON.stringify({ kind, ...report }, null, 2)}\n`)
  stdout.write(textOf(report, kind))
  return report.holds === (kind === 'run')
}

await runCommand('chaos', async () => ((await main()) ? 0 : 1))
// Does not wait for pending work of an interrupted run.
if (interrupted.signal.aborted) process.exit(1)
