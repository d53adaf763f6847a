import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Task, TaskResult } from './task.ts'

/** Worker processes. Which of them runs a task does not affect its result. */
export interface Pool {
  /** Runs all tasks; `onResult` gets each result as it arrives. Rejects when a process fails. */
  runAll(tasks: Iterable<Task>, onResult: (result: TaskResult, task: Task) => void): Promise<void>
  close(): void
}

/** Starts the workers: processes rather than threads, because they inherit the TypeScript loader. */
export function createPool(size: number): Pool {
  const worker = fileURLToPath(new URL('worker.ts', import.meta.url))
  const workers = Array.from({ length: size }, () => fork(worker))

  return {
    async runAll(tasks, onResult) {
      const waiting = tasks[Symbol.iterator]()
      await Promise.all(
        workers.map(async (one) => {
          const failed = once(one, 'exit').then(() => {
            throw new Error('A simulation worker exited before its task was done.')
          })
          for (let next = waiting.next(); !next.done; next = waiting.next()) {
            one.send(next.value)
            const [result] = (await Promise.race([once(one, 'message'), failed])) as [TaskResult]
            onResult(result, next.value)
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
