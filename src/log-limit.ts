/**
 * Rate limits log lines of the same kind, so that a fault repeated thousands of times a second cannot fill the disk.
 * The first lines of a kind are logged at once, then one a second with the number suppressed.
 */
const BURST = 10
const INTERVAL_MS = 1000

export interface LogLimit {
  /**
   * Calls `log` now, or at the end of the interval if the burst of this kind is used up. Only the last line of an interval is
   * logged; `suppressed` is the number of the others.
   */
  pass(kind: string, log: (suppressed: number) => void): void
  /** Logs the lines that wait for the end of the interval. */
  flush(): void
}

interface Kind {
  /** Lines that may still be logged at once. */
  burst: number
  /** The last line of this interval, and the number of those before it. */
  waiting?: { readonly log: (suppressed: number) => void; readonly suppressed: number } | undefined
}

export function createLogLimit(): LogLimit {
  const kinds = new Map<string, Kind>()
  let timer: NodeJS.Timeout | undefined

  function logWaiting(kind: Kind): void {
    const { waiting } = kind
    kind.waiting = undefined
    waiting?.log(waiting.suppressed)
  }

  function endInterval(): void {
    for (const [name, kind] of kinds) {
      if (kind.waiting) logWaiting(kind)
      else if (++kind.burst >= BURST) kinds.delete(name)
    }
    timer = kinds.size > 0 ? startInterval() : undefined
  }

  const startInterval = () => setTimeout(endInterval, INTERVAL_MS).unref()

  return {
    pass(name, log) {
      const kind = kinds.get(name) ?? { burst: BURST }
      kinds.set(name, kind)
      timer ??= startInterval()
      if (kind.waiting) kind.waiting = { log, suppressed: kind.waiting.suppressed + 1 }
      else if (kind.burst === 0) kind.waiting = { log, suppressed: 0 }
      else {
        kind.burst -= 1
        log(0)
      }
    },
    flush() {
      for (const kind of kinds.values()) logWaiting(kind)
    },
  }
}
