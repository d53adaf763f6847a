/**
 * The clock of the process, for durations and timers. The time of a turn comes from the store alone (decision 0003). It is a
 * port, so that a simulation controls time (decision 0032).
 */
export interface Clock {
  /** Milliseconds on a monotonic clock; only differences are meaningful. */
  nowMs(): number
  /**
   * Calls `call` after `ms`. Returns a function that cancels the call, and does nothing after it. A `background` call does not
   * keep the process alive.
   */
  after(ms: number, call: () => void, kind?: 'background'): () => void
}

/** The monotonic clock and timers of Node. */
export const processClock: Clock = {
  nowMs: () => performance.now(),
  after(ms, call, kind) {
    const timer = setTimeout(call, ms)
    if (kind === 'background') timer.unref()
    return () => clearTimeout(timer)
  },
}
