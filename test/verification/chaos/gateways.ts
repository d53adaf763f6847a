import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
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
  readonly crash: number
  readonly commit: 'shipped' | 'naive'
  readonly hashing: 'argon2' | 'quick'
}

export type ToHarness = { readonly kind: 'warm' } | { readonly kind: 'listening'; readonly url: string }

/** The running gateways. Each one that dies is replaced at once. */
export type Gateways = Awaited<ReturnType<typeof startGateways>>

/** Spare processes with loaded code: loading takes most of a second. */
const SPARES = 2
const POLL_MS = 20

interface GatewayOptions {
  readonly program: string
  readonly redisUrls: readonly string[]
  readonly message: Omit<ToGateway, 'redisUrl' | 'generation'>
  readonly onDeath: (where: string) => void
}

/** Starts one gateway for each Redis URL and replaces each that dies. Calls `onDeath` for every death. */
export async function startGateways(options: GatewayOptions) {
  const { redisUrls, message } = options
  const processes = createProcesses(options)
  const { urls, ended } = processes
  const spares: Promise<ChildProcess>[] = []
  let generation = 0

  /** Keeps one gateway running for a Redis URL. */
  async function supervise(redisUrl: string): Promise<void> {
    while (!processes.isClosing()) {
      const child = await (spares.shift() ?? processes.fork())
      while (spares.length < SPARES && !processes.isClosing()) spares.push(processes.fork())
      if (!child.connected) continue
      const closed = once(child, 'close')
      child.once('message', (answer: ToHarness) => {
        if (answer.kind === 'listening') urls.set(child, answer.url)
      })
      child.send({ ...message, redisUrl, generation: generation++ } satisfies ToGateway, () => undefined)
      await closed
    }
  }

  const supervisors = redisUrls.map(supervise)
  const close = async () => {
    await processes.close()
    await Promise.all(supervisors)
  }
  while (urls.size < redisUrls.length && ended.length === 0) await sleep(POLL_MS)
  if (ended.length > 0) {
    await close()
    throw new Error(`The gateway does not start. ${ended[0]}`)
  }

  return {
    /** Deaths by crash point; `random` counts `killOne`. */
    kills: processes.kills,
    /** Error output of gateways that exited by themselves; none may. */
    ended,
    /** Returns a random listening URL, avoiding `not` if there is another; undefined while none listens. */
    pick(random: Random, not?: string): string | undefined {
      const up = [...urls.values()]
      const others = up.length > 1 ? up.filter((url) => url !== not) : up
      return others.length === 0 ? undefined : random.pick(others)
    },
    /** Kills a random gateway with SIGKILL. */
    killOne(random: Random): void {
      if (urls.size > 0) random.pick([...urls.keys()]).kill('SIGKILL')
    },
    close,
  }
}

/** Forks gateway processes and records their deaths. */
function createProcesses({ program, onDeath }: GatewayOptions) {
  const counts = [...crashPoints, 'random' as const].map((point) => [point, 0] as const)
  const kills = Object.fromEntries(counts) as Record<CrashPoint | 'random', number>
  const ended: string[] = []
  /** Listening gateways. */
  const urls = new Map<ChildProcess, string>()
  const all = new Set<ChildProcess>()
  let isClosing = false

  return {
    kills,
    ended,
    urls,
    isClosing: () => isClosing,

    /** Resolves when the process has loaded its code or has exited. */
    fork(): Promise<ChildProcess> {
      const child = fork(program, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] })
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
    },

    async close() {
      isClosing = true
      const closed = [...all].map((child) => once(child, 'close'))
      for (const child of all) child.kill('SIGKILL')
      await Promise.all(closed)
    },
  }
}
