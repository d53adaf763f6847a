/** The gateways of a run: each dies often and is replaced at once. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Random } from '../../support/random.ts'
import { crashPoints } from './crash-points.ts'
import type { CrashPoint } from './crash-points.ts'

/** What a warm gateway is told. */
export interface ToGateway {
  readonly redisUrl: string
  /** Of its own, in the place of an environment. */
  readonly settings: Readonly<Record<string, string>>
  readonly seed: number
  /** How many were started before it: each dies by chances of its own. */
  readonly generation: number
  /** At each point, from 0 to 1. */
  readonly crashRate: number
  readonly commit: 'ours' | 'naive'
  readonly hashing: 'argon2' | 'quick'
}

export type ToHarness = { readonly kind: 'warm' } | { readonly kind: 'listening'; readonly url: string }

export interface Gateways {
  /** One that listens, by chance; `not` is only taken where there is no other. Undefined while none does. */
  pick(random: Random, not?: string): string | undefined
  /** SIGKILL, at whatever it is doing. */
  killOne(random: Random): void
  /** How often one died, and where; `random` is what `killOne` did. */
  readonly kills: Readonly<Record<CrashPoint | 'random', number>>
  /** What gateways said that ended by themselves, which none may. */
  readonly ended: readonly string[]
  close(): Promise<void>
}

/** Starting takes a second, most of it for loading the code: so many are kept loaded. */
const SPARES = 2

/**
 * Starts as many as there are addresses of Redis (each has a way of its own), and replaces whichever dies. `died` hears of every death. `program` is what is started.
 */
export async function startGateways(options: {
  readonly program: string
  readonly redisUrls: readonly string[]
  readonly told: Omit<ToGateway, 'redisUrl' | 'generation'>
  readonly died: (where: string) => void
}): Promise<Gateways> {
  const { program, redisUrls, told, died } = options
  const kills: Record<CrashPoint | 'random', number> = {
    'before-load': 0,
    'after-load': 0,
    'before-commit': 0,
    'in-commit': 0,
    'after-commit': 0,
    'before-answer': 0,
    random: 0,
  }
  const ended: string[] = []
  const urls = new Map<ChildProcess, string>()
  const all = new Set<ChildProcess>()
  const spares: Promise<ChildProcess>[] = []
  let generation = 0
  let isClosing = false

  function warm(): Promise<ChildProcess> {
    const child = fork(program, [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
    })
    all.add(child)
    let [out, err] = ['', '']
    child.stdout?.on('data', (bytes: Buffer) => (out += bytes.toString()))
    child.stderr?.on('data', (bytes: Buffer) => (err = (err + bytes.toString()).slice(-2000)))
    child.once('close', (code, signal) => {
      all.delete(child)
      urls.delete(child)
      if (isClosing) return
      const point = crashPoints.find((one) => out === one)
      if (signal !== 'SIGKILL') ended.push(`a gateway ended with ${code ?? signal}: ${err.trim()}`)
      else kills[point ?? 'random'] += 1
      died(point ?? (signal === 'SIGKILL' ? 'at random' : 'by itself'))
    })
    return new Promise((resolve) => {
      child.once('message', () => resolve(child))
      child.once('close', () => resolve(child))
    })
  }

  async function fill(redisUrl: string): Promise<void> {
    while (!isClosing) {
      const child = await (spares.shift() ?? warm())
      while (spares.length < SPARES && !isClosing) spares.push(warm())
      if (!child.connected) continue
      const gone = new Promise<void>((resolve) => void child.once('close', () => resolve()))
      child.once('message', (message: ToHarness) => {
        if (message.kind === 'listening') urls.set(child, message.url)
      })
      child.send({ ...told, redisUrl, generation: generation++ } satisfies ToGateway, () => undefined)
      await gone
    }
  }

  const places = redisUrls.map(fill)
  while (urls.size < redisUrls.length && ended.length === 0)
    await new Promise((resolve) => void setTimeout(resolve, 20))
  const close = async () => {
    isClosing = true
    const gone = [...all].map((child) => new Promise((resolve) => child.once('close', resolve)))
    for (const child of all) child.kill('SIGKILL')
    await Promise.all([...gone, ...places])
  }
  if (ended.length > 0) {
    await close()
    throw new Error(`no gateway starts: ${ended[0]}`)
  }

  return {
    kills,
    ended,
    pick(random, not) {
      const up = [...urls.values()]
      const others = up.length > 1 ? up.filter((url) => url !== not) : up
      return others[Math.floor(random.fraction() * others.length)]
    },
    killOne(random) {
      const up = [...urls.keys()]
      up[Math.floor(random.fraction() * up.length)]?.kill('SIGKILL')
    },
    close,
  }
}
