import cluster from 'node:cluster'
import type { Worker } from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'
import type { Log } from '../log.ts'
import { isMessage } from './messages.ts'
import type { StopSignal, ToPrimary, ToWorker } from './messages.ts'

/** A worker that crashes at once is not started in a tight loop. */
const RESTART_DELAY_MS = 1000

export interface Primary {
  /** Resolves with the exit code once every worker has ended. */
  readonly ended: Promise<0 | 1>
  /** Asks every worker to end, as the signal would. */
  stop(signal: StopSignal): void
  /** Ends every worker at once. */
  kill(): void
}

interface Slot {
  readonly number: number
  worker: Worker | undefined
  hasListened: boolean
}

/**
 * Starts workers that share one port, and replaces those that end unexpectedly. The first one starts alone, so that a
 * misconfiguration is reported once; if it never listens, the others are not started. It also serves the simulated phones.
 */
export function startPrimary(options: { readonly workers: number; readonly log: Log }): Primary {
  const pool = new WorkerPool(options)
  pool.startNext()
  return pool
}

class WorkerPool implements Primary {
  readonly ended: Promise<0 | 1>
  readonly #options: { readonly workers: number; readonly log: Log }
  readonly #metrics = new AggregatorRegistry()
  readonly #slots: Slot[] = []
  #stoppedBy: StopSignal | undefined
  #exitCode: 0 | 1 = 0
  #simulatorPort: number | undefined
  #finish: (code: 0 | 1) => void = () => {}

  constructor(options: { readonly workers: number; readonly log: Log }) {
    this.#options = options
    this.ended = new Promise((resolve) => (this.#finish = resolve))
  }

  /** Starts a further worker. */
  startNext(): void {
    const slot: Slot = { number: this.#slots.length + 1, worker: undefined, hasListened: false }
    this.#slots.push(slot)
    this.#start(slot)
  }

  stop(signal: StopSignal): void {
    this.#stoppedBy = signal
    this.#broadcast({ kind: 'stop', signal })
    this.#finishIfEmpty()
  }

  kill(): void {
    for (const { worker } of this.#slots) worker?.process.kill('SIGKILL')
  }

  #start(slot: Slot): void {
    const worker = (slot.worker = cluster.fork())
    const { pid } = worker.process
    this.#options.log.event('worker.started', { worker: slot.number, ...(pid !== undefined && { pid }) })
    worker.on('message', (message: unknown) => {
      if (isMessage(message)) this.#receive(slot, worker, message as ToPrimary)
    })
    // Its channel has closed; `exit` follows.
    worker.on('error', () => {})
    worker.on('exit', (code, signal) => this.#whenEnded(slot, code, signal))
  }

  #receive(slot: Slot, worker: Worker, message: ToPrimary): void {
    switch (message.kind) {
      case 'hello':
        send(worker, { kind: 'welcome', worker: slot.number, simulator: slot.number === 1 })
        send(worker, { kind: 'simulator', port: this.#simulatorPort })
        // A worker hears nothing before its first message.
        if (this.#stoppedBy !== undefined) send(worker, { kind: 'stop', signal: this.#stoppedBy })
        return
      case 'listening':
        slot.hasListened = true
        if (slot.number !== 1) return
        this.#simulatorPort = message.simulatorPort
        this.#broadcast({ kind: 'simulator', port: this.#simulatorPort })
        while (this.#slots.length < this.#options.workers && this.#stoppedBy === undefined) this.startNext()
        return
      case 'metrics': {
        const { request } = message
        void this.#metrics.clusterMetrics().then(
          (text) => send(worker, { kind: 'metrics', request, text }),
          (error: unknown) => send(worker, { kind: 'metrics', request, error: String(error) }),
        )
      }
    }
  }

  #whenEnded(slot: Slot, code: number | null, signal: string | null): void {
    slot.worker = undefined
    if (slot.number === 1) this.#simulatorPort = undefined
    if (this.#stoppedBy !== undefined || !slot.hasListened) {
      if (code !== 0) this.#exitCode = 1
      if (this.#stoppedBy === undefined) this.stop('SIGTERM')
      this.#finishIfEmpty()
      return
    }
    this.#options.log.warning('worker.exited', {
      worker: slot.number,
      ...(code !== null && { code }),
      ...(signal !== null && { signal }),
    })
    setTimeout(() => {
      if (this.#stoppedBy === undefined) this.#start(slot)
    }, RESTART_DELAY_MS)
  }

  #broadcast(message: ToWorker): void {
    for (const { worker } of this.#slots) send(worker, message)
  }

  #finishIfEmpty(): void {
    if (this.#slots.every(({ worker }) => worker === undefined)) this.#finish(this.#exitCode)
  }
}

function send(worker: Worker | undefined, message: ToWorker): void {
  if (worker?.isConnected()) worker.send(message)
}
