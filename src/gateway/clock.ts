/**
 * The gateway's own time: spans, and what happens after one. What time it is for a turn the store alone says
 * (decision 0003). A port, so that a simulation decides when time passes (decision 0032).
 */
export interface Clock {
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  nowMs(): number
  /** Calls once `ms` have passed. What it returns cancels that, also when it is too late. */
  after(ms: number, call: () => void): () => void
}

/** The time of this process. */
export const processClock: Clock = {
  nowMs: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
