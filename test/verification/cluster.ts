/** npm run cluster: strikes a real Redis Cluster under load, and says what subscribers noticed and what was lost. */
import { stderr, stdout } from 'node:process'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { describe, requirementsOf } from './cluster/report.ts'
import { play } from './cluster/scenario.ts'
import { scenarios } from './cluster/scenarios.ts'
import { messageOf, runCommand } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { findRedisBinary } from '../support/redis/redis-binary.ts'

const wholeNumber = (least: number, most: number) => (value: string) => {
  const number = /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
}

const command = new Command('npm run cluster --')
  .usage('[scenarios…] [options]')
  .description(
    'Starts a Redis Cluster of three masters and their replicas on loopback, has subscribers close access through two ' +
      'gateways, and strikes the first master. Then holds what subscribers were told against the journals.',
  )
  .argument(
    '[scenarios...]',
    `what is done, one after the other (default: all): ${Object.keys(scenarios).join(', ')}`,
  )
  .option('--writers <number>', 'subscribers who dial at the same time', wholeNumber(3, 256), 32)
  .option('--calm <seconds>', 'how long the load runs before the strike, and after', wholeNumber(1, 600), 3)
  .addHelpText(
    'after',
    '\nAll of it takes about two minutes. Exit code 0: every requirement was met, 1: not, 2: it could not be run.',
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
      `cluster: there is no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}\n`,
    )
    return 2
  }
  await findRedisBinary({ install: 'no' })
  let failed = 0
  for (const name of names) {
    const scenario = scenarios[name]
    if (!scenario) continue
    const outcome = await play(scenario, {
      writers,
      calmMs: calm * 1000,
      say: (line) => void stderr.write(`${line}\n`),
    })
    const requirements = requirementsOf(outcome, scenario.kind)
    if (requirements.some(({ holds }) => !holds)) failed += 1
    stdout.write(`${describe(outcome, requirements).join('\n')}\n\n`)
  }
  stdout.write(`${names.length - failed} passed, ${failed} failed\n`)
  return failed > 0 ? 1 : 0
}

/** A cluster that could not be run has shown nothing, neither good nor bad. */
async function mainOrStop(): Promise<0 | 1 | 2> {
  try {
    return await main()
  } catch (error) {
    throw error instanceof CommanderError ? error : new CommandError(messageOf(error), 2)
  }
}

await runCommand('cluster', mainOrStop)
