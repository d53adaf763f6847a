/** `npm run verify`: the short form of every harness, one after another, and the tests of the harnesses themselves. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stderr, stdout } from 'node:process'
import { Command } from 'commander'
import { messageOf, runCommand } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { findCompiler } from '../support/compiler.ts'
import { findRedisBinary } from '../support/redis/redis-binary.ts'
import { figureOf, harnesses, tableOf } from './verify/harnesses.ts'
import type { Harness, Result } from './verify/harnesses.ts'

const command = new Command('npm run verify --')
  .usage('[names…]')
  .description('Runs the short form of every harness and prints one figure for each.')
  .argument('[names...]', `harnesses to run (default: all): ${harnesses.map(({ name }) => name).join(', ')}`)
  .addHelpText(
    'after',
    `
Takes under 10 minutes on two cores. Each harness has its own command with longer runs: test/verification/README.md.

Exit code: 0 all passed or skipped, 1 one failed, 2 wrong usage.`,
  )
  .showHelpAfterError('(add --help for usage)')
  .exitOverride()

async function main(): Promise<boolean> {
  command.parse()
  const names = command.args
  const unknown = names.filter((name) => !harnesses.some((harness) => harness.name === name))
  if (unknown.length > 0)
    throw new CommandError(`There is no harness '${unknown.join("', '")}'. Run with --help for the names.`, 2)
  await findRedisBinary({ install: 'allowed' })
  // Only the power cut needs a compiler: without one, it is skipped.
  await findCompiler().catch((error: unknown) => stderr.write(`${messageOf(error)}\n`))
  const results: Result[] = []
  for (const harness of harnesses) {
    if (names.length > 0 && !names.includes(harness.name)) continue
    const result = await runHarness(harness)
    results.push(result)
    stdout.write(`${result.verdict} ${result.name}: ${result.figure}\n`)
  }
  stdout.write(tableOf(results))
  return results.every(({ verdict }) => verdict !== 'failed')
}

async function runHarness({ name, args, figure }: Harness): Promise<Result> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, all] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString()
    all += bytes.toString()
  })
  child.stderr.on('data', (bytes: Buffer) => (all += bytes.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  // Exit code 2: the harness cannot run on this machine.
  const verdict = code === 0 ? 'passed' : code === 2 ? 'skipped' : 'failed'
  if (verdict !== 'passed') stderr.write(`${name} ${verdict} with exit code ${code}:\n${all.slice(-6000)}\n`)
  const seconds = (performance.now() - startedMs) / 1000
  return { name, verdict, seconds, figure: figureOf(output, figure) }
}

await runCommand('verify', async () => ((await main()) ? 0 : 1), messageOf)
