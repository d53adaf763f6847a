/** npm run explore: goes through every dialogue of the menus on a real gateway and a real Redis, and says what does not hold. */
import { randomUUID } from 'node:crypto'
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import { languages } from '../engine/authoring.ts'
import type { Language } from '../engine/authoring.ts'
import { createRedisClient } from '../store/redis/client.ts'
import { coverageText } from '../menu-analysis/coverage/text.ts'
import { runCommand } from './command.ts'
import { CommandError } from './command-error.ts'
import { counted, explore } from './explore/explore.ts'
import type { Explored } from './explore/explore.ts'
import { removeFrom } from './explore/leaks.ts'
import { envOf, subjects } from './explore/models.ts'
import type { World } from './explore/models.ts'
import { describeViolations } from './explore/violations.ts'
import { startRedisServer } from '../../test/support/redis/redis-server.ts'

interface Given {
  readonly menu?: string
  readonly language?: Language
  readonly limit?: number
  readonly seed: number
  readonly redis?: string
  readonly quick?: true
}

const LIMIT = 150
const QUICK = { limit: 16, language: 'ru' } as const

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It is a whole number.')
  return Number(value)
}

const codes = Object.keys(subjects)
const command = new Command('npm run explore --')
  .usage('[options]')
  .description('Goes through every dialogue of the menus on a real gateway and a real Redis.')
  .addOption(new Option('--menu <code>', 'one menu (default: all)').choices(codes))
  .addOption(new Option('--language <language>', 'one language (default: all)').choices(languages))
  .option('--limit <number>', `dialogues of one kind of subscriber (default: ${LIMIT})`, wholeNumber)
  .option('--seed <number>', 'which of the inputs that lead to the same are typed where', wholeNumber, 1)
  .option('--redis <url>', 'a Redis that runs (default: one is started); what is written there is removed')
  .option('--quick', `a sample: one language, at most ${QUICK.limit} dialogues of one kind of subscriber`)
  .addHelpText(
    'after',
    `
On every screen of every dialogue it holds that the text is inside the limit, that there is a way out, that the digits listed
are the digits taken, that no secret is shown, stored or logged, that the dialogue can end, that nobody can guess without end,
and that attempts go up by success alone. What does not hold is printed with the shortest dialogue that shows it, as a
walkthrough and as a curl script.

Examples:
  npm run explore
  npm run explore -- --menu '*141*3*6#' --language be
  npm run explore -- --limit 1000 --seed 7

Exit code: 0 all of it holds, 1 something does not, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

async function main(): Promise<boolean> {
  command.parse()
  const given = command.opts<Given>()
  const quick = given.quick === true
  const language = given.language ?? (quick ? QUICK.language : undefined)
  const server = given.redis === undefined ? await startServer() : undefined
  const client = createRedisClient({ url: given.redis ?? server?.url ?? '' }, { commandTimeoutMs: 5000 })
  const redis = { client, prefix: `ussd-explore-${randomUUID()}` }
  let isReached = false
  try {
    isReached = await client.whenReady(5000)
    if (!isReached) throw new CommandError('the Redis cannot be reached', 1)
    const explored = await explore({
      subjects: codes
        .filter((code) => code === (given.menu ?? code))
        .map((code) => subjects[code as keyof typeof subjects]),
      languages: language === undefined ? languages : [language],
      limit: given.limit ?? (quick ? QUICK.limit : LIMIT),
      seed: given.seed,
      redis,
      folder: server?.dir,
      envOf,
      progress: (line) => stderr.write(`${line}\n`),
    })
    stdout.write(summaryOf(explored))
    return explored.violations.length === 0 && explored.failed === 0
  } finally {
    if (!server && isReached) await removeFrom(redis)
    await client.close()
    await server?.stop()
  }
}

/** It keeps all that is written, so that all of it can be searched. */
const startServer = () =>
  startRedisServer({ args: ['--appendfsync', 'everysec', '--auto-aof-rewrite-percentage', '0'] }).catch(
    (error: unknown) => {
      throw new CommandError(error instanceof Error ? error.message : 'Redis could not be started', 1)
    },
  )

function summaryOf(explored: Explored<World>): string {
  const { paths, turns, measured, searched, passed, failed, leftOut, unsteady } = explored
  const lines = [
    ...describeViolations(explored.violations, Object.values(subjects)),
    coverageText(explored.coverage),
    `${counted(paths)} paths, ${counted(turns)} turns, ${counted(measured)} texts measured; ` +
      `${counted(searched.keys)} keys and ${counted(searched.lines)} lines of the log searched for secrets`,
    ...(leftOut.length > 0 ? ['--limit left out:', ...leftOut.map((one) => `  ${one}`)] : []),
    ...(unsteady.length > 0
      ? ['Failed once, and passed when walked again alone:', ...unsteady.map((one) => `  ${one}`)]
      : []),
    `${passed} passed, ${failed} failed`,
  ]
  return `${lines.join('\n')}\n`
}

await runCommand('explore', async () => ((await main()) ? 0 : 1))
