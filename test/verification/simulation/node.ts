import type { Menu } from '../../../src/engine/menu.ts'
import type { CoreOverrides } from '../../../src/core.ts'
import { UssdError } from '../../../src/engine/errors.ts'
import type { EffectContext, Services } from '../../../src/gateway/effects.ts'
import type { Clock } from '../../../src/gateway/clock.ts'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import type { Answer, Callback, Ended, RecordName } from '../../../src/gateway/ports.ts'
import { subscriberName } from '../../../src/gateway/records/records.ts'
import type { TurnClassifier } from '../../../src/gateway/turn-identity.ts'
import { createHarnessCore } from '../../support/harness-core.ts'
import { randomAt } from '../../support/random.ts'
import { keysOf } from './keys.ts'
import type { Delivery } from './delivery.ts'
import { nameOf } from './delivery.ts'
import { BUDGET_MS, REPEAT_WITHIN_MS } from './plan.ts'
import type { NodeIndex, Plan } from './plan.ts'
import type { PromiseChecks } from './promises.ts'
import { createArgon2 } from './services.ts'
import { counterServices } from './counter-menu.ts'
import type { Timeline } from './timeline.ts'
import type { Variant } from './mutants.ts'
import type { FaultyStores, StoreConnection } from './faulty-store.ts'

interface Options {
  readonly node: NodeIndex
  readonly plan: Plan
  readonly timeline: Timeline
  readonly stores: FaultyStores
  readonly menus: Readonly<Record<string, Menu>>
  readonly variant: Variant
  /** The number of the next effect on any node; `undefined` when faults have stopped. */
  readonly nextEffect: () => number | undefined
  /** The number of the next PUK1 comparison; `undefined` when faults have stopped. */
  readonly nextHash: () => number | undefined
  readonly storeMs: () => number
  readonly checks: PromiseChecks
  readonly onAnswered: (delivery: Delivery, answer: Answer) => void
  readonly violated: (rule: string, detail: string) => void
  readonly log: (line: () => string) => void
}

/** One gateway process, from its start to its crash. */
interface Process {
  isAlive: boolean
  readonly gateway: Gateway
  readonly open: Set<Delivery>
}

const unchanged = <T>(part: T): T => part

/** A simulated host of a gateway, which can crash, restart and pause. */
export class SimulatedNode {
  readonly #options: Options
  readonly #name: string
  readonly #deliveries = new Map<Callback, Delivery>()
  #stalledUntilMs = 0
  #process: Process

  constructor(options: Options) {
    this.#options = options
    this.#name = 'AB'[options.node] ?? '?'
    this.#process = this.#start()
  }

