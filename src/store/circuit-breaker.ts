import { UssdError, asUssdError } from '../engine/errors.ts'
import { processClock } from '../gateway/clock.ts'
import type { Clock } from '../gateway/clock.ts'
import type { Store } from '../gateway/ports.ts'

/** A node of the store is no longer asked, or is asked again. `cause`: the fault that was seen last. */
export type CircuitEvent =
  | { readonly kind: 'opened'; readonly node: string; readonly cause: UssdError }
  | { readonly kind: 'closed'; readonly node: string; readonly openMs: number }

export interface CircuitBreakerOptions {
  readonly store: Store
  /** Which node would be asked for a bucket. Without it there is one node, and the store is ready only while that is asked. */
  readonly nodeOf?: ((bucket: number) => string) | undefined
  readonly onChange: (news: CircuitEvent) => void
  /** Between two probes, on average; 250 by default. */
  readonly probeEveryMs?: number
  readonly clock?: Clock
  /** Spreads the probes of processes that lost the same store. */
  readonly random?: () => number
}

export interface CircuitBreaker extends Store {
  /** The nodes that are not asked now. */
  openNodes(): readonly string[]
}

/** So many commands in a row must go unanswered … */
const FAILURE_THRESHOLD = 5
/** … and for so long: a connection that broke and is back by then, as a rule it is, never breaks the circuit. */
const SILENCE_THRESHOLD_MS = 300
/** In a store of one node. */
const THE_NODE = 'redis'

interface Circuit {
  failures: number
  /** When the first command of those failures was sent. */
  silentSinceMs: number
  /** When a command was last answered. */
  answeredMs: number
  /** Set while it is broken. */
  broken: { readonly sinceMs: number; readonly cause: UssdError; cancelProbe: () => void } | undefined
}

/**
 * A store that is not asked while it is known not to answer: a circuit breaker for each of its nodes (decision 0034).
 *
 * A broken circuit rejects with USSD_STORE_CIRCUIT_OPEN, at once; nothing was sent. What counts is USSD_STORE_UNAVAILABLE alone: a
 * refusal, a conflict, a late commit and a corrupt record are answers. A probe is a load of the bucket that failed, so it
 * goes where that bucket's turns would go: to the successor, once a cluster has one. No timer keeps the process alive.
 */
export function createCircuitBreaker({
  store,
  nodeOf,
  onChange: changed,
  probeEveryMs = 250,
  clock = processClock,
  random = Math.random,
}: CircuitBreakerOptions): CircuitBreaker {
  const circuits = new Map<string, Circuit>()
  let isClosed = false

  function circuitOf(node: string): Circuit {
    const circuit = circuits.get(node) ?? { failures: 0, silentSinceMs: 0, answeredMs: 0, broken: undefined }
    circuits.set(node, circuit)
    return circuit
  }

  async function ask<T>(bucket: number, command: () => Promise<T>): Promise<T> {
    const node = nodeOf?.(bucket) ?? THE_NODE
    const circuit = circuitOf(node)
    if (circuit.broken) throw circuitOpen(circuit.broken.cause)
    const sentMs = clock.nowMs()
    try {
      const reply = await command()
      answered(circuit)
      return reply
    } catch (error) {
      if (isUnavailable(error)) unanswered(node, circuit, bucket, sentMs, error)
      else answered(circuit)
      throw error
    }
  }

  function answered(circuit: Circuit): void {
    circuit.failures = 0
    circuit.answeredMs = clock.nowMs()
  }

  function unanswered(
    node: string,
    circuit: Circuit,
    bucket: number,
    sentMs: number,
    cause: UssdError,
  ): void {
    if (circuit.broken || isClosed) return
    const nowMs = clock.nowMs()
    if (circuit.failures === 0) circuit.silentSinceMs = Math.max(sentMs, circuit.answeredMs)
    circuit.failures += 1
    if (circuit.failures < FAILURE_THRESHOLD || nowMs - circuit.silentSinceMs < SILENCE_THRESHOLD_MS) return
    circuit.broken = { sinceMs: nowMs, cause, cancelProbe: () => {} }
    changed({ kind: 'opened', node, cause })
    probeLater(node, circuit, bucket)
  }

  function probeLater(node: string, circuit: Circuit, bucket: number): void {
    const { broken } = circuit
    if (!broken || isClosed) return
    // Processes that lost the same store do not come back to it at the same moment.
    broken.cancelProbe = clock.after(
      probeEveryMs * (0.8 + 0.4 * random()),
      () => void probe(node, circuit, bucket),
      'background',
    )
  }

  async function probe(node: string, circuit: Circuit, bucket: number): Promise<void> {
    const isBack = await store.load(bucket, ['probe']).then(
      () => true,
      (error: unknown) => !isUnavailable(error),
    )
    if (!isBack || !circuit.broken) return probeLater(node, circuit, bucket)
    const openMs = clock.nowMs() - circuit.broken.sinceMs
    // It may be a node that has left its cluster.
    circuits.delete(node)
    if (!isClosed) changed({ kind: 'closed', node, openMs })
  }

  return {
    load: (bucket, names) => ask(bucket, () => store.load(bucket, names)),
    commit: (commit) => ask(commit.bucket, () => store.commit(commit)),
    ensureReplicated: (bucket, records) => ask(bucket, () => store.ensureReplicated(bucket, records)),
    readJournal: (bucket, after, limit) => ask(bucket, () => store.readJournal(bucket, after, limit)),

    async ping() {
      // A cluster without one of its nodes still takes most turns.
      const broken = nodeOf === undefined ? circuits.get(THE_NODE)?.broken : undefined
      if (broken) throw circuitOpen(broken.cause)
      await store.ping()
    },

    async close() {
      isClosed = true
      for (const { broken } of circuits.values()) broken?.cancelProbe()
      await store.close()
    },

    openNodes: () => [...circuits].filter(([, { broken }]) => broken !== undefined).map(([node]) => node),
  }
}

const isUnavailable = (error: unknown): error is UssdError =>
  error instanceof UssdError && error.code === 'USSD_STORE_UNAVAILABLE'

const circuitOpen = (cause: UssdError) =>
  new UssdError('USSD_STORE_CIRCUIT_OPEN', { detail: asUssdError(cause).message, cause })
