/** A task of a pool. Tasks that share a key run one after another. */
export interface Task<T> {
  readonly keys: readonly string[]
  run(): Promise<T>
}

/** Runs at most `jobs` tasks at once. `report` receives every result, in the order of the tasks. */
export async function runAll<T>(
  tasks: readonly Task<T>[],
  jobs: number,
  report: (result: T, at: number) => void,
): Promise<readonly T[]> {
  const results = new Map<number, T>()
  const busyKeys = new Set<string>()
  const waiting = new Set(tasks.keys())
  const running = new Set<Promise<void>>()
  let reported = 0

  const runTask = async (at: number, task: Task<T>) => {
    results.set(at, await task.run())
    for (const key of task.keys) busyKeys.delete(key)
    for (; results.has(reported); reported++) report(results.get(reported) as T, reported)
  }
  const start = (at: number, task: Task<T>) => {
    waiting.delete(at)
    for (const key of task.keys) busyKeys.add(key)
    const done = runTask(at, task).finally(() => running.delete(done))
    running.add(done)
  }

  while (waiting.size > 0 || running.size > 0) {
    for (const at of waiting) {
      if (running.size >= jobs) break
      const task = tasks[at]
      if (task && !task.keys.some((key) => busyKeys.has(key))) start(at, task)
    }
    await Promise.race(running)
  }
  return tasks.map((_, at) => results.get(at) as T)
}
