/**
 * One job at a time for each key, in the order of arrival. It only spares the store conflicts between turns of one subscriber
 * in one process; correctness never rests on it, because other processes have queues of their own (decision 0003).
 */
export interface Queue {
  run<T>(key: string, job: () => Promise<T>): Promise<T>
}

export function createQueue(): Queue {
  const last = new Map<string, Promise<unknown>>()
  return {
    run(key, job) {
      const before = last.get(key)
      const mine = before ? before.then(job, job) : job()
      last.set(key, mine)
      const leave = () => {
        if (last.get(key) === mine) last.delete(key)
      }
      mine.then(leave, leave)
      return mine
    },
  }
}
