import { UssdError } from '../engine/errors.ts'

/** A way through a gate: so many may wait in it, first come first served. */
export interface Lane {
  /** How many jobs run now, of all lanes, and how many wait in this one. */
  readonly running: number
  readonly waiting: number
  /**
   * Runs a job when there is a place. Rejects with USSD_BUSY, at once, when the lane is full, and with USSD_TURN_TIMED_OUT when
   * the signal is aborted before there is one; a job that has begun runs to its end.
   */
  run<T>(job: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>
}

export interface Gate {
  /** Another lane, behind those that were made before: its jobs run when nobody waits in them. */
  lane(limit: number): Lane
}

/** Lets `parallel` jobs run at once, of all its lanes. */
export function createGate(parallel: number): Gate {
  const queues: (() => void)[][] = []
  let running = 0

  async function enter(queue: (() => void)[], limit: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw tooLate()
    if (running < parallel) {
      running += 1
      return
    }
    if (queue.length >= limit) throw new UssdError('USSD_BUSY', { detail: 'hashing' })
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        queue.splice(queue.indexOf(start), 1)
        reject(tooLate())
      }
      signal?.addEventListener('abort', leave, { once: true })
      queue.push(start)
    })
  }

  function leave(): void {
    // The place goes straight to the next in a queue: given back first, a newcomer could overtake.
    const next = queues.find((queue) => queue.length > 0)?.shift()
    if (next) next()
    else running -= 1
  }

  return {
    lane(limit) {
      const queue: (() => void)[] = []
      queues.push(queue)
      return {
        get running() {
          return running
        },
        get waiting() {
          return queue.length
        },
        async run(job, signal) {
          await enter(queue, limit, signal)
          try {
            return await job()
          } finally {
            leave()
          }
        },
      }
    },
  }
}

const tooLate = () => new UssdError('USSD_TURN_TIMED_OUT', { detail: 'hashing' })
