/** `npm run cluster`: injects faults into a real Redis Cluster under load and reports errors, lost and double changes. */
import { Argument } from 'commander'
import { describe, requirementsOf } from './cluster/report.ts'
import { runScenario } from './cluster/scenario.ts'
import { scenarios } from './cluster/scenarios.ts'
import { defineCommand, messageOf, print, wholeNumber } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { printTotals } from '../support/harness.ts'
import { findRedisBinary } from '../support/redis/redis-binary.ts'

interface Options {
  readonly writers: number
  readonly calm: number
}

const names = Object.keys(scenarios)

async function main({ writers, calm }: Options, args: readonly string[]): Promise<ExitCode> {
  await findRedisBinary({ install: 'no' })
  const chosen = args.length > 0 ? args : names
  let failed = 0
  for (const name of chosen) {
    const scenario = scenarios[name]
    if (!scenario) continue
    const outcome = await runScenario(scenario, { writers, calmMs: calm * 1000 })
    const requirements = requirementsOf(outcome, scenario.kind)
    if (requirements.some(({ holds }) => !holds)) failed += 1
    print(...describe(outcome, requirements), '')
  }
  return printTotals(chosen.length - failed, failed)
}

const command = defineCommand<Options>({
  name: 'cluster',
  program: 'npm run',
  usage: '[scenarios…]',
  summary: 'Injects faults into a real Redis Cluster under load and counts errors, lost and double changes.',
  configure: (command) =>
    command
      .addArgument(
        new Argument('[scenarios...]', 'scenarios, run one after another (default: all)').choices(names),
      )
      .option('--writers <number>', 'subscribers who dial in parallel', wholeNumber(3, 256), 32)
      .option('--calm <seconds>', 'seconds of load before and after the fault', wholeNumber(1, 600), 3),
  details: `Starts a Redis Cluster of three masters with replicas on loopback. Subscribers close access through two gateways while
the first master fails. Then compares acknowledged changes with the journals. Takes about two minutes.`,
  exitCodes: { 0: 'all requirements met', 1: 'a requirement not met', 2: 'could not run' },
  // Exit code 2: a cluster that could not run proves nothing.
  run: (options, args) =>
    main(options, args).catch((error: unknown) => {
      throw new CommandError(messageOf(error), 2)
    }),
})
await command.run(process.argv.slice(2))
