import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Done, Task } from './task.ts'

/** Processes that carry tasks out; which of them does which makes no difference to what comes of it. */
export interface Pool {
  /** Carries all of them out; `heard` gets what came of each as it comes. Rejects when a process fails. */
  carryOut(tasks: Iterable<Task>, heard: (done: Done, task: Task) => void): Promise<void>
  close(): void
}

/** Processes and not threads: they load TypeScript as this one does. */
export function createPool(size: number): Pool {
  const worker = fileURLToPath(new URL('worker.ts', import.meta.url))
  const workers = Array.from({ length: size }, () => fork(worker))

  return {
    async carryOut(tasks, heard) {
      const waiting = tasks[Symbol.iterator]()
      await Promise.all(
        workers.map(async (one) => {
          const failed = once(one, 'exit').then(() => {
            throw new Error('a process of the simulation ended before its work was done')
          })
          for (let next = waiting.next(); !next.done; next = waiting.next()) {
            one.send(next.value)
            const [done] = (await Promise.race([once(one, 'message'), failed])) as [Done]
            heard(done, next.value)
          }
          failed.catch(() => {})
        }),
      )
    },
    close() {
      for (const one of workers) one.disconnect()
    },
  }
}
