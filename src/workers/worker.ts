import cluster from 'node:cluster'
import { isMessage } from './messages.ts'
import type { StopSignal, ToPrimary, ToWorker } from './messages.ts'

/** The link of a worker to its primary process. */
export interface WorkerLink {
  /** From 1. A worker that replaces another one has its number. */
  readonly worker: number
  /** True in the worker that serves the simulated phones. */
  readonly servesSimulator: boolean
  /** The loopback port of the worker that serves the simulated phones; undefined while it restarts. */
  simulatorPort(): number | undefined
  /** Returns the metrics of all workers. */
  metrics(): Promise<string>
  /** Reports that this worker accepts requests. */
  reportListening(simulatorPort: number | undefined): void
  /** Registers the handler of a stop, and calls it if the primary has already asked for one. Only one handler is kept. */
  onStop(handle: (signal: StopSignal) => void): void
}

/** Connects to the primary process. Resolves to `undefined` in a process that is not a worker. */
export function connectToPrimary(): Promise<WorkerLink | undefined> {
  if (!cluster.isWorker) return Promise.resolve(undefined)
  const send = (message: ToPrimary) => void process.send?.(message)
  const requests = new Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>()
  let requestNumber = 0
  let port: number | undefined
  let handleStop: ((signal: StopSignal) => void) | undefined
  let stoppedBy: StopSignal | undefined

  return new Promise((resolve) => {
    process.on('message', (received: unknown) => {
      if (!isMessage(received)) return
      const message = received as ToWorker
      switch (message.kind) {
        case 'welcome':
          return resolve(linkOf(message))
        case 'simulator':
          port = message.port
          return
        case 'metrics': {
          const { request, text, error } = message
          const waiting = requests.get(request)
          requests.delete(request)
          return text === undefined ? waiting?.reject(new Error(error)) : waiting?.resolve(text)
        }
        case 'stop':
          // It may come before the handler is registered.
          stoppedBy = message.signal
          return handleStop?.(message.signal)
      }
    })
    send({ kind: 'hello' })
  })

  function linkOf({ worker, simulator }: ToWorker & { readonly kind: 'welcome' }): WorkerLink {
    return {
      worker,
      servesSimulator: simulator,
      simulatorPort: () => port,
      metrics: () =>
        new Promise((resolve, reject) => {
          requests.set(++requestNumber, { resolve, reject })
          send({ kind: 'metrics', request: requestNumber })
        }),
      reportListening: (simulatorPort) => send({ kind: 'listening', simulatorPort }),
      onStop(handle) {
        handleStop = handle
        if (stoppedBy) handle(stoppedBy)
      },
    }
  }
}
