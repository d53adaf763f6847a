import { fork } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Memory in bytes, after garbage collection. */
export interface Memory {
  readonly rss: number
  readonly heapUsed: number
}

/** A gateway in a child process. */
export interface Child {
  readonly url: string
  memory(): Promise<Memory>
  /** True when the process has exited. */
  hasEnded(): boolean
  stop(): Promise<void>
  /** Kills it with SIGKILL. */
  kill(): Promise<void>
}

/** Starts a gateway. Its stdout and stderr, including unintended output, go to `logFile`. */
export async function startChild(env: Readonly<Record<string, string>>, logFile: string): Promise<Child> {
  const log = openSync(logFile, 'a')
  const child = fork(fileURLToPath(new URL('gateway.ts', import.meta.url)), [], {
    env,
    execArgv: ['--expose-gc', '--import', 'tsx'],
    stdio: ['ignore', log, log, 'ipc'],
  })
  const ended = once(child, 'exit')
  const failed = ended.then(() => {
    throw new Error(`The gateway exited. Its log is ${logFile}.`)
  })
  failed.catch(() => {})
  const nextMessage = <T>() =>
    Promise.race([once(child, 'message') as Promise<[T]>, failed]).then(([message]) => message)
  const { url } = await nextMessage<{ url: string }>()
  return {
    url,
    memory() {
      const memory = nextMessage<Memory>()
      child.send('memory')
      return memory
    },
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      if (child.connected) child.send('stop')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(timer)
    },
  }
}
