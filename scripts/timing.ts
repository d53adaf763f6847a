/** npm run timing: whether the time of a refusal tells why, over HTTP, on a real Redis. */
import { PassThrough } from 'node:stream'
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError } from 'commander'
import { compose } from '../src/compose.ts'
import { loadConfig } from '../src/config.ts'
import { messageOf, runCommand } from './command/run.ts'
import { createChance } from './fuzz/chance.ts'
import { startRedisServer } from './redis/redis-server.ts'
import { groups, prepare } from './timing/attempts.ts'

/** How far medians of refusals may lie apart: 5 % of the smallest. */
const WITHIN = 1.05

interface Given {
  readonly samples: number
  readonly seed: number
}

const wholeNumber = (least: number, most: number) => (value: string) => {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
}

const command = new Command('npm run timing --')
  .usage('[options]')
  .description(
    'Measures whether the time of a refusal tells why: logging in, and setting a password with PUK1.',
  )
  .option('--samples <number>', 'of each kind', wholeNumber(20, 10_000), 300)
  .option('--seed <number>', 'in which order they come', wholeNumber(0, 999_999), 1)
  .addHelpText(
    'after',
    `
Kinds come in an order drawn anew each round, so that what else the machine does falls on all of them alike. With fewer than
200 samples the medians move by more than what is looked for.

Exit code: 0 the medians of all refusals lie within 5 % and their answers are the same, 1 not, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

async function main(): Promise<boolean> {
  command.parse()
  const { samples, seed } = command.opts<Given>()
  const server = await startRedisServer()
  const gateway = compose(
    loadConfig({
      PORT: '0',
      REDIS_URL: server.url,
      SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
      LOG_LEVEL: 'silent',
    }),
    { logTo: new PassThrough().resume() },
  )
  try {
    const { url } = await gateway.listen()
    const attempts = await prepare(gateway.subscribers)
    const chance = createChance(seed)
    const checks: (readonly [boolean, string])[] = []
    for (const [name, kinds] of Object.entries(groups)) {
      const times = new Map(kinds.map((kind) => [kind, [] as number[]]))
      const answers = new Map<string, Set<string>>()
      for (let round = -10; round < samples; round++) {
        for (const kind of shuffled(kinds, (end) => chance.below(end))) {
          const { path, body } = await attempts[kind](round + 10)
          const beganAt = performance.now()
          const response = await fetch(url + path, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          })
          const text = await response.text()
          // The first rounds warm everything up.
          if (round >= 0) times.get(kind)?.push(performance.now() - beganAt)
          const told = response.status < 300 ? 'done' : `${response.status} ${text}`
          answers.set(kind, (answers.get(kind) ?? new Set()).add(told))
        }
        if (round % 50 === 0) stderr.write(`${name}: ${round} of ${samples}\n`)
      }
      const medians = kinds.map((kind) => [kind, quantile(times.get(kind) ?? [], 0.5)] as const)
      const least = Math.min(...medians.map(([, ms]) => ms))
      // A busy machine moves the medians; the quickest tenth it hardly touches.
      const quick = kinds.map((kind) => quantile(times.get(kind) ?? [], 0.1))
      for (const [at, [kind, ms]] of medians.entries()) {
        const tenth = ((quick[at] ?? 0) / Math.min(...quick)).toFixed(3)
        const median = `median ${ms.toFixed(2)} ms, ${(ms / least).toFixed(3)} of the least`
        stdout.write(`${name}, ${kind}: ${median}; quickest tenth ${tenth}\n`)
      }
      const ratio = Math.max(...medians.map(([, ms]) => ms)) / least
      const refusals = new Set(
        kinds.filter((kind) => kind !== 'right').flatMap((kind) => [...(answers.get(kind) ?? [])]),
      )
      checks.push(
        [ratio <= WITHIN, `${name}: medians lie within ${((ratio - 1) * 100).toFixed(1)} %, at most 5`],
        [refusals.size === 1, `${name}: ${refusals.size} different answers to refusals, one is right`],
      )
    }
    for (const [holds, sentence] of checks) stdout.write(`${holds ? '✓' : '✗'} ${sentence}\n`)
    const failed = checks.filter(([holds]) => !holds).length
    stdout.write(`${checks.length - failed} passed, ${failed} failed\n`)
    return failed === 0
  } finally {
    await gateway.close('now')
    await server.stop()
  }
}

const shuffled = <T>(all: readonly T[], below: (end: number) => number): readonly T[] =>
  all
    .map((one) => [below(1e9), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one)

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN

await runCommand('timing', async () => ((await main()) ? 0 : 1), messageOf)
