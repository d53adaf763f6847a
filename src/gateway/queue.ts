import { UssdError } from '../engine/errors.ts'

/**
 * One job at a time for each key, in the order of arrival. It only spares the store conflicts between turns of one subscriber
 * in one process; correctness never rests on it, because other processes have queues of their own (decision 0003).
 * Rejects with USSD_BUSY, at once, when as many jobs of that key wait as may.
 */
export interface Queue {
  run<T>(key: string, job: () => Promise<T>): Promise<T>
}

/** @param mostWaiting how many jobs of one key may wait behind the one that runs */
export function createQueue({
  maxWaiting: mostWaiting = Infinity,
}: { readonly maxWaiting?: number } = {}): Queue {
  const lines = new Map<string, { jobs: number; last: Promise<unknown> }>()
  return {
    run(key, job) {
      const line = lines.get(key) ?? { jobs: 0, last: Promise.resolve() }
      if (line.jobs > mostWaiting)
        return Promise.reject(new UssdError('USSD_BUSY', { detail: 'one subscriber' }))
      const mine = line.jobs > 0 ? line.last.then(job, job) : job()
      line.jobs += 1
      line.last = mine
      lines.set(key, line)
      const leave = () => {
        line.jobs -= 1
        if (line.jobs === 0) lines.delete(key)
      }
      mine.then(leave, leave)
      return mine
    },
  }
}
