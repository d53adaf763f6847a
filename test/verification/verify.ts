/** `npm run verify`: the short form of every harness, one after another, and the tests of the harnesses themselves. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Argument } from 'commander'
import { defineCommand, messageOf, print } from '../../src/cli/command.ts'
import { findCompiler } from '../support/compiler.ts'
import { progress } from '../support/harness.ts'
import { findRedisBinary } from '../support/redis/redis-binary.ts'
import { figureOf, harnesses, tableOf, verdictOf } from './verify/harnesses.ts'
import type { Harness, Result } from './verify/harnesses.ts'

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
  const printed = figureOf(output, figure)
  const verdict = verdictOf(code, printed)
  if (verdict !== 'passed') progress(`${name} ${verdict} with exit code ${code}:\n${all.slice(-6000)}`)
  const seconds = (performance.now() - startedMs) / 1000
  return { name, verdict, seconds, figure: printed }
}

const command = defineCommand({
  name: 'verify',
  program: 'npm run',
  usage: '[names…]',
  summary: 'Runs the short form of every harness and prints one figure for each.',
  configure: (command) =>
    command.addArgument(
      new Argument('[names...]', 'harnesses to run (default: all)').choices(
        harnesses.map(({ name }) => name),
      ),
    ),
  details: `Takes about 12 minutes on two cores. Each harness has its own command with longer runs: test/verification/README.md.`,
  exitCodes: { 0: 'all passed or skipped', 1: 'one failed' },
  messageOf,
  async run(_options, names) {
    await findRedisBinary({ install: 'allowed' })
    // Only the power cut needs a compiler; without one, it is skipped.
    await findCompiler().catch((error: unknown) => progress(messageOf(error)))
    const results: Result[] = []
    for (const harness of harnesses) {
      if (names.length > 0 && !names.includes(harness.name)) continue
      const result = await runHarness(harness)
      results.push(result)
      print(`${result.verdict} ${result.name}: ${result.figure}`)
    }
    print(...tableOf(results))
    return results.every(({ verdict }) => verdict !== 'failed') ? 0 : 1
  },
})
await command.run(process.argv.slice(2))
