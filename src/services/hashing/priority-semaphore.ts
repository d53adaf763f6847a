import { UssdError } from '../../engine/errors.ts'

/** A queue of a semaphore, first in, first out. */
export interface Lane {
  /** The jobs running now, of all lanes. */
  readonly running: number
  /** The jobs queued in this lane. */
  readonly waiting: number
  /**
   * Runs a job when there is capacity. Rejects with USSD_BUSY, at once, when the queue is full or the expected wait too long.
   * Rejects with USSD_TURN_TIMED_OUT when the signal is aborted before the job starts; a started job runs to its end.
   */
  run<T>(job: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>
}

export interface LaneBounds {
  readonly maxQueued: number
  /**
   * The longest expected wait, `Infinity` by default. It does not apply to the first `parallel` queued jobs: otherwise a
   * machine measured as slow would never be measured again.
   */
  readonly maxWaitMs?: number
}

export interface PrioritySemaphore {
  /** Adds a lane with a lower priority than the lanes added before: its jobs run when those are empty. */
  lane(bounds: LaneBounds): Lane
}

/** The weight of the last job in the moving average: about five jobs show that a machine has become slow. */
const SMOOTHING = 0.2

/** Creates a semaphore that runs `parallel` jobs at once, over all its lanes. `nowMs` only measures durations. */
export function createPrioritySemaphore(
  parallel: number,
  nowMs = () => performance.now(),
): PrioritySemaphore {
  const queues: (() => void)[][] = []
  let running = 0
  /** Moving average of the job duration; 0 before the first job is done. */
  let jobMs = 0

  async function acquire(
    queue: (() => void)[],
    { maxQueued, maxWaitMs }: Required<LaneBounds>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (signal?.aborted) throw timedOut()
    if (running < parallel) {
      running += 1
      return
    }
    const ahead = queues.slice(0, queues.indexOf(queue) + 1).reduce((sum, { length }) => sum + length, 0)
    const expectedWaitMs = ((ahead + 1) * jobMs) / parallel
    const isTooLong = ahead >= parallel && expectedWaitMs > maxWaitMs
    if (queue.length >= maxQueued || isTooLong) throw new UssdError('USSD_BUSY', { detail: 'hashing' })
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal?.removeEventListener('abort', abandon)
        resolve()
      }
      const abandon = () => {
        queue.splice(queue.indexOf(start), 1)
        reject(timedOut())
      }
      signal?.addEventListener('abort', abandon, { once: true })
      queue.push(start)
    })
  }

  function release(): void {
    // Hand the permit directly to the next job: a released permit could go to a newcomer.
    const next = queues.find((queue) => queue.length > 0)?.shift()
    if (next) next()
    else running -= 1
  }

  return {
    lane({ maxQueued, maxWaitMs = Infinity }) {
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
          await acquire(queue, { maxQueued, maxWaitMs }, signal)
          const startedMs = nowMs()
          try {
            return await job()
          } finally {
            jobMs += (jobMs === 0 ? 1 : SMOOTHING) * (nowMs() - startedMs - jobMs)
            release()
          }
        },
      }
    },
  }
}

const timedOut = () => new UssdError('USSD_TURN_TIMED_OUT', { detail: 'hashing' })
