/** A task of a pool; those that share a key are carried out one after another. */
export interface Task<T> {
  readonly keys: readonly string[]
  run(): Promise<T>
}

/** Carries tasks out side by side, at most `jobs` at once; `heard` gets every outcome in the order of the tasks. */
export async function runAll<T>(
  tasks: readonly Task<T>[],
  jobs: number,
  heard: (outcome: T, at: number) => void,
): Promise<readonly T[]> {
  const outcomes = new Map<number, T>()
  const busy = new Set<string>()
  const waiting = new Set(tasks.keys())
  const running = new Set<Promise<void>>()
  let told = 0

  const carryOut = async (at: number, task: Task<T>) => {
    outcomes.set(at, await task.run())
    for (const key of task.keys) busy.delete(key)
    for (; outcomes.has(told); told++) heard(outcomes.get(told) as T, told)
  }
  const start = (at: number, task: Task<T>) => {
    waiting.delete(at)
    for (const key of task.keys) busy.add(key)
    const done = carryOut(at, task).finally(() => running.delete(done))
    running.add(done)
  }

  while (waiting.size > 0 || running.size > 0) {
    for (const at of waiting) {
      if (running.size >= jobs) break
      const task = tasks[at]
      if (task && !task.keys.some((key) => busy.has(key))) start(at, task)
    }
    await Promise.race(running)
  }
  return tasks.map((_, at) => outcomes.get(at) as T)
}
