import { asUssdError } from '../engine/errors.ts'

/** Returns a sentence when turns cannot be taken, `undefined` when they can. A rejection counts as a reason. */
export type ReadinessCheck = () => Promise<string | undefined>

export interface ReadinessOptions {
  /** By name, in the order in which their reasons are reported. */
  readonly checks: Readonly<Record<string, ReadinessCheck>>
  /** The interval between two rounds, 1000 by default. A check that is under way is not started again. */
  readonly intervalMs?: number
  /** A check that takes longer than this is a reason itself, 2000 by default. */
  readonly timeoutMs?: number
  /** Called when the process becomes ready or unready, and when the reason changes. */
  readonly onChange?: (reason: string | undefined) => void
}

/** Whether this process can take turns, from checks that run by a timer and not by request. */
export interface Readiness {
  /** The first reason not to be ready, as of the last round; `undefined` when every check passed. */
  reason(): string | undefined
  /** Runs the checks now, and from then on by the timer. Resolves after the first round. */
  start(): Promise<void>
  /** Stops the checks. From now on the process is not ready, because it is stopping. */
  stop(): void
}

/** Creates a readiness that is not ready until its first round is over. The timer does not keep the process alive. */
export function createReadiness(options: ReadinessOptions): Readiness {
  const { checks, intervalMs: everyMs = 1000, timeoutMs: withinMs = 2000, onChange = () => {} } = options
  const pending = new Set(Object.keys(checks))
  const reasons = new Map<string, string | undefined>(
    [...pending].map((name) => [name, `${name} is not checked yet`]),
  )
  const underWay = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let reported: string | undefined
  let isStopped = false
  const found = () => [...reasons.values()].find((reason) => reason !== undefined)

  function settle(name: string, reason: string | undefined): void {
    reasons.set(name, reason)
    pending.delete(name)
    if (isStopped || pending.size > 0 || found() === reported) return
    reported = found()
    onChange(reported)
  }

  /** Resolves when the check has settled, or is late. */
  function run(name: string, check: ReadinessCheck): Promise<void> {
    if (underWay.has(name)) return Promise.resolve()
    underWay.add(name)
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        settle(name, `${name} does not answer within ${withinMs} ms`)
        resolve()
      }, withinMs)
      late.unref()
      void check()
        .catch((error: unknown) => asUssdError(error).message)
        .then((reason) => {
          clearTimeout(late)
          underWay.delete(name)
          settle(name, reason)
          resolve()
        })
    })
  }

  const refresh = async () => {
    await Promise.all(Object.entries(checks).map(([name, check]) => run(name, check)))
  }

  return {
    reason: () => (isStopped ? 'the gateway is stopping' : found()),

    start() {
      timer ??= setInterval(() => void refresh(), everyMs)
      timer.unref()
      return refresh()
    },

    stop() {
      isStopped = true
      clearInterval(timer)
      timer = undefined
    },
  }
}
