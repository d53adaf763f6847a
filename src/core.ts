/**
 * The one wiring of the gateway, its services and the guards around the store. The app, every command, every harness and
 * every test build their gateway here, so that what is verified is what ships.
 */
import { availableParallelism } from 'node:os'
import type { Config } from './config.ts'
import { createAdmission } from './gateway/admission.ts'
import type { Admission, AdmissionEvent } from './gateway/admission.ts'
import type { Clock } from './gateway/clock.ts'
import type { Services } from './gateway/effects.ts'
import { createGateway } from './gateway/gateway.ts'
import type { Gateway, TurnReport } from './gateway/gateway.ts'
import type { Keyring } from './gateway/records/keyring.ts'
import { createSubscriberFormat } from './gateway/records/subscriber-format.ts'
import { createKeyRegister } from './gateway/records/key-register.ts'
import { withPseudonyms } from './gateway/records/pseudonyms.ts'
import type { Store } from './gateway/ports.ts'
import { createTurnClassifier } from './gateway/turn-identity.ts'
import type { TurnClassifier } from './gateway/turn-identity.ts'
import type { Argon2 } from './services/hashing/hashing.ts'
import { createHashingLanes } from './services/hashing/lanes.ts'
import type { HashingLanes } from './services/hashing/lanes.ts'
import { createKits } from './services/kit.ts'
import { createSubscribers } from './services/subscribers.ts'
import type { Subscribers } from './services/subscribers.ts'
import { assertServices } from './project.ts'
import type { AnyRouteKit, ServedProject } from './project.ts'
import { createCircuitBreaker } from './store/circuit-breaker.ts'
import type { CircuitBreaker, CircuitEvent } from './store/circuit-breaker.ts'
import { withClock } from './store/store-clock.ts'

/** The budget of requests that are not turns. An operator's client waits longer than a subscriber. */
const REQUEST_BUDGET_MS = 5000

/** The settings that shape a turn. `loadConfig({})` gives the defaults. */
export type CoreSettings = Pick<
  Config,
  | 'keyNaming'
  | 'lostSecretsKeys'
  | 'weakPasswords'
  | 'sessionIdleMs'
  | 'recordFormat'
  | 'turnBudgetMs'
  | 'repeatWithinMs'
  | 'maxTurnsInFlight'
  | 'workers'
>

/** Events for the host, which logs and counts them. */
export interface CoreEvents {
  onTurn(report: TurnReport): void
  /** A callback of this dialect was rejected by admission control. */
  onShed(dialect: string): void
  /** A node's circuit opened or closed. */
  onCircuitChange(event: CircuitEvent): void
  /** Admission control started or stopped shedding load. */
  onAdmissionChange(event: AdmissionEvent): void
}

export interface CoreOptions {
  readonly settings: CoreSettings
  /** The store without guards. `kind`: an `embedded` store is lost on exit and needs no check of its key naming. */
  readonly store: Store
  readonly kind: 'embedded' | 'shared'
  /** The node of a Redis Cluster that serves a bucket; absent for a store of one node. */
  readonly nodeOf?: ((bucket: number) => string) | undefined
  readonly keyring: Keyring
  readonly project: ServedProject
  readonly events?: Partial<CoreEvents>
  readonly overrides?: CoreOverrides
}

/** Replacements for tests and harnesses: a clock, a slow or faulty part, fast hashing. Absent in production. */
export interface CoreOverrides {
  readonly clock?: Clock
  readonly random?: () => number
  readonly wrapStore?: (guarded: Store) => Store
  readonly wrapClassifier?: (classifier: TurnClassifier) => TurnClassifier
  readonly wrapServices?: (services: Services) => Services
  readonly argon2?: Argon2
  /** Hashes that run in parallel; the number of cores minus one by default. */
  readonly parallelHashes?: number
  readonly requestBudgetMs?: number
}

