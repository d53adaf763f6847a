import { UssdError } from '../../engine/errors.ts'

/** A way through a gate: some may wait in it, first come first served. */
export interface Lane {
  /** How many jobs run now, of all lanes, and how many wait in this one. */
  readonly running: number
  readonly waiting: number
  /**
   * Runs a job when there is a place. Rejects with USSD_BUSY, at once, when too many wait or it would wait too long, and with
   * USSD_TURN_TIMED_OUT when the signal is aborted before there is a place; a job that has begun runs to its end.
   */
  run<T>(job: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>
}

export interface PrioritySemaphore {
  /**
   * Another lane, behind those that were made before: its jobs run when nobody waits in them. At most so many wait, and none
   * that is expected to wait longer, in milliseconds, than `withinMs`: what would come too late only keeps others waiting. One
   * for each that runs may wait in any case, or a machine that has write slow would never be found to be quick again.
   */
  lane(bounds: { readonly most: number; readonly withinMs?: number }): Lane
}

/** How much the last job counts against those before: a machine that grows slow is known after some five jobs. */
const SMOOTHING = 0.2

/** Lets `parallel` jobs run at once, of all its lanes. `nowMs` only measures how long they take. */
export function createPrioritySemaphore(
  parallel: number,
  nowMs = () => performance.now(),
): PrioritySemaphore {
  const queues: (() => void)[][] = []
  let running = 0
  /** What a job takes, of late; nothing before the first is done. */
  let jobMs = 0

  async function enter(
    queue: (() => void)[],
    { most, withinMs }: { readonly most: number; readonly withinMs: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (signal?.aborted) throw timedOut()
    if (running < parallel) {
      running += 1
      return
    }
    const inFront = queues.slice(0, queues.indexOf(queue) + 1).reduce((sum, { length }) => sum + length, 0)
    const waitMs = ((inFront + 1) * jobMs) / parallel
    const wouldBeLate = inFront >= parallel && waitMs > withinMs
    if (queue.length >= most || wouldBeLate) throw new UssdError('USSD_BUSY', { detail: 'hashing' })
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        queue.splice(queue.indexOf(start), 1)
        reject(timedOut())
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
    lane({ most, withinMs = Infinity }) {
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
          await enter(queue, { most, withinMs }, signal)
          const begunMs = nowMs()
          try {
            return await job()
          } finally {
            jobMs += (jobMs === 0 ? 1 : SMOOTHING) * (nowMs() - begunMs - jobMs)
            leave()
          }
        },
      }
    },
  }
}

const timedOut = () => new UssdError('USSD_TURN_TIMED_OUT', { detail: 'hashing' })
