/** `npm run overload`: load tests a gateway with three times its peak, a flood of passwords, and hostile connections. */
import { Option } from 'commander'
import { defineCommand, print, wholeNumber } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { withCleanup } from '../support/cleanup.ts'
import { printVerdicts, progress } from '../support/harness.ts'
import type { Verdict } from '../support/harness.ts'
import { createCallers } from './overload/callers.ts'
import { createConnections } from './overload/connections.ts'
import { measureConnections } from './overload/measure-connections.ts'
import { measure } from './overload/measure.ts'
import { connectionVerdicts, stolenLine, turnVerdicts } from './overload/report.ts'
import { startTarget } from './overload/target.ts'
import type { Target } from './overload/target.ts'

interface Options {
  readonly quick?: true
  readonly most?: number
  readonly only?: 'turns' | 'connections'
  readonly connections: number
  readonly times: number
}

const main = (options: Options): Promise<ExitCode> =>
  withCleanup(async (defer) => {
    const { most, only, quick } = options
    progress('starting Redis and a gateway')
    const env = most === undefined ? {} : { MAX_TURNS_IN_FLIGHT: String(most) }
    const target = await startTarget(env, defer)
    // Turns of one subscriber are serialised, so the load needs many subscribers.
    const msisdns = await target.register(4000)
    const verdicts = [
      ...(only === 'connections' ? [] : await loadTurns(target, msisdns.slice(0, 2000), options)),
      ...(only === 'turns' ? [] : await loadConnections(target, msisdns.slice(2000), options)),
    ]
    return printVerdicts(quick ? verdicts : verdicts.map((one) => ({ ...one, isRequired: true })))
  })

/** Measures turns above capacity, and passwords beside turns. */
async function loadTurns(
  target: Target,
  msisdns: readonly string[],
  { quick, connections: maxConnections, times }: Options,
): Promise<readonly Verdict[]> {
  const connections = createConnections(target.port, maxConnections)
  try {
    const callers = createCallers(connections, msisdns.slice(0, 1000))
    const flooding = createCallers(connections, msisdns.slice(1000))
    const scale = quick ? { rounds: 1, unitMs: 250 } : { rounds: 5, unitMs: 1000 }
    const options = { ...scale, times, connections: maxConnections, progress }
    const rounds = await measure(callers, flooding, options)
    print(...stolenLine(rounds))
    return turnVerdicts(rounds, times)
  } finally {
    connections.close()
  }
}

/** Measures callbacks beside connections that hold resources. */
async function loadConnections(
  target: Target,
  msisdns: readonly string[],
  { quick }: Options,
): Promise<readonly Verdict[]> {
  const counts = { idle: quick ? 3000 : 10_000, unread: 100, endless: 100 }
  const scale = quick ? { rounds: 1, phaseMs: 1000 } : { rounds: 5, phaseMs: 4000 }
  const rounds = await measureConnections(target, { ...scale, counts, msisdns, progress })
  print(...stolenLine(rounds))
  return connectionVerdicts(rounds, counts)
}

const positive = wholeNumber(1, 999_999)

const command = defineCommand<Options>({
  name: 'overload',
  program: 'npm run',
  summary: 'Sends a private gateway more turns than it can serve and measures its answers.',
  configure: (command) =>
    command
      .option('--quick', 'one short round; timing goals are reported but do not fail the run')
      .option('--most <number>', 'value of MAX_TURNS_IN_FLIGHT (default: that of the gateway)', positive)
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
