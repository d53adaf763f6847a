import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Random } from '../../../src/simulator/random.ts'
import { crashPoints } from './crash-points.ts'
import type { CrashPoint } from './crash-points.ts'

/** The message that makes a loaded gateway listen. */
export interface ToGateway {
  readonly redisUrl: string
  /** Used instead of the environment. */
  readonly settings: Readonly<Record<string, string>>
  readonly seed: number
  /** The number of gateways started before; seeds its own crashes. */
  readonly generation: number
  /** The probability of a crash at each point, 0 to 1. */
  readonly crashRate: number
  readonly commit: 'shipped' | 'naive'
  readonly hashing: 'argon2' | 'quick'
}

export type ToHarness = { readonly kind: 'warm' } | { readonly kind: 'listening'; readonly url: string }

/** The running gateways. Each one that dies is replaced at once. */
export interface Gateways {
  /** Returns a random listening URL, avoiding `not` if there is another; undefined while none listens. */
  pick(random: Random, not?: string): string | undefined
  /** Kills a random gateway with SIGKILL. */
  killOne(random: Random): void
  /** Deaths by crash point; `random` counts `killOne`. */
  readonly kills: Readonly<Record<CrashPoint | 'random', number>>
  /** Error output of gateways that exited by themselves; none may. */
  readonly ended: readonly string[]
  close(): Promise<void>
}

/** Spare processes with loaded code: loading takes most of a second. */
const SPARES = 2

/**
 * Starts one gateway for each Redis URL and replaces each that dies. `onDeath` is called for every death.
 */
export async function startGateways(options: {
  readonly program: string
  readonly redisUrls: readonly string[]
  readonly message: Omit<ToGateway, 'redisUrl' | 'generation'>
  readonly onDeath: (where: string) => void
}): Promise<Gateways> {
  const { program, redisUrls, message, onDeath } = options
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
      if (signal !== 'SIGKILL') ended.push(`A gateway exited with ${code ?? signal}: ${err.trim()}`)
      else kills[point ?? 'random'] += 1
      onDeath(point ?? (signal === 'SIGKILL' ? 'at random' : 'by itself'))
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
      child.once('message', (answer: ToHarness) => {
        if (answer.kind === 'listening') urls.set(child, answer.url)
      })
      child.send({ ...message, redisUrl, generation: generation++ } satisfies ToGateway, () => undefined)
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
    throw new Error(`No gateway starts. ${ended[0]}`)
  }

  return {
    kills,
    ended,
    pick(random, not) {
      const up = [...urls.values()]
      const others = up.length > 1 ? up.filter((url) => url !== not) : up
      return others[Math.floor(random() * others.length)]
    },
    killOne(random) {
      const up = [...urls.keys()]
      up[Math.floor(random() * up.length)]?.kill('SIGKILL')
    },
    close,
  }
}
