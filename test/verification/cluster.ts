/** `npm run cluster`: injects faults into a real Redis Cluster under load and reports errors, lost and double changes. */
import { stderr, stdout } from 'node:process'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { describe, requirementsOf } from './cluster/report.ts'
import { runScenario } from './cluster/scenario.ts'
import { scenarios } from './cluster/scenarios.ts'
import { messageOf, runCommand } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { findRedisBinary } from '../support/redis/redis-binary.ts'

const wholeNumber = (min: number, max: number) => (value: string) => {
  const number = /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN
  if (number >= min && number <= max) return number
  throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
}

const command = new Command('npm run cluster --')
  .usage('[scenarios…] [options]')
  .description(
    'Starts a Redis Cluster of three masters with replicas on loopback. Subscribers close access through two gateways ' +
      'while the first master fails. Then compares acknowledged changes with the journals.',
  )
  .argument(
    '[scenarios...]',
    `scenarios, run one after another (default: all): ${Object.keys(scenarios).join(', ')}`,
  )
  .option('--writers <number>', 'subscribers who dial in parallel', wholeNumber(3, 256), 32)
  .option('--calm <seconds>', 'seconds of load before and after the fault', wholeNumber(1, 600), 3)
  .addHelpText(
    'after',
    '\nTakes about two minutes. Exit code: 0 all requirements met, 1 a requirement not met, 2 could not run.',
  )
  .exitOverride()
  .configureOutput({ writeErr: (text) => void stderr.write(text) })

/** Resolves with the exit code. */
async function main(): Promise<0 | 1 | 2> {
  command.parse()
  const { writers, calm } = command.opts<{ writers: number; calm: number }>()
  const names = command.args.length > 0 ? command.args : Object.keys(scenarios)
  const unknown = names.filter((name) => !(name in scenarios))
  if (unknown.length > 0) {
    stderr.write(
      `cluster: unknown scenario ${unknown.join(', ')}. Use one of: ${Object.keys(scenarios).join(', ')}\n`,
    )
    return 2
  }
  await findRedisBinary({ install: 'no' })
  let failed = 0
  for (const name of names) {
    const scenario = scenarios[name]
    if (!scenario) continue
    const outcome = await runScenario(scenario, {
      writers,
      calmMs: calm * 1000,
      progress: (line) => void stderr.write(`${line}\n`),
    })
    const requirements = requirementsOf(outcome, scenario.kind)
    if (requirements.some(({ holds }) => !holds)) failed += 1
    stdout.write(`${describe(outcome, requirements).join('\n')}\n\n`)
  }
  stdout.write(`${names.length - failed} passed, ${failed} failed\n`)
  return failed > 0 ? 1 : 0
}

/** Maps unexpected errors to exit code 2: a cluster that could not run proves nothing. */
async function mainOrExit(): Promise<0 | 1 | 2> {
  try {
    return await main()
  } catch (error) {
    throw error instanceof CommanderError ? error : new CommandError(messageOf(error), 2)
  }
}

await runCommand('cluster', mainOrExit)
