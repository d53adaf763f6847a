import { randomAt } from '../../support/random.ts'

/** An event. Returns `woke` when it woke a gateway, whose promises must settle before the next event. */
export type Run = () => 'woke' | 'quiet'

interface Entry {
  readonly atMs: number
  readonly rank: number
  readonly run: Run
}

/** Virtual time: only scheduled events happen, in an order that the seed decides. */
export class Timeline {
  readonly #seed: number
  /** Sorted, next event last. A schedule has a few dozen at a time. */
  readonly #queue: Entry[] = []
  #placed = 0
  nowMs = 0
  /** The number of events so far. */
  events = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Schedules an event, not before now, and returns a function that cancels it. Events at the same time have a random order. */
  at(atMs: number, run: Run): () => void {
    const rank = randomAt(this.#seed, this.#placed++)
    const entry = { atMs: Math.max(this.nowMs, Math.ceil(atMs)), rank, run }
    const isBefore = (other: Entry) =>
      entry.atMs === other.atMs ? entry.rank < other.rank : entry.atMs < other.atMs
    this.#queue.splice(this.#queue.findLastIndex(isBefore) + 1, 0, entry)
    return () => {
      const index = this.#queue.indexOf(entry)
      if (index >= 0) this.#queue.splice(index, 1)
    }
  }

  /** Runs the next event; returns `undefined` when there is none. */
  next(): ReturnType<Run> | undefined {
    const entry = this.#queue.pop()
    if (!entry) return undefined
    this.nowMs = entry.atMs
    this.events += 1
    return entry.run()
  }
}
