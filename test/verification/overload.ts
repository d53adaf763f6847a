/** `npm run overload`: load tests a gateway with three times its peak, a flood of passwords, and hostile connections. */
import { Option } from 'commander'
import { defineCommand, print, wholeNumber } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { printTotals, progress } from '../support/harness.ts'
import { createCallers } from './overload/callers.ts'
import { createConnections } from './overload/connections.ts'
import { measureConnections } from './overload/measure-connections.ts'
import { measure } from './overload/measure.ts'
import { connectionVerdicts, stolenLine, verdicts } from './overload/report.ts'
import type { Goal } from './overload/report.ts'
import { startTarget } from './overload/target.ts'
import type { Target } from './overload/target.ts'

interface Options {
  readonly quick?: true
  readonly most?: number
  readonly only?: 'turns' | 'connections'
  readonly connections: number
  readonly times: number
}

async function main(options: Options): Promise<ExitCode> {
  progress('starting Redis and a gateway')
  const target = await startTarget(
    options.most === undefined ? {} : { MAX_TURNS_IN_FLIGHT: String(options.most) },
  )
  try {
    // Turns of one subscriber are serialised, so the load needs many subscribers.
    const msisdns = await target.register(4000)
    const all = [
      ...(options.only === 'connections' ? [] : await loadTurns(target, msisdns.slice(0, 2000), options)),
      ...(options.only === 'turns' ? [] : await loadConnections(target, msisdns.slice(2000), options)),
    ]
    const required = all.filter(({ isTimed }) => !options.quick || !isTimed)
    const failed = required.filter(({ holds }) => !holds).length
    return printTotals(required.length - failed, failed)
  } finally {
    await target.close()
  }
}

/** Measures turns above capacity, and passwords beside turns. */
async function loadTurns(
  target: Target,
  msisdns: readonly string[],
  { quick, connections: maxConnections, times }: Options,
): Promise<readonly Goal[]> {
  const connections = createConnections(target.port, maxConnections)
  try {
    const callers = createCallers(connections, msisdns.slice(0, 1000))
    const flooding = createCallers(connections, msisdns.slice(1000))
    const rounds = await measure(callers, flooding, {
      rounds: quick ? 1 : 5,
      times,
      connections: maxConnections,
      unitMs: quick ? 250 : 1000,
      progress,
    })
    return printAll(verdicts(rounds, times), stolenLine(rounds))
  } finally {
    connections.close()
  }
}

/** Measures callbacks beside connections that hold resources. */
async function loadConnections(
  target: Target,
  msisdns: readonly string[],
  { quick }: Options,
): Promise<readonly Goal[]> {
  const counts = { idle: quick ? 3000 : 10_000, unread: 100, endless: 100 }
  const rounds = await measureConnections(target, {
    rounds: quick ? 1 : 5,
    phaseMs: quick ? 1000 : 4000,
    counts,
    msisdns,
    progress,
  })
  return printAll(connectionVerdicts(rounds, counts), stolenLine(rounds))
}

function printAll(all: readonly Goal[], stolen: string | undefined): readonly Goal[] {
  print(...all.map(({ message }) => message), ...(stolen === undefined ? [] : [stolen]))
  return all
}

const positive = wholeNumber(1, 999_999)

const command = defineCommand<Options>({
  name: 'overload',
  program: 'npm run',
  summary: 'Sends a private gateway more turns than it can serve and measures its answers.',
  configure: (command) =>
    command
      .option('--quick', 'one short round; timing goals are reported but do not fail the run')
      .option('--most <number>', 'MAX_TURNS_IN_FLIGHT of the gateway (default: its own default)', positive)
      .option('--connections <number>', 'keep-alive connections of the aggregator', positive, 512)
      .option('--times <number>', 'multiple of the peak that is sent', positive, 3)
      .addOption(new Option('--only <part>', 'run one of the two parts').choices(['turns', 'connections'])),
  details: `Turns: starts a gateway and a Redis and finds the peak, with callers that wait for their answers. Then sends three times the
peak at a fixed rate, then half of it, alone and beside 200 turns a second that hash a password. The median of five rounds
counts. The callers share this machine's processors: trust ratios more than times.

Connections: another process holds 10,000 idle connections, 100 that read no response and 100 with endless bodies. It reopens
each one that is closed, 500 a second. Beside each kind, 200 callbacks a second are compared with an undisturbed phase.`,
  exitCodes: { 0: 'all goals met', 1: 'a goal missed' },
  run: main,
})
await command.run(process.argv.slice(2))
