/** npm run overload: what a gateway does when three times more turns come than it can serve, and when passwords flood it. */
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import { runCommand } from '../../src/cli/command.ts'
import { createCallers } from './overload/callers.ts'
import { createConnections } from './overload/connections.ts'
import { measureConnections } from './overload/measure-connections.ts'
import { measure } from './overload/measure.ts'
import { connectionVerdicts, stolenLine, verdicts } from './overload/report.ts'
import type { Verdict } from './overload/report.ts'
import { startTarget } from './overload/target.ts'
import type { Target } from './overload/target.ts'

interface Given {
  readonly short?: true
  readonly most?: number
  readonly only?: 'turns' | 'connections'
  readonly connections: number
  readonly times: number
}

function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('It is a whole number from 1.')
  return Number(value)
}

const command = new Command('npm run overload --')
  .usage('[options]')
  .description('Sends a gateway of its own more turns than it can serve, and says what it did.')
  .option('--short', 'one short round')
  .option('--most <number>', 'MAX_TURNS_IN_FLIGHT of the gateway (default: its own)', wholeNumber)
  .option('--connections <number>', 'connections of the aggregator', wholeNumber, 512)
  .option('--times <number>', 'how many times the peak is sent', wholeNumber, 3)
  .addOption(new Option('--only <part>', 'one of the two parts').choices(['turns', 'connections']))
  .addHelpText(
    'after',
    `
It starts a gateway and a Redis, finds the most turns a second that are served (by callers who wait for their answers), then
sends three times as many a second whatever becomes of them, then half as many, alone and beside 200 turns a second that
hash a password: five rounds of this, of which the median counts. All on this machine, where the caller takes its share of
the processors, too: trust ratios.

Then connections hold what they can of the gateway, from a process of their own: 10,000 that are idle, 100 that read no
response, 100 with bodies that never end, each opened anew when it is closed (500 a second). Beside each of them, 200
callbacks a second are compared with 200 a second undisturbed: five rounds, the median counts.

Exit code: 0 every goal was reached, 1 one was not, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

async function main(): Promise<boolean> {
  command.parse()
  const given = command.opts<Given>()
  progress('starting Redis and a gateway')
  const target = await startTarget(
    given.most === undefined ? {} : { MAX_TURNS_IN_FLIGHT: String(given.most) },
  )
  try {
    // Turns of one subscriber wait for each other, and a dialogue is known by its subscriber.
    const msisdns = await target.register(4000)
    const found = [
      ...(given.only === 'connections' ? [] : await withTurns(target, msisdns.slice(0, 2000), given)),
      ...(given.only === 'turns' ? [] : await withConnections(target, msisdns.slice(2000), given)),
    ]
    const failed = found.filter(({ isReached }) => !isReached).length
    stdout.write(`${found.length - failed} passed, ${failed} failed\n`)
    return failed === 0
  } finally {
    await target.close()
  }
}

/** More turns than are served, and passwords beside turns. */
async function withTurns(
  target: Target,
  msisdns: readonly string[],
  { short, connections: most, times }: Given,
): Promise<readonly Verdict[]> {
  const connections = createConnections(target.port, most)
  try {
    const callers = createCallers(connections, msisdns.slice(0, 1000))
    const flooding = createCallers(connections, msisdns.slice(1000))
    const rounds = await measure(callers, flooding, {
      rounds: short ? 1 : 5,
      times,
      connections: most,
      unitMs: short ? 250 : 1000,
      progress,
    })
    return tell(verdicts(rounds, times), stolenLine(rounds))
  } finally {
    connections.close()
  }
}

/** Callbacks beside connections that hold what they can. */
async function withConnections(
  target: Target,
  msisdns: readonly string[],
  { short }: Given,
): Promise<readonly Verdict[]> {
  const counts = { idle: short ? 3000 : 10_000, unread: 100, endless: 100 }
  const rounds = await measureConnections(target, {
    rounds: short ? 1 : 5,
    phaseMs: short ? 1000 : 4000,
    counts,
    msisdns,
    progress,
  })
  return tell(connectionVerdicts(rounds, counts), stolenLine(rounds))
}

function tell(found: readonly Verdict[], stolen: string | undefined): readonly Verdict[] {
  for (const { says } of found) stdout.write(`${says}\n`)
  if (stolen !== undefined) stdout.write(`${stolen}\n`)
  return found
}

const progress = (line: string) => void stderr.write(`${line}\n`)

await runCommand('overload', async () => ((await main()) ? 0 : 1))
