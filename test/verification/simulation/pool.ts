import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Task, TaskResult } from './task.ts'

/** Worker processes: unlike threads, they inherit the TypeScript loader. The result of a task does not depend on its worker. */
export class Pool {
  readonly #workers

  constructor(size: number) {
    const worker = fileURLToPath(new URL('worker.ts', import.meta.url))
    this.#workers = Array.from({ length: size }, () => fork(worker))
  }

  /** Runs all tasks; `onResult` gets each result as it arrives. Rejects when a process fails. */
  async runAll(tasks: Iterable<Task>, onResult: (result: TaskResult, task: Task) => void): Promise<void> {
    const waiting = tasks[Symbol.iterator]()
    await Promise.all(
      this.#workers.map(async (worker) => {
        const failed = once(worker, 'exit').then(() => {
          throw new Error('A simulation worker exited before its task was done.')
        })
        for (let next = waiting.next(); !next.done; next = waiting.next()) {
          worker.send(next.value)
          const [result] = (await Promise.race([once(worker, 'message'), failed])) as [TaskResult]
          onResult(result, next.value)
        }
        failed.catch(() => {})
      }),
    )
  }

  close(): void {
    for (const worker of this.#workers) worker.disconnect()
  }
}
