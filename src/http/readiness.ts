import { asUssdError } from '../engine/errors.ts'

/** Resolves with the reason why turns cannot be served, or `undefined`. A rejection counts as a reason. */
export type ReadinessCheck = () => Promise<string | undefined>

export interface ReadinessOptions {
  /** By name, in order of priority. */
  readonly checks: Readonly<Record<string, ReadinessCheck>>
  /** The interval of the rounds, 1000 by default. A check that still runs is not started again. */
  readonly intervalMs?: number
  /** A check that takes longer counts as failed, 2000 by default. */
  readonly timeoutMs?: number
  /** Called when the process becomes ready or unready, and when the reason changes. */
  readonly onChange?: (reason: string | undefined) => void
}

/** The readiness of this process. Checks run on a timer, not per request. */
export interface Readiness {
  /** The first reason of the last round; `undefined` when every check passed. */
  reason(): string | undefined
  /** Runs the checks now and then on the timer. Resolves after the first round. */
  start(): Promise<void>
  /** Stops the checks. From now on the process is not ready, because it is stopping. */
  stop(): void
}

/** Creates the readiness. It is not ready before the first round. The timer does not keep the process alive. */
export function createReadiness(options: ReadinessOptions): Readiness {
  const { checks, intervalMs = 1000, timeoutMs = 2000, onChange = () => {} } = options
  const pending = new Set(Object.keys(checks))
  const reasons = new Map<string, string | undefined>(
    [...pending].map((name) => [name, `${name} is not checked yet`]),
  )
  const running = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let reported: string | undefined
  let isStopped = false
  const firstReason = () => [...reasons.values()].find((reason) => reason !== undefined)

  function settle(name: string, reason: string | undefined): void {
    reasons.set(name, reason)
    pending.delete(name)
    if (isStopped || pending.size > 0 || firstReason() === reported) return
    reported = firstReason()
    onChange(reported)
  }

  /** Resolves when the check settles or times out. */
  function run(name: string, check: ReadinessCheck): Promise<void> {
    if (running.has(name)) return Promise.resolve()
    running.add(name)
    return new Promise((resolve) => {
      const timeout = setTimeout(() => {
        settle(name, `${name} does not answer within ${timeoutMs} ms`)
        resolve()
      }, timeoutMs)
      timeout.unref()
      void check()
        .catch((error: unknown) => asUssdError(error).message)
        .then((reason) => {
          clearTimeout(timeout)
          running.delete(name)
          settle(name, reason)
          resolve()
        })
    })
  }

  const refresh = async () => {
    await Promise.all(Object.entries(checks).map(([name, check]) => run(name, check)))
  }

  return {
    reason: () => (isStopped ? 'the gateway is stopping' : firstReason()),

    start() {
      timer ??= setInterval(() => void refresh(), intervalMs)
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