export interface Core {
  readonly gateway: Gateway
  readonly subscribers: Subscribers
  /** What the HTTP routes of the project use. */
  readonly routeKit: AnyRouteKit
  /** The store behind its circuit breaker and key naming. */
  readonly store: Store
  readonly services: Services
  readonly lanes: HashingLanes
  readonly circuitBreaker: CircuitBreaker
  readonly admission: Admission
  /** Rejects with `USSD_MISCONFIGURED` when the database has another key naming, or secrets under keys that are not configured. */
  check(): Promise<void>
  /** A message for `/readyz` that names the secrets keys this process lacks, or `undefined`. */
  missingKeys(): Promise<string | undefined>
  /** The store's time, milliseconds since the epoch. */
  storeNowMs(): number
  /** Closes the store and ends the hashing threads. Turns under way must have ended. */
  close(): Promise<void>
}

const ignore = () => {}

export function createCore(options: CoreOptions): Core {
  const { settings, keyring, project, nodeOf, events = {}, overrides = {} } = options
  const { recordFormat, weakPasswords } = settings
  const { clock, wrapStore = same, wrapClassifier = same, wrapServices = same } = overrides
  const { requestBudgetMs: budgetMs = REQUEST_BUDGET_MS } = overrides
  const { onTurn = ignore, onShed = ignore, onCircuitChange = ignore, onAdmissionChange = ignore } = events

  const circuitBreaker = createCircuitBreaker({
    store: options.store,
    nodeOf,
    onChange: onCircuitChange,
    ...(clock && { clock }),
    ...(overrides.random && { random: overrides.random }),
  })
  const admission = createAdmission({ maxInFlight: settings.maxTurnsInFlight, onChange: onAdmissionChange })
  const naming = withPseudonyms({ store: circuitBreaker, keyring, keyNaming: settings.keyNaming })
  const isNamed = options.kind === 'shared' || settings.keyNaming === 'pseudonyms'
  const clocked = withClock(isNamed ? naming.store : circuitBreaker)
  const store = wrapStore(clocked)
  const keyRegister = createKeyRegister({ store, keyring, lost: settings.lostSecretsKeys })

  const lanes = createHashingLanes(keyring, {
    argon2: overrides.argon2,
    parallel: overrides.parallelHashes ?? parallelHashes(settings.workers),
  })
  const { record, languages } = project
  const format = createSubscriberFormat(record, { defaultLanguage: languages[0], recordFormat })
  const kits = createKits(project, { lanes, weakPasswords, keyring, store, budgetMs, format })
  const services = wrapServices(project.services(kits.services))
  assertServices(project, services)
  const gateway = createGateway({
    store,
    project,
    services,
    keyring,
    sessionIdleMs: settings.sessionIdleMs,
    recordFormat,
    subscriberFormat: format,
    turnBudgetMs: settings.turnBudgetMs,
    classifier: wrapClassifier(classifierOf(settings, { keyring, moreKey: project.keys.more })),
    clock,
    admission,
    onShed,
    report: onTurn,
  })
  return {
    gateway,
    store,
    services,
    lanes,
    circuitBreaker,
    admission,
    subscribers: createSubscribers({
      store,
      hashing: lanes.registrations,
      definition: record,
      format,
      defaultLanguage: languages[0],
      budgetMs,
    }),
    routeKit: kits.routes,

    async check() {
      if (isNamed) await naming.check()
      if (options.kind === 'shared') await keyRegister.register()
    },

    missingKeys: async () => (options.kind === 'shared' ? keyRegister.missing() : undefined),
    storeNowMs: () => clocked.nowMs(),

    async close() {
      await store.close()
      await lanes.close()
    },
  }
}

const classifierOf = (
  { repeatWithinMs }: CoreSettings,
  of: { readonly keyring: Keyring; readonly moreKey: string | undefined },
): TurnClassifier => createTurnClassifier({ ...of, repeatWithinMs })

/** Hashes of all workers together leave one core free. */
const parallelHashes = (workers: number): number =>
  Math.max(1, Math.floor((availableParallelism() - 1) / workers))

const same = <T>(part: T): T => part
