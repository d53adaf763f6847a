/** The messages between the primary process and its workers, beside those of `node:cluster` and `prom-client`. */

export type StopSignal = 'SIGTERM' | 'SIGINT'

/** From the primary to a worker. */
export type ToWorker =
  /** Sent once, first. `simulator`: this worker serves the simulated phones. */
  | { readonly kind: 'welcome'; readonly worker: number; readonly simulator: boolean }
  /** The address of the worker that serves the simulated phones; undefined while there is none. */
  | { readonly kind: 'simulator'; readonly port: number | undefined }
  | { readonly kind: 'metrics'; readonly request: number; readonly text?: string; readonly error?: string }
  | { readonly kind: 'stop'; readonly signal: StopSignal }

/** From a worker to the primary. */
export type ToPrimary =
  | { readonly kind: 'hello' }
  /** The worker accepts requests. `simulatorPort`: the loopback port of its simulated phones. */
  | { readonly kind: 'listening'; readonly simulatorPort: number | undefined }
  | { readonly kind: 'metrics'; readonly request: number }

/** True for a message of this protocol. `node:cluster` and `prom-client` send theirs over the same channel. */
export const isMessage = (message: unknown): message is { readonly kind: string } =>
  typeof message === 'object' && message !== null && 'kind' in message && typeof message.kind === 'string'
