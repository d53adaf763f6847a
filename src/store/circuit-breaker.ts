import { UssdError, asUssdError } from '../engine/errors.ts'
import { processClock } from '../gateway/clock.ts'
import type { Clock } from '../gateway/clock.ts'
import type { Store } from '../gateway/ports.ts'

/** The circuit of a node opened or closed. `cause`: the last fault before it opened. `openMs`: how long it was open. */
export type CircuitEvent =
  | { readonly kind: 'opened'; readonly node: string; readonly cause: UssdError }
  | { readonly kind: 'closed'; readonly node: string; readonly openMs: number }

export interface CircuitBreakerOptions {
  readonly store: Store
  /** Maps a bucket to its node. If absent, the store is one node, and `ping` rejects while its circuit is open. */
  readonly nodeOf?: ((bucket: number) => string) | undefined
  readonly onChange: (event: CircuitEvent) => void
  /** Mean time between two probes, 250 by default. */
  readonly probeEveryMs?: number
  readonly clock?: Clock
  /** Returns 0 to 1: jitter for the probe interval. */
  readonly random?: () => number
}

export interface CircuitBreaker extends Store {
  /** The nodes whose circuit is open. */
  openNodes(): readonly string[]
}

/** A circuit opens after this many consecutive failures … */
const FAILURE_THRESHOLD = 5
/** … that span at least this long: a connection that recovers within this time never opens the circuit. */
const SILENCE_THRESHOLD_MS = 300
/** The name of the only node of a store that is not a cluster. */
const ONLY_NODE = 'redis'

interface Circuit {
  failures: number
  /** Start of the current silence: the first failed command was sent, or the last reply came if that was later. */
  silentSinceMs: number
  lastReplyMs: number
  /** Set while the circuit is open. */
  open: { readonly sinceMs: number; readonly cause: UssdError; cancelProbe: () => void } | undefined
}

/**
 * Wraps a store with one circuit breaker per node (decision 0034).
 *
 * An open circuit rejects with USSD_STORE_CIRCUIT_OPEN at once and sends nothing. Only USSD_STORE_UNAVAILABLE counts as a
 * failure: a refused write, a conflict, a late commit and a corrupt record are replies. A probe loads the bucket that failed,
 * so it follows the bucket to a new master after a failover. Probes do not keep the process alive.
 */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { store, nodeOf } = options
  const circuits = createCircuits(options)
  const { run } = circuits

  return {
    load: (bucket, names) => run(bucket, () => store.load(bucket, names)),
    commit: (commit) => run(commit.bucket, () => store.commit(commit)),
    ensureReplicated: (bucket, records) => run(bucket, () => store.ensureReplicated(bucket, records)),
    readJournal: (bucket, after, limit) => run(bucket, () => store.readJournal(bucket, after, limit)),

    async ping() {
      // A cluster with one dead node still serves most turns.
      const open = nodeOf === undefined ? circuits.openCircuit(ONLY_NODE) : undefined
      if (open) throw circuitOpen(open.cause)
      await store.ping()
    },

    async close() {
      circuits.close()
      await store.close()
    },

    openNodes: circuits.openNodes,
  }
}

function createCircuits({
  store,
  nodeOf = () => ONLY_NODE,
  onChange,
  probeEveryMs = 250,
  clock = processClock,
  random = Math.random,
}: CircuitBreakerOptions) {
  const circuits = new Map<string, Circuit>()
  let isClosed = false

  function circuitOf(node: string): Circuit {
    const circuit = circuits.get(node) ?? { failures: 0, silentSinceMs: 0, lastReplyMs: 0, open: undefined }
    circuits.set(node, circuit)
    return circuit
  }

  async function run<T>(bucket: number, command: () => Promise<T>): Promise<T> {
    const node = nodeOf(bucket)
    const circuit = circuitOf(node)
    if (circuit.open) throw circuitOpen(circuit.open.cause)
    const sentMs = clock.nowMs()
    try {
      const reply = await command()
      recordReply(circuit)
      return reply
    } catch (error) {
      if (isUnavailable(error)) recordFailure({ node, circuit, bucket, sentMs, cause: error })
      else recordReply(circuit)
      throw error
    }
  }

  function recordReply(circuit: Circuit): void {
    circuit.failures = 0
    circuit.lastReplyMs = clock.nowMs()
  }

  function recordFailure(of: {
    readonly node: string
    readonly circuit: Circuit
    readonly bucket: number
    readonly sentMs: number
    readonly cause: UssdError
  }): void {
    const { node, circuit, cause } = of
    if (circuit.open || isClosed) return
    const nowMs = clock.nowMs()
    if (circuit.failures === 0) circuit.silentSinceMs = Math.max(of.sentMs, circuit.lastReplyMs)
    circuit.failures += 1
    if (circuit.failures < FAILURE_THRESHOLD || nowMs - circuit.silentSinceMs < SILENCE_THRESHOLD_MS) return
    circuit.open = { sinceMs: nowMs, cause, cancelProbe: () => {} }
    onChange({ kind: 'opened', node, cause })
    scheduleProbe(node, circuit, of.bucket)
  }

  function scheduleProbe(node: string, circuit: Circuit, bucket: number): void {
    const { open } = circuit
    if (!open || isClosed) return
    // Jitter: processes that lost the same store must not probe it in step.
    open.cancelProbe = clock.after(
      probeEveryMs * (0.8 + 0.4 * random()),
      () => void probe(node, circuit, bucket),
      'background',
    )
  }

  async function probe(node: string, circuit: Circuit, bucket: number): Promise<void> {
    const hasReplied = await store.load(bucket, ['probe']).then(
      () => true,
      (error: unknown) => !isUnavailable(error),
    )
    if (!hasReplied || !circuit.open) return scheduleProbe(node, circuit, bucket)
    const openMs = clock.nowMs() - circuit.open.sinceMs
    // Deleted, not reset: the node may have left its cluster.
    circuits.delete(node)
    if (!isClosed) onChange({ kind: 'closed', node, openMs })
  }

  return {
    run,
    openCircuit: (node: string) => circuits.get(node)?.open,
    openNodes: () => [...circuits].filter(([, { open }]) => open !== undefined).map(([node]) => node),
    close(): void {
      isClosed = true
      for (const { open } of circuits.values()) open?.cancelProbe()
    },
  }
}

const isUnavailable = (error: unknown): error is UssdError =>
  error instanceof UssdError && error.code === 'USSD_STORE_UNAVAILABLE'

const circuitOpen = (cause: UssdError) =>
  new UssdError('USSD_STORE_CIRCUIT_OPEN', { detail: asUssdError(cause).message, cause })
