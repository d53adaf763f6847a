/** npm run timing: measures over HTTP, on a real Redis, whether the time of an answer tells why it was given. */
import { PassThrough } from 'node:stream'
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import { startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { messageOf, runCommand } from '../../src/cli/command.ts'
import { createRandom } from '../support/random.ts'
import { startRedisServer } from '../support/redis/redis-server.ts'
import { groups, prepare } from './timing/attempts.ts'
import type { Kind } from './timing/attempts.ts'
import { bringAbout, conditions } from './timing/conditions.ts'
import type { Condition } from './timing/conditions.ts'
import { ksDistance, quantile } from './timing/statistics.ts'

/** Medians may lie this far apart: 5 % of the smallest. */
const WITHIN = 1.05
/** Distance between the right secret and every other kind. */
const KS_AT_MOST = 0.08
const WARM_UP = 12

interface Given {
  readonly samples: number
  readonly seed: number
  readonly condition?: Condition['name']
}

const wholeNumber = (least: number, most: number) => (value: string) => {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
}

const command = new Command('npm run timing --')
  .usage('[options]')
  .description(
    'Measures whether the time of an answer tells why it was given: logging in, and setting a password with PUK1.',
  )
  .option('--samples <number>', 'of each kind', wholeNumber(20, 10_000), 1000)
  .option('--seed <number>', 'in which order they come', wholeNumber(0, 999_999), 1)
  .addOption(
    new Option('--condition <name>', 'one state of Redis only').choices(conditions.map(({ name }) => name)),
  )
  .addHelpText(
    'after',
    `
Measured in normal operation and while Redis refuses writes (OOM, NOREPLICAS, READONLY). Kinds come in an order drawn anew
each round, so that what else the machine does falls on all of them alike. With fewer than 1000 samples chance alone moves
the figures by more than the goals.

Goals: medians within 5 %, and a Kolmogorov-Smirnov distance of at most 0.08 between the right secret and every other kind.
Exit code: 0 every goal was reached, 1 one was not, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

interface Verdict {
  readonly holds: boolean
  readonly sentence: string
}

async function main(): Promise<boolean> {
  command.parse()
  const { samples, seed, condition } = command.opts<Given>()
  const verdicts: Verdict[] = []
  for (const one of conditions) {
    if (condition === undefined || condition === one.name)
      verdicts.push(...(await measure(one, { samples, seed })))
  }
  for (const { holds, sentence } of verdicts) stdout.write(`${holds ? '✓' : '✗'} ${sentence}\n`)
  const failed = verdicts.filter(({ holds }) => !holds).length
  stdout.write(`${verdicts.length - failed} passed, ${failed} failed\n`)
  return failed === 0
}

async function measure(
  condition: Condition,
  { samples, seed }: { readonly samples: number; readonly seed: number },
): Promise<readonly Verdict[]> {
  const server = await startRedisServer()
  const gateway = startApp(
    loadConfig({
      PORT: '0',
      REDIS_URL: server.url,
      SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
      LOG_LEVEL: 'silent',
    }),
    { logStream: new PassThrough().resume() },
  )
  try {
    const { url } = await gateway.listen()
    const counts = condition.kind === 'writing' ? 'every attempt' : 'none'
    const attempts = await prepare(gateway.subscribers, counts)
    await bringAbout(condition, server)
    const random = createRandom(seed)
    const verdicts: Verdict[] = []
    for (const [group, kinds] of Object.entries(groups)) {
      const times = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]))
      const answers = new Map<Kind, Set<string>>(kinds.map((kind) => [kind, new Set<string>()]))
      for (let round = -WARM_UP; round < samples; round++) {
        for (const kind of shuffled<Kind>(kinds, (end) => random.below(end))) {
          const { path, body } = await attempts[kind](round + WARM_UP)
          const { ms, answer } = await send(url + path, body)
          if (round < 0) continue
          times.get(kind)?.push(ms)
          answers.get(kind)?.add(answer)
        }
        if (round % 100 === 0) stderr.write(`${condition.name}, ${group}: ${round} of ${samples}\n`)
      }
      verdicts.push(...judge(`${condition.name}, ${group}`, condition, { kinds, times, answers }))
    }
    return verdicts
  } finally {
    await gateway.close('immediate')
    await server.stop()
  }
}

async function send(url: string, body: object): Promise<{ readonly ms: number; readonly answer: string }> {
  const beganAt = performance.now()
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  const ms = performance.now() - beganAt
  return { ms, answer: response.status < 300 ? 'done' : `${response.status} ${text}` }
}

function judge(
  what: string,
  condition: Condition,
  measured: {
    readonly kinds: readonly Kind[]
    readonly times: ReadonlyMap<Kind, readonly number[]>
    readonly answers: ReadonlyMap<Kind, ReadonlySet<string>>
  },
): readonly Verdict[] {
  const { kinds, times, answers } = measured
  const timesOf = (kind: Kind) => times.get(kind) ?? []
  const [right, ...others] = kinds as [Kind, ...Kind[]]
  const medians = kinds.map((kind) => quantile(timesOf(kind), 0.5))
  const least = Math.min(...medians)
  for (const [at, kind] of kinds.entries()) {
    const median = medians[at] ?? Number.NaN
    const distance = ksDistance(timesOf(right), timesOf(kind)).toFixed(3)
    const ratio = (median / least).toFixed(3)
    stdout.write(
      `${what}, ${kind}: median ${median.toFixed(2)} ms, ${ratio} of the least; distance ${distance}\n`,
    )
  }
  const spread = (Math.max(...medians) / least - 1) * 100
  const distance = Math.max(...others.map((kind) => ksDistance(timesOf(right), timesOf(kind))))
  // While Redis refuses writes, the right secret is refused as well.
  const refused = condition.kind === 'refusing' ? kinds : others
  const sentences = new Set(refused.flatMap((kind) => [...(answers.get(kind) ?? [])]))
  return [
    {
      holds: spread <= (WITHIN - 1) * 100,
      sentence: `${what}: medians within ${spread.toFixed(1)} %, at most 5`,
    },
    {
      holds: distance <= KS_AT_MOST,
      sentence: `${what}: distance from the right secret ${distance.toFixed(3)}, at most ${KS_AT_MOST}`,
    },
    { holds: sentences.size === 1, sentence: `${what}: ${sentences.size} different refusals, one is right` },
  ]
}

const shuffled = <T>(all: readonly T[], below: (end: number) => number): readonly T[] =>
  all
    .map((one) => [below(1e9), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one)

await runCommand('timing', async () => ((await main()) ? 0 : 1), messageOf)
