import { AggregatorRegistry, Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { TurnReport } from './gateway/gateway.ts'
import type { Admission } from './gateway/admission.ts'
import type { Log } from './log.ts'
import type { Hashing } from './services/hashing/hashing.ts'
import type { CircuitBreaker } from './store/circuit-breaker.ts'

/** Prometheus metrics. Labels are dialects, menus, outcomes and codes; never a phone number or a session. */
export interface Metrics {
  turn(report: TurnReport): void
  /** Counts a callback rejected by admission control. */
  shed(dialect: string): void
  /** Counts a callback whose connection closed before its body was complete. */
  aborted(dialect: string): void
  readonly contentType: string
  text(): Promise<string>
  /** Makes the metrics available to the primary process, which adds up those of all workers. */
  share(): void
}

/** Components whose state is read whenever the metrics are. */
interface Observed {
  readonly turns: Hashing
  readonly registrations: Hashing
  readonly requests: Hashing
  readonly breaker: CircuitBreaker
  readonly admission: Admission
  readonly log: Pick<Log, 'dropped'>
}

export function createMetrics(observed: Observed): Metrics {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]
  collectDefaultMetrics({ register: registry })
  const turns = new Counter({
    name: 'ussd_turns_total',
    help: 'Turns answered, by dialect, menu and outcome',
    labelNames: ['dialect', 'menu', 'outcome'],
    registers,
  })
  const seconds = new Histogram({
    name: 'ussd_turn_seconds',
    help: 'Time from the parsed callback to its answer',
    labelNames: ['dialect'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
    registers,
  })
  const retries = new Counter({
    name: 'ussd_turn_retries_total',
    help: 'Retries of turns after a version conflict',
    registers,
  })
  const faults = new Counter({
    name: 'ussd_faults_total',
    help: 'Failed turns, by error code (docs/reference/errors.md)',
    labelNames: ['code'],
    registers,
  })
  registerObserved(observed, registers)
  const aborted = new Counter({
    name: 'ussd_callbacks_aborted_total',
    help: 'Callbacks whose connection closed before the body was complete, by dialect',
    labelNames: ['dialect'],
    registers,
  })
  return {
    aborted: (dialect) => aborted.inc({ dialect }),
    shed(dialect) {
      turns.inc({ dialect, menu: '', outcome: 'busy' })
      faults.inc({ code: 'USSD_BUSY' })
    },
    turn({ dialect, menu, outcome, ms, tries, fault }) {
      turns.inc({ dialect, menu: menu ?? '', outcome })
      seconds.observe({ dialect }, ms / 1000)
      if (tries > 1) retries.inc(tries - 1)
      if (fault) faults.inc({ code: fault })
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
    share() {
      AggregatorRegistry.setRegistries(registry)
      // Constructing one makes a worker answer the primary.
      void new AggregatorRegistry()
    },
  }
}

/** Registers the metrics that are read from components. */
function registerObserved(
  { turns, registrations, requests, breaker, admission, log }: Observed,
  registers: Registry[],
): void {
  new Gauge({
    name: 'ussd_hashes',
    help: 'Hashes of secrets: running, and waiting for turns, registrations or requests',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'running' }, turns.running)
      this.set({ state: 'turns waiting' }, turns.waiting)
      this.set({ state: 'registrations waiting' }, registrations.waiting)
      this.set({ state: 'requests waiting' }, requests.waiting)
    },
  })
  new Gauge({
    name: 'ussd_turns_in_flight',
    help: 'Turns in flight; at MAX_TURNS_IN_FLIGHT the gateway sheds load',
    registers,
    collect() {
      this.set(admission.inFlight)
    },
  })
  new Gauge({
    name: 'ussd_store_nodes_away',
    help: 'Store nodes whose circuit is open',
    registers,
    collect() {
      this.set(breaker.openNodes().length)
    },
  })
  new Counter({
    name: 'ussd_log_lines_dropped_total',
    help: 'Log lines dropped because standard output did not accept them',
    registers,
    collect() {
      this.reset()
      this.inc(log.dropped)
    },
  })
}
