/** npm run overload: what a gateway does when three times more turns come than it can serve, and when passwords flood it. */
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError } from 'commander'
import { runCommand } from './command/run.ts'
import { createCallers } from './overload/callers.ts'
import { createConnections } from './overload/connections.ts'
import { measure } from './overload/measure.ts'
import { stolenLine, verdicts } from './overload/report.ts'
import { startSite } from './overload/site.ts'

interface Given {
  readonly short?: true
  readonly most?: number
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
  .option('--most <number>', 'MOST_TURNS of the gateway (default: its own)', wholeNumber)
  .option('--connections <number>', 'connections of the aggregator', wholeNumber, 512)
  .option('--times <number>', 'how many times the peak is sent', wholeNumber, 3)
  .addHelpText(
    'after',
    `
It starts a gateway and a Redis, finds the most turns a second that are served (by callers who wait for their answers), then
sends three times as many a second whatever becomes of them, then half as many, alone and beside 200 turns a second that
hash a password: five rounds of this, of which the median counts. All on this machine, where the caller takes its share of
the processors, too: trust ratios.

Exit code: 0 every goal was reached, 1 one was not, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

async function main(): Promise<boolean> {
  command.parse()
  const { short, most, connections: mostConnections, times } = command.opts<Given>()
  const progress = (line: string) => void stderr.write(`${line}\n`)
  progress('starting Redis and a gateway')
  const site = await startSite(most === undefined ? {} : { MOST_TURNS: String(most) })
  const connections = createConnections(site.port, mostConnections)
  try {
    const msisdns = await site.register(2000)
    const callers = createCallers(connections, msisdns.slice(0, 1000))
    // Others than those: turns of one subscriber wait for each other.
    const flooding = createCallers(connections, msisdns.slice(1000))
    const rounds = await measure(callers, flooding, {
      rounds: short ? 1 : 5,
      times,
      connections: mostConnections,
      unitMs: short ? 250 : 1000,
      progress,
    })
    const found = verdicts(rounds, times)
    for (const { says } of found) stdout.write(`${says}\n`)
    const stolen = stolenLine(rounds)
    if (stolen !== undefined) stdout.write(`${stolen}\n`)
    const failed = found.filter(({ isReached }) => !isReached).length
    stdout.write(`${found.length - failed} passed, ${failed} failed\n`)
    return failed === 0
  } finally {
    connections.close()
    await site.close()
  }
}

await runCommand('overload', async () => ((await main()) ? 0 : 1))