  /** Delivers a callback; `onAnswer` gets the answer. Returns `down` when no gateway runs. */
  receive(delivery: Delivery, onAnswer: (answer: Answer) => void): 'accepted' | 'down' {
    const { timeline, log, storeMs, onAnswered } = this.#options
    const process = this.#process
    if (!process.isAlive) return 'down'
    this.#deliveries.set(delivery.callback, delivery)
    process.open.add(delivery)
    this.#wake(process, () => {
      log(() => `${this.#name} gets ${nameOf(delivery)}`)
      // A callback that waits for a stalled gateway has not arrived yet.
      delivery.arrivedMs = timeline.nowMs
      delivery.arrivedStoreMs = storeMs()
      process.gateway.turn(delivery.callback).then(
        (answer) => {
          if (!process.isAlive) return
          process.open.delete(delivery)
          const [line] = answer.text.split('\n')
          log(() => `${this.#name} answers ${nameOf(delivery)}: ${JSON.stringify(line)}`)
          onAnswered(delivery, answer)
          onAnswer(answer)
        },
        (error: unknown) => this.#failed(nameOf(delivery), error),
      )
    })
    return 'accepted'
  }

  end(ended: Ended): void {
    const process = this.#process
    if (!process.isAlive) return
    this.#options.log(() => `${this.#name} gets the end of ${ended.sessionId}: ${ended.why}`)
    const failed = (error: unknown) => this.#failed(`the end of ${ended.sessionId}`, error)
    this.#wake(process, () => void process.gateway.end(ended).catch(failed))
  }

  crash(downMs: number): void {
    const { timeline, log } = this.#options
    if (!this.#process.isAlive) return
    log(() => `${this.#name} crashes`)
    this.#process.isAlive = false
    timeline.at(timeline.nowMs + downMs, () => {
      log(() => `${this.#name} starts`)
      this.#process = this.#start()
      return 'quiet'
    })
  }

  stall(ms: number): void {
    const { timeline, log } = this.#options
    log(() => `${this.#name} stalls for ${ms} ms`)
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, timeline.nowMs + ms)
  }

  /** Returns the first time at or after `ms` at which the gateway can run. */
  readyAt(ms: number): number {
    return Math.max(ms, this.#stalledUntilMs)
  }

  /** Returns the callbacks that are not answered yet. */
  unanswered(): readonly Delivery[] {
    return this.#process.isAlive ? [...this.#process.open] : []
  }

  #failed(what: string, error: unknown): void {
    this.#options.violated('the gateway never rejects', `${what}: ${String(error)}`)
  }

  #wake(process: Process, run: () => void): 'woke' | 'quiet' {
    const { timeline } = this.#options
    if (!process.isAlive) return 'quiet'
    if (timeline.nowMs < this.#stalledUntilMs) {
      timeline.at(this.#stalledUntilMs, () => this.#wake(process, run))
      return 'quiet'
    }
    run()
    return 'woke'
  }

  #start(): Process {
    const { node, plan, timeline, stores, menus, log } = this.#options
    // The turn classified last for each subscriber: turns of one subscriber are serialised.
    const current = new Map<RecordName, Delivery>()
    const clock: Clock = {
      // Each process has its own origin of time.
      nowMs: () => timeline.nowMs + 7 * node,
      after: (ms, call) => timeline.at(timeline.nowMs + ms, () => this.#wake(process, call)),
    }
    const connection: StoreConnection = {
      name: this.#name,
      isAlive: () => process.isAlive,
      wake: (run) => this.#wake(process, run),
      crash: (downMs) => this.crash(downMs),
      ownerOf({ changes }) {
        const names = changes.map(({ name }) => /^(?:subscriber|delivery):(\d+)/.exec(name))
        return current.get(`subscriber:${names.find((found) => found)?.[1]}`)
      },
    }
    const { gateway } = createHarnessCore({
      store: stores.connect(connection),
      menus,
      keyring: (this.#options.variant.keyringOf ?? unchanged)(keysOf(plan.keys.nodes[node])),
      settings: { sessionIdleMs: plan.idleMs, turnBudgetMs: BUDGET_MS, repeatWithinMs: REPEAT_WITHIN_MS },
      events: {
        onTurn: ({ outcome, tries, fault }) =>
          log(() => `${this.#name} reports ${outcome}${fault ? ` (${fault})` : ''}, tries: ${tries}`),
      },
      overrides: this.#overrides(clock, current),
    })
    const process: Process = { isAlive: true, gateway, open: new Set() }
    return process
  }

  #overrides(clock: Clock, current: Map<RecordName, Delivery>): CoreOverrides {
    const { node, plan, variant, log, nextHash, checks } = this.#options
    const { clockOf = unchanged, storeOf = unchanged } = variant
    const { classifierOf = unchanged, servicesOf = unchanged } = variant
    return {
      clock: clockOf(clock),
      random: createFractions(plan.seed, node),
      argon2: createArgon2({
        isBusy() {
          const hash = nextHash()
          return plan.faults.some((fault) => fault.kind === 'hash-busy' && fault.hash === hash)
        },
        compared: (comparison) => {
          log(() => `${this.#name} compares a ${comparison.isRight ? 'right' : 'wrong'} PUK1`)
          checks.secrets.compared(comparison, current.get(comparison.record))
        },
      }),
      parallelHashes: 1,
      wrapStore: storeOf,
      wrapClassifier: (classifier) => this.#observed(classifierOf(classifier), current),
      wrapServices: (services) =>
        servicesOf(withEffectFaults(this.#options, { ...services, ...counterServices }, clock)),
    }
  }

  #observed(classifier: TurnClassifier, current: Map<RecordName, Delivery>): TurnClassifier {
    return {
      classify: (callback, session, nowMs) => {
        const turnClass = classifier.classify(callback, session, nowMs)
        const delivery = this.#deliveries.get(callback)
        if (delivery) {
          delivery.turnClass = turnClass
          delivery.readMs = nowMs
          current.set(subscriberName(callback.msisdn), delivery)
          this.#options.checks.classified(delivery, session)
        }
        return turnClass
      },
    }
  }
}

/** Makes effects slow or failing where the plan says so. */
function withEffectFaults({ plan, nextEffect, log }: Options, services: Services, clock: Clock): Services {
  const faults = plan.faults.filter((fault) => 'effect' in fault)
  if (faults.length === 0) return services
  const faulty =
    (service: Services[string]) =>
    async (input: unknown, context: EffectContext): Promise<unknown> => {
      const effect = nextEffect()
      for (const fault of faults) {
        if (fault.effect !== effect) continue
        if (fault.kind === 'effect-failed') throw new UssdError('USSD_BUSY')
        log(() => `effect #${effect} takes ${fault.ms} ms`)
        await new Promise<void>((resolve) => void clock.after(fault.ms, resolve))
      }
      return service(input, context)
    }
  return Object.fromEntries(Object.entries(services).map(([name, service]) => [name, faulty(service)]))
}

/** Returns fractions from 0 to 1 that the seed decides, for the random source of the core. */
function createFractions(seed: number, node: NodeIndex): () => number {
  let drawn = 0
  return () => (randomAt(seed, 9000 + 1000 * node + drawn++) >>> 0) / 2 ** 32
}
