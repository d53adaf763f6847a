import { randomAt } from '../../support/random.ts'

/** Virtual time: only scheduled events happen, in an order that the seed decides. */
export interface Timeline {
  readonly nowMs: number
  /** The number of events so far. */
  readonly events: number
  /**
   * Schedules an event, not before now, and returns a function that cancels it. Events at the same time have a random order.
   * `run` returns `woke` when it woke a gateway, whose promises must settle before the next event.
   */
  at(atMs: number, run: Run): () => void
  /** Runs the next event; returns `undefined` when there is none. */
  next(): ReturnType<Run> | undefined
}

export type Run = () => 'woke' | 'quiet'

interface Entry {
  readonly atMs: number
  readonly rank: number
  readonly run: Run
}

export function createTimeline(seed: number): Timeline {
  /** Sorted, next event last. A schedule has a few dozen at a time. */
  const queue: Entry[] = []
  let [nowMs, placed, events] = [0, 0, 0]

  return {
    get nowMs() {
      return nowMs
    },
    get events() {
      return events
    },
    at(atMs, run) {
      const entry = { atMs: Math.max(nowMs, Math.ceil(atMs)), rank: randomAt(seed, placed++), run }
      const isBefore = (other: Entry) =>
        entry.atMs === other.atMs ? entry.rank < other.rank : entry.atMs < other.atMs
      queue.splice(queue.findLastIndex(isBefore) + 1, 0, entry)
      return () => {
        const at = queue.indexOf(entry)
        if (at >= 0) queue.splice(at, 1)
      }
    },
    next() {
      const entry = queue.pop()
      if (!entry) return undefined
      nowMs = entry.atMs
      events += 1
      return entry.run()
    },
  }
}
