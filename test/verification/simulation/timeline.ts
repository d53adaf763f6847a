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
  run: Run | undefined
}

const isBefore = (a: Entry, b: Entry) => a.atMs < b.atMs || (a.atMs === b.atMs && a.rank < b.rank)

export function createTimeline(seed: number): Timeline {
  const heap: Entry[] = []
  let nowMs = 0
  let placed = 0
  let events = 0

  function push(entry: Entry): void {
    let at = heap.push(entry) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above] as Entry
      if (!isBefore(entry, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = entry
  }

  function pop(): Entry | undefined {
    const first = heap[0]
    const last = heap.pop()
    if (!first || !last || heap.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Entry, heap[below] as Entry)) below += 1
      const child = heap[below] as Entry
      if (!isBefore(child, last)) break
      heap[at] = child
      at = below
    }
    heap[at] = last
    return first
  }

  return {
    get nowMs() {
      return nowMs
    },
    get events() {
      return events
    },
    at(atMs, run) {
      const entry: Entry = { atMs: Math.max(nowMs, Math.ceil(atMs)), rank: randomAt(seed, placed++), run }
      push(entry)
      return () => (entry.run = undefined)
    },
    next() {
      for (let entry = pop(); entry; entry = pop()) {
        if (!entry.run) continue
        nowMs = entry.atMs
        events += 1
        return entry.run()
      }
      return undefined
    },
  }
}
