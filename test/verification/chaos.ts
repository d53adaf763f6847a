/** `npm run chaos`: kills gateways and Redis under load and compares the store with the acknowledged effects. */
import { writeFileSync } from 'node:fs'
import { InvalidArgumentError, Option } from 'commander'
import { defineCommand, print, wholeNumber } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { findRedisBinary } from '../support/redis/redis-binary.ts'
import { redisFaults } from './chaos/redis-host.ts'
import { spokenDialects } from './chaos/dialects.ts'
import { linesOf, reportOf, verdictOf } from './chaos/report.ts'
import { run, settingsOf } from './chaos/run.ts'
import type { RunOptions } from './chaos/run.ts'

type Options = Omit<RunOptions, 'dialogues' | 'dialects'> & {
  readonly dialogues?: number
  readonly dialect: string
  readonly argon2?: true
  readonly control?: true
  readonly short?: true
  readonly json?: string
}

const RETRIES_HELP = 'when aggregators duplicate answered callbacks; mixed: late in a fifth of the dialogues'
const SETTINGS_HELP = 'gateway settings; patient: REPEAT_WITHIN_MS=30000, WEAK_PASSWORDS=allow'
const DIALECT_HELP = 'one dialect, those without turn numbers, or all; a group excludes nalo:no-session-id'
const DIALOGUES = { long: 1000, short: 100 } as const

const rate = (value: string) => {
  if (/^(0|1|0?\.\d{1,6})$/.test(value)) return Number(value)
  throw new InvalidArgumentError('Give a rate from 0 to 1.')
}

const dialectNames = (dialect: string): readonly string[] => {
  const isGroup = dialect === 'all' || dialect === 'latest-only'
  if (!isGroup) return [dialect]
  // With a shared session, a late duplicate of one dialogue is a reply in the next: docs/explanation/verification.md.
  const apart = spokenDialects.filter(({ sharedSession }) => !sharedSession)
  return apart.filter(({ numbered }) => dialect === 'all' || !numbered).map(({ name }) => name)
}

const interrupted = new AbortController()

async function main(cli: Options): Promise<ExitCode> {
  const cutsPower = cli.redis === 'power-cut'
  const interrupt = () => interrupted.abort(new CommandError('interrupted', 1))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const options: RunOptions = {
    ...cli,
    dialogues: cli.dialogues ?? (cli.short ? DIALOGUES.short : DIALOGUES.long),
    appendfsync: cli.control && cutsPower ? 'everysec' : 'always',
    commit: cli.control && !cutsPower ? 'naive' : 'shipped',
    hashing: cli.argon2 ? 'argon2' : 'quick',
    slowDialogues: cli.short ? 'excluded' : 'included',
    dialects: dialectNames(cli.dialect),
    signal: interrupted.signal,
  }
  await findRedisBinary({ install: 'no' })
  const report = reportOf(await run(options), options)
  const json = { kind: cli.control ? 'control' : 'run', ...report }
  if (cli.json !== undefined) writeFileSync(cli.json, `${JSON.stringify(json, null, 2)}\n`)
  const required = cli.control && (cutsPower ? 'lost acknowledged' : 'double effect')
  const { isMet, message } = verdictOf(report, required)
  print(...linesOf(report), message)
  return isMet ? 0 : 1
}

const oneOf = (flags: string, description: string, choices: readonly string[], value: string) =>
  new Option(flags, description).choices(choices).default(value)
const count = wholeNumber(0, 1_000_000)
const dialectChoices = [...spokenDialects.map(({ name }) => name), 'latest-only', 'all']

const command = defineCommand<Options>({
  name: 'chaos',
  program: 'npm run',
  summary: 'Kills gateways and Redis under load and looks for lost and double effects.',
  configure: (command) =>
    command
      .option('--dialogues <number>', `number of dialogues (default: ${DIALOGUES.long})`, count)
      .option('--seed <number>', 'decides inputs, duplicates and kills', wholeNumber(0, 999_999_999), 1)
      .addOption(oneOf('--redis <fault>', 'fault of Redis, at random times', redisFaults, 'none'))
      .option('--crash <rate>', 'probability that a gateway dies at each crash point of a turn', rate, 0.002)
      .option('--kill-every <answers>', 'kill a gateway about every n answers; 0: never', count, 60)
      .option('--redis-every <answers>', 'inject the Redis fault about every n answers', count, 100)
      .addOption(oneOf('--network <on|off>', 'faults of the network to Redis', ['on', 'off'], 'on'))
      .option('--parallel <number>', 'parallel subscribers', wholeNumber(1, 500), 24)
      .addOption(oneOf('--retries <when>', RETRIES_HELP, ['soon', 'late', 'mixed'], 'mixed'))
      .addOption(oneOf('--settings <which>', SETTINGS_HELP, Object.keys(settingsOf), 'default'))
      .addOption(oneOf('--dialect <name>', DIALECT_HELP, dialectChoices, 'all'))
      .option('--argon2', 'use real hashing instead of a keyed digest')
      .option('--control', 'a run that must fail: a naive commit or, with power cuts, appendfsync everysec')
      .option('--short', `${DIALOGUES.short} dialogues`)
      .option('--json <file>', 'also write the report as JSON'),
  details: `Starts two gateways and a private Redis, each gateway behind a faulty network, and kills all of them again and again. At the
end, compares the journal and the records with the acknowledged effects. See docs/explanation/verification.md.

Examples:
  npm run chaos -- --short
  npm run chaos -- --dialogues 10000 --redis kill --seed 7
  npm run chaos -- --redis power-cut
  npm run chaos -- --dialect truroute --retries late --parallel 250`,
  exitCodes: {
    0: 'no violation (or the control failed as required)',
    1: 'violations',
    2: 'wrong usage or not possible here',
  },
  run: main,
})
await command.run(process.argv.slice(2))
// Does not wait for pending work of an interrupted run.
if (interrupted.signal.aborted) process.exit(1)
