import { UssdError } from '../engine/errors.ts'

/**
 * Runs one job at a time for each key, in the order of arrival. It reduces conflicts between turns of one subscriber in this
 * process. Correctness never depends on it, because other processes have their own queues (decision 0003). Rejects with
 * `USSD_BUSY` at once when the queue of a key is full.
 */
export interface Queue {
  run<T>(key: string, job: () => Promise<T>): Promise<T>
}

/** @param maxWaiting jobs of one key that may wait behind the running one */
export function createQueue({ maxWaiting = Infinity }: { readonly maxWaiting?: number } = {}): Queue {
  const queues = new Map<string, { jobs: number; last: Promise<unknown> }>()
  return {
    run(key, job) {
      const queue = queues.get(key) ?? { jobs: 0, last: Promise.resolve() }
      if (queue.jobs > maxWaiting)
        return Promise.reject(new UssdError('USSD_BUSY', { detail: 'too many turns of one subscriber' }))
      const result = queue.jobs > 0 ? queue.last.then(job, job) : job()
      queue.jobs += 1
      queue.last = result
      queues.set(key, queue)
      const leave = () => {
        queue.jobs -= 1
        if (queue.jobs === 0) queues.delete(key)
      }
      result.then(leave, leave)
      return result
    },
  }
}
