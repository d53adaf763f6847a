import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Redis } from 'ioredis'
import { isMet } from './goals.ts'
import type { Goal, Measured } from './goals.ts'
import { ratiosOf, spreadOf, valuesOf } from './rounds.ts'
import type { Sample } from './rounds.ts'
import type { Variant } from './variants.ts'

/** Facts about the machine that figures depend on. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  readonly redis: string
  readonly packages: Readonly<Record<string, string>>
  readonly pinning: string
  /** The load average of one minute when the run started. The bench itself adds up to 2. */
  readonly loadAtStart: number
}

const PACKAGES = ['express', 'ioredis', 'xstate', 'zod', 'winston', 'ussd-menu-builder', 'ussd-builder']

const require = createRequire(import.meta.url)

export async function describeMachine(redis: Redis, pinning: string, loadAtStart: number): Promise<Machine> {
  const server = await redis.info('server')
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    redis: /^(?:valkey|redis)_version:(\S+)/m.exec(server)?.[1] ?? 'unknown',
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    pinning,
    loadAtStart,
  }
}

function versionOf(name: string): string {
  const [folder] = require.resolve.paths(name) ?? []
  const path = require.resolve(`${name}/package.json`, folder === undefined ? {} : { paths: [folder] })
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version
}

export const loadNow = (): number => loadavg()[0] ?? Number.NaN

const FIGURES = [
  'cpuUs',
  'turnsPerSecond',
  'p50Ms',
  'p99Ms',
  'gcMsPer1000',
  'redisCpuUs',
  'commands',
  'sent',
] as const satisfies readonly (keyof Sample)[]

/** The content of the result file. */
export function resultOf(
  measured: Measured,
  run: {
    readonly machine: Machine
    readonly variants: readonly Variant[]
    readonly goals: readonly Goal[]
    readonly startedAt: Date
    readonly seconds: number
    readonly loadAtEnd: number
  },
): object {
  const { rounds } = measured
  return {
    startedAt: run.startedAt.toISOString(),
    seconds: Math.round(run.seconds),
    rounds: rounds.length,
    machine: { ...run.machine, loadAtEnd: run.loadAtEnd },
    goals: run.goals.map((goal) => ({ ...goal, met: isMet(goal) })),
    variants: run.variants.map(({ name, title }) => ({
      name,
      title,
      toFloor2: spreadOf(ratiosOf(rounds, name, 'floor2')),
      ...Object.fromEntries(FIGURES.map((figure) => [figure, spreadOf(valuesOf(rounds, name, figure))])),
      turns: valuesOf(rounds, name, 'turns').reduce((sum, turns) => sum + turns, 0),
      errors: valuesOf(rounds, name, 'errors').reduce((sum, errors) => sum + errors, 0),
      cpuUsByRound: valuesOf(rounds, name, 'cpuUs').map((us) => Math.round(us * 10) / 10),
    })),
    sizes: measured.sizes,
    secretCommands: measured.secretCommands,
    passwords: measured.passwords,
  }
}
