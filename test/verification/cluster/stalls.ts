import { setTimeout as pause } from 'node:timers/promises'

/** A PING that takes longer shows a stall: a quarter of the command timeout of a gateway. */
const STALL_MS = 100
const PROBE_EVERY_MS = 50
/** A process that used more than this share of a processor was busy itself, which is no stall of the machine. */
const OWN_SHARE = 0.8

/** Times (`performance.now()`) at which a busy machine delayed healthy servers or this process. */
export interface Stalls {
  /** Returns the length of all stalls that overlap a period. */
  during(fromMs: number, toMs: number): number
  stop(): Promise<void>
}

/**
 * Pings servers that no fault touches until stopped. Other programs on the machine can delay both the servers and this process;
 * a gateway that shares them then times out although it isolates the fault.
 */
export function watchStalls(pings: readonly (() => Promise<unknown>)[]): Stalls {
  const stalls: { readonly fromMs: number; readonly toMs: number }[] = []
  let isStopped = false
  const watching = (async () => {
    while (!isStopped) {
      const [fromMs, cpu] = [performance.now(), process.cpuUsage()]
      await Promise.all(pings.map((ping) => ping().catch(() => undefined)))
      const toMs = performance.now()
      const { user, system } = process.cpuUsage(cpu)
      const isBusyItself = (user + system) / 1000 > OWN_SHARE * (toMs - fromMs)
      if (toMs - fromMs > STALL_MS && !isBusyItself) stalls.push({ fromMs, toMs })
      await pause(PROBE_EVERY_MS)
    }
  })()
  return {
    during: (fromMs, toMs) =>
      stalls
        .filter((stall) => stall.fromMs <= toMs && stall.toMs >= fromMs)
        .reduce((sum, stall) => sum + stall.toMs - stall.fromMs, 0),
    async stop() {
      isStopped = true
      await watching
    },
  }
}
