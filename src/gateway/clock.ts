/**
 * The gateway's own time: spans, and what happens after one. What time it is for a turn the store alone says
 * (decision 0003). A port, so that a simulation decides when time passes (decision 0032).
 */
export interface Clock {
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  nowMs(): number
  /**
   * Calls once `ms` have passed. The returned function cancels that, also when it is too late. A `background` call does not
   * keep the process alive.
   */
  after(ms: number, call: () => void, kind?: 'background'): () => void
}

/** The time of this process. */
export const processClock: Clock = {
  nowMs: () => performance.now(),
  after(ms, call, kind) {
    const timer = setTimeout(call, ms)
    if (kind === 'background') timer.unref()
    return () => clearTimeout(timer)
  },
}
