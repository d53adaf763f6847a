import { UssdError } from '../../../src/engine/errors.ts'
import type { Commit, Store } from '../../../src/gateway/ports.ts'
import { randomAt } from '../../support/random.ts'
import { totalMs } from './client.ts'
import type { Delivery } from './delivery.ts'
import type { ModelStore } from './model-store.ts'
import { COMMAND_TIMEOUT_MS } from './plan.ts'
import type { Fault, Plan } from './plan.ts'
import type { Run, Timeline } from './timeline.ts'

/** The gateway's end of a store connection, from its start to its crash. */
export interface StoreConnection {
  readonly name: string
  readonly isAlive: () => boolean
  /** Runs a callback as soon as the gateway can. */
  readonly wake: (run: () => void) => ReturnType<Run>
  readonly crash: (downMs: number) => void
  /** Returns the turn that a commit belongs to; `undefined` for one that ends a dialogue. */
  readonly ownerOf: (commit: Commit) => Delivery | undefined
}

type FailureCode = 'USSD_STORE_REFUSED' | 'USSD_STORE_UNAVAILABLE'

/** A command that was sent to the store. */
interface Command<T> {
  readonly label: string
  readonly faults: readonly Fault[]
  readonly isCommit: boolean
  readonly execute: () => T
  readonly reply: (value: T) => void
  readonly fail: (detail: string, code?: FailureCode) => ReturnType<Run>
}

/** Creates a promise that never settles; a shared one would keep all its waiters in memory. */
const never = () => new Promise<never>(() => {})

/** The connections of all gateways to the store. Numbers all commands and injects the faults of each. */
export class FaultyStores {
  readonly #options
  readonly #outages
  readonly #readOnly
  #commands = 0
  #commits = 0
  #readOnlyUntilMs = 0
  #isFaultFree = false

  constructor(options: {
    readonly plan: Plan
    readonly timeline: Timeline
    readonly store: ModelStore
    readonly log: (line: () => string) => void
  }) {
    this.#options = options
    const { faults } = options.plan
    this.#outages = faults.filter((fault) => fault.kind === 'outage')
    this.#readOnly = faults.filter((fault) => fault.kind === 'read-only')
  }

  stopFaults(): void {
    this.#isFaultFree = true
  }

  /** Returns the store as one gateway sees it. */
  connect(connection: StoreConnection): Store {
    const { plan, store } = this.#options
    return {
      load: (bucket, names) => this.#send(connection, 'load', () => store.load(bucket, names)),
      commit: (commit) => {
        const owner = connection.ownerOf(commit)
        return this.#send(connection, 'commit', () => store.commit(commit, owner))
      },
      ensureReplicated: async (bucket, records) =>
        plan.replicas === 'some'
          ? this.#send(connection, 'ensureReplicated', () => store.ensureReplicated(bucket, records))
          : { kind: 'ok' },
      readJournal: async () => [],
      ping: async () => {},
      close: async () => {},
    }
  }

  #outage() {
    const { nowMs } = this.#options.timeline
    return this.#isFaultFree
      ? undefined
      : this.#outages.find(({ fromMs, ms }) => nowMs >= fromMs && nowMs < fromMs + ms)
  }

  #latencyMs(position: number): number {
    const { plan } = this.#options
    return plan.latency === 'fixed' ? 1 : (randomAt(plan.seed, position) & 7) % 5
  }

  #faultsOf(command: number): readonly Fault[] {
    const { faults } = this.#options.plan
    return this.#isFaultFree ? [] : faults.filter((fault) => 'command' in fault && fault.command === command)
  }

  #send<T>(connection: StoreConnection, what: string, execute: () => T): Promise<T> {
    const { timeline, log } = this.#options
    if (!connection.isAlive()) return never()
    const number = this.#commands++
    const faults = this.#faultsOf(number)
    const label = `${connection.name} #${number} ${what}`
    const isCommit = what === 'commit'
    if (isCommit) this.#startReadOnly()
    const crash = faults.find((fault) => fault.kind === 'crash-at')
    if (crash?.when === 'before') {
      connection.crash(crash.downMs)
      return never()
    }
    if (this.#outage()?.how === 'circuit-open') {
      log(() => `${label} not sent`)
      return Promise.reject(new UssdError('USSD_STORE_CIRCUIT_OPEN'))
    }
    log(() => `${label} sent`)

    return new Promise<T>((resolve, reject) => {
      let isOpen = true
      const settle = (run: () => void) =>
        connection.wake(() => {
          if (!isOpen) return
          isOpen = false
          cancelTimeout()
          run()
        })
      const fail = (detail: string, code: FailureCode = 'USSD_STORE_UNAVAILABLE') =>
        settle(() => {
          log(() => `${label}: ${detail}`)
          reject(new UssdError(code, { detail }))
        })
      const cancelTimeout = timeline.at(timeline.nowMs + COMMAND_TIMEOUT_MS, () => fail('timeout'))
      const reply = (value: T) => {
        const atMs = timeline.nowMs + this.#latencyMs(2 * number + 1) + totalMs(faults, 'reply-slow')
        timeline.at(atMs, () => settle(() => resolve(value)))
      }
      const atMs = timeline.nowMs + this.#latencyMs(2 * number) + totalMs(faults, 'command-slow')
      timeline.at(atMs, () => this.#arrive({ label, faults, isCommit, execute, reply, fail }))
      if (crash) connection.crash(crash.downMs)
    })
  }

  /** Makes the store read-only when the plan says so for this commit. */
  #startReadOnly(): void {
    const commit = this.#commits++
    const { nowMs } = this.#options.timeline
    for (const { commit: from, ms } of this.#readOnly) {
      if (from === commit) this.#readOnlyUntilMs = Math.max(this.#readOnlyUntilMs, nowMs + ms)
    }
  }

  /** Executes a command that reached the store, or injects its fault. */
  #arrive<T>(command: Command<T>): ReturnType<Run> {
    const { timeline, log } = this.#options
    const has = (kind: Fault['kind']) => command.faults.some((fault) => fault.kind === kind)
    const outage = this.#outage()
    const reset = command.faults.find((fault) => fault.kind === 'reset')
    if (outage?.how === 'frozen') {
      timeline.at(outage.fromMs + outage.ms, () => this.#arrive(command))
      return 'quiet'
    }
    if (has('command-lost') || outage?.how === 'silent') return 'quiet'
    if (outage?.how === 'reset' || reset?.executed === 'not-executed') return command.fail('connection reset')
    const isReadOnly = command.isCommit && !this.#isFaultFree && timeline.nowMs < this.#readOnlyUntilMs
    if (has('rejected') || isReadOnly) return command.fail('out of memory', 'USSD_STORE_REFUSED')
    const result = command.execute()
    log(() => `${command.label} executed: ${kindOf(result)}`)
    if (reset) return command.fail('connection reset')
    if (!has('reply-lost')) command.reply(result)
    return 'quiet'
  }
}

const kindOf = (result: unknown): string =>
  typeof result === 'object' && result !== null && 'kind' in result ? String(result.kind) : 'answered'
