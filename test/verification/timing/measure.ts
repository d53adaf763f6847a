import project from '../../../menus/index.ts'
import { PassThrough } from 'node:stream'
import { startApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { withCleanup } from '../../support/cleanup.ts'
import { median } from '../../support/harness.ts'
import type { Verdict } from '../../support/harness.ts'
import type { Random } from '../../../src/simulator/random.ts'
import { startRedisServer } from '../../support/redis/redis-server.ts'
import { groups, prepareAttempts } from './attempts.ts'
import type { Kind } from './attempts.ts'
import { applyCondition } from './conditions.ts'
import type { Condition } from './conditions.ts'

const WARM_UP_ROUNDS = 12

export interface Goals {
  /** The medians of all kinds may differ by this share of the smallest. */
  readonly medianSpread: number
  /** The largest allowed distance between the right secret and any other kind, 0 to 1. */
  readonly ksDistance: number
}

/** Response times in milliseconds, and the distinct answers, of each kind of attempt. */
type Measurement = ReadonlyMap<Kind, { readonly times: number[]; readonly answers: Set<string> }>

/** Measures every group of attempts against a new gateway and Redis in one condition. */
export function measure(
  condition: Condition,
  options: {
    readonly goals: Goals
    readonly samples: number
    readonly random: Random
    readonly print: (...lines: string[]) => void
    readonly progress: (line: string) => void
  },
): Promise<readonly Verdict[]> {
  const { goals, samples, random, print, progress } = options
  return withCleanup(async (defer) => {
    const server = await startRedisServer()
    defer(() => server.stop())
    const env = {
      PORT: '0',
      REDIS_URL: server.url,
      SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
      LOG_LEVEL: 'silent',
    }
    const app = startApp(loadConfig(env), project, { logStream: new PassThrough().resume() })
    defer(() => app.close('immediate'))
    const { url } = await app.listen()
    const attempts = await prepareAttempts(app.subscribers, condition.writes)
    await applyCondition(condition, server)

    const verdicts: Verdict[] = []
    for (const [group, kinds] of Object.entries(groups)) {
      const name = `${condition.name}, ${group}`
      const measured: Measurement = new Map(kinds.map((kind) => [kind, { times: [], answers: new Set() }]))
      for (let round = -WARM_UP_ROUNDS; round < samples; round++) {
        for (const kind of shuffle<Kind>(kinds, random)) {
          const { path, body } = await attempts[kind](round + WARM_UP_ROUNDS)
          const { ms, answer } = await send(url + path, body)
          if (round < 0) continue
          measured.get(kind)?.times.push(ms)
          measured.get(kind)?.answers.add(answer)
        }
        if (round % 100 === 0) progress(`${name}: ${round} of ${samples}`)
      }
      const [lines, judged] = judge(name, condition, goals, measured)
      print(...lines)
      verdicts.push(...judged)
    }
    return verdicts
  })
}

async function send(url: string, body: object): Promise<{ readonly ms: number; readonly answer: string }> {
  const startedMs = performance.now()
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  const ms = performance.now() - startedMs
  return { ms, answer: response.status < 300 ? 'done' : `${response.status} ${text}` }
}

/** Returns one line for each kind, and the verdicts. */
function judge(
  name: string,
  { writes }: Condition,
  goals: Goals,
  measured: Measurement,
): readonly [lines: readonly string[], verdicts: readonly Verdict[]] {
  const [right] = [...measured.values()]
  const rows = [...measured].map(([kind, { times, answers }]) => ({
    kind,
    answers,
    median: median(times),
    distance: ksDistance(right?.times ?? [], times),
  }))
  const medians = rows.map((row) => row.median)
  const spread = Math.max(...medians) / Math.min(...medians) - 1
  const distance = Math.max(...rows.map((row) => row.distance))
  // While Redis rejects writes, the right secret is rejected as well.
  const rejected = writes === 'accepted' ? rows.slice(1) : rows
  const rejections = new Set(rejected.flatMap(({ answers }) => [...answers]))
  const lines = rows.map(
    (row) =>
      `${name}, ${row.kind}: median ${row.median.toFixed(2)} ms, ` +
      `${(row.median / Math.min(...medians)).toFixed(3)} times the smallest; distance ${row.distance.toFixed(3)}`,
  )
  const verdicts = [
    {
      holds: spread <= goals.medianSpread,
      message: `${name}: medians differ by ${(spread * 100).toFixed(1)} %, at most ${goals.medianSpread * 100}`,
    },
    {
      holds: distance <= goals.ksDistance,
      message: `${name}: distance from the right secret ${distance.toFixed(3)}, at most ${goals.ksDistance}`,
    },
    {
      holds: rejections.size === 1,
      message: `${name}: ${rejections.size} different rejections, exactly 1 required`,
    },
  ]
  return [lines, verdicts]
}

const shuffle = <T>(all: readonly T[], random: Random): readonly T[] =>
  all
    .map((one) => [random(), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one)

/** The two-sample Kolmogorov-Smirnov statistic: the largest distance between the two empirical distributions, 0 to 1. */
function ksDistance(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [one.toSorted((x, y) => x - y), other.toSorted((x, y) => x - y)]
  let [i, j, max] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    const at = Math.min(a[i] ?? Infinity, b[j] ?? Infinity)
    while (i < a.length && (a[i] ?? Infinity) <= at) i++
    while (j < b.length && (b[j] ?? Infinity) <= at) j++
    max = Math.max(max, Math.abs(i / a.length - j / b.length))
  }
  return max
}
