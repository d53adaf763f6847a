/** Reports what a server process uses. Runs inside that process; the harness asks over IPC. */
import { PerformanceObserver } from 'node:perf_hooks'

/** Totals since the start of a process. CPU time covers all its threads. */
export interface Usage {
  readonly cpuUs: number
  readonly gcMs: number
  readonly residentBytes: number
}

export type ToServer = 'usage'
export type FromServer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'usage'; readonly usage: Usage }

/** Answers every `usage` message. Neither the probe nor its channel keeps the process alive. */
export function startProbe(send: (message: FromServer) => void): void {
  let gcMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMs += duration
  })
  observer.observe({ entryTypes: ['gc'] })
  process.on('message', (message) => {
    if (message !== 'usage') return
    const { user, system } = process.cpuUsage()
    // The observer is called after the current callback.
    setImmediate(() => {
      send({ kind: 'usage', usage: { cpuUs: user + system, gcMs, residentBytes: process.memoryUsage.rss() } })
    })
  })
  process.channel?.unref()
}
