import { fork } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Bytes, after all garbage was collected. */
export interface Memory {
  readonly rss: number
  readonly heapUsed: number
}

/** A gateway in another process. */
export interface Child {
  readonly url: string
  memory(): Promise<Memory>
  /** Whether it has ended of itself. */
  hasEnded(): boolean
  stop(): Promise<void>
  /** As a crash does. */
  kill(): Promise<void>
}

/** @param logFile where everything goes that it says, also what it did not mean to say */
export async function startChild(env: Readonly<Record<string, string>>, logFile: string): Promise<Child> {
  const log = openSync(logFile, 'a')
  const child = fork(fileURLToPath(new URL('gateway.ts', import.meta.url)), [], {
    env,
    execArgv: ['--expose-gc', '--import', 'tsx'],
    stdio: ['ignore', log, log, 'ipc'],
  })
  const ended = once(child, 'exit')
  const failed = ended.then(() => {
    throw new Error(`the gateway ended; its log is ${logFile}`)
  })
  failed.catch(() => {})
  const heard = <T>() => Promise.race([once(child, 'message') as Promise<[T]>, failed]).then(([said]) => said)
  const { url } = await heard<{ url: string }>()
  return {
    url,
    memory() {
      const said = heard<Memory>()
      child.send('memory')
      return said
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
