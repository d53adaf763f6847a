import type { Menu } from '../../../src/engine/menu.ts'
import { UssdError } from '../../../src/engine/errors.ts'
import type { EffectContext, Services } from '../../../src/gateway/effects.ts'
import type { Clock } from '../../../src/gateway/clock.ts'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import type { Answer, Callback, Ended, RecordName } from '../../../src/gateway/ports.ts'
import { subscriberName } from '../../../src/gateway/records/records.ts'
import type { Session } from '../../../src/gateway/records/session.ts'
import type { TurnClassifier } from '../../../src/gateway/turn-identity.ts'
import { createHarnessCore } from '../../support/harness-core.ts'
import { randomAt } from '../../support/random.ts'
import { keysOf } from './keys.ts'
import type { Delivery } from './delivery.ts'
import { nameOf } from './delivery.ts'
import { BUDGET_MS, REPEAT_WITHIN_MS } from './schedule.ts'
import type { Plan, Place } from './schedule.ts'
import { createArgon2, withTally } from './services.ts'
import type { Compared } from './services.ts'
import type { Timeline } from './timeline.ts'
import type { Variant } from './variant.ts'
import type { Near, Wires } from './faulty-store.ts'

/** A place where a gateway runs: it may crash and be started anew, or stand still for a while. */
export interface Site {
  /** Whether the callback was taken; a gateway that is down takes none. `heard` gets its answer. */
  receive(delivery: Delivery, heard: (answer: Answer) => void): 'taken' | 'down'
  end(ended: Ended): void
  crash(downMs: number): void
  stall(ms: number): void
  /** The moment at or after this at which it can do something. */
  readyAt(ms: number): number
  /** What it took and has not answered. */
  unanswered(): readonly Delivery[]
}

export interface SiteOptions {
  readonly place: Place
  readonly plan: Plan
  readonly timeline: Timeline
  readonly wires: Wires
  readonly menus: Readonly<Record<string, Menu>>
  readonly variant: Variant
  /** The number of the next effect, of all sites; `undefined` once nothing goes wrong any more. */
  readonly nextEffect: () => number | undefined
  readonly answered: (delivery: Delivery, answer: Answer) => void
  readonly recognised: (delivery: Delivery, session: Session | undefined) => void
  /** A guess was compared, for the turn that is under way. */
  readonly compared: (compared: Compared, by: Delivery | undefined) => void
  /** The number of the next comparison; `undefined` once nothing goes wrong any more. */
  readonly nextHash: () => number | undefined
  readonly storeMs: () => number
  readonly failed: (rule: string, detail: string) => void
  readonly tell: (line: () => string) => void
}

interface Life {
  isAlive: boolean
  readonly gateway: Gateway
  readonly open: Set<Delivery>
}

const asItIs = <T>(part: T): T => part

export function createSite(options: SiteOptions): Site {
  const { place, plan, timeline, tell } = options
  const { clockOf = asItIs, storeOf = asItIs, transcriptsOf = asItIs } = options.variant
  const { keyringOf = asItIs, servicesOf = asItIs } = options.variant
  const busyHashes = new Set(plan.faults.flatMap((fault) => (fault.kind === 'hash-busy' ? [fault.hash] : [])))
  const name = 'AB'[place] ?? '?'
  const deliveries = new Map<Callback, Delivery>()
  let stalledUntilMs = 0
  let life = start()

  function start(): Life {
    const near: Near = {
      name,
      isAlive: () => mine.isAlive,
      wake: (run) => wake(mine, run),
      crash: (downMs) => crash(downMs),
      ownerOf({ changes }) {
        const [, , msisdn] =
          changes.map(({ name }) => /^(subscriber|delivery):(\d+)/.exec(name)).find((found) => found) ?? []
        return working.get(`subscriber:${msisdn}`)
      },
    }
    // The turn last recognised for each subscriber: the queue lets one at a time through.
    const working = new Map<RecordName, Delivery>()
    const clock: Clock = {
      // Each process counts from its own start.
      nowMs: () => timeline.nowMs + 7 * place,
      after: (ms, call) => timeline.at(timeline.nowMs + ms, () => wake(mine, call)),
    }
    const watched = (transcripts: TurnClassifier): TurnClassifier => ({
      classify(callback, session, nowMs) {
        const recognised = transcripts.classify(callback, session, nowMs)
        const delivery = deliveries.get(callback)
        if (delivery) {
          delivery.recognised = recognised
          delivery.readMs = nowMs
          working.set(subscriberName(callback.msisdn), delivery)
          options.recognised(delivery, session)
        }
        return recognised
      },
    })
    const random = createRandom(plan.seed, place)
    const { gateway } = createHarnessCore({
      store: options.wires.connect(near),
      menus: options.menus,
      keyring: keyringOf(keysOf(plan.keys.at[place])),
      settings: { sessionIdleMs: plan.idleMs, turnBudgetMs: BUDGET_MS, repeatWithinMs: REPEAT_WITHIN_MS },
      events: {
        onTurn: ({ outcome, tries, fault }) =>
          tell(() => `${name} reports ${outcome}${fault ? ` (${fault})` : ''}, tries: ${tries}`),
      },
      overrides: {
        clock: clockOf(clock),
        random,
        argon2: createArgon2({
          isBusy: () => busyHashes.has(options.nextHash() ?? -1),
          compared(compared) {
            tell(() => `${name} compares a ${compared.isRight ? 'right' : 'wrong'} PUK1`)
            options.compared(compared, working.get(compared.record))
          },
        }),
        parallelHashes: 1,
        wrapStore: storeOf,
        wrapClassifier: (transcripts) => watched(transcriptsOf(transcripts)),
        wrapServices: (services) => servicesOf(slowed(options, withTally(services), clock)),
      },
    })
    const mine: Life = { isAlive: true, gateway, open: new Set() }
    return mine
  }

  function wake(whose: Life, run: () => void): 'woke' | 'quiet' {
    if (!whose.isAlive) return 'quiet'
    if (timeline.nowMs < stalledUntilMs) {
      timeline.at(stalledUntilMs, () => wake(whose, run))
      return 'quiet'
    }
    run()
    return 'woke'
  }

  function crash(downMs: number): void {
    if (!life.isAlive) return
    tell(() => `${name} crashes`)
    life.isAlive = false
    timeline.at(timeline.nowMs + downMs, () => {
      tell(() => `${name} starts`)
      life = start()
      return 'quiet'
    })
  }

  const fail = (what: string) => (error: unknown) =>
    options.failed('the gateway never rejects', `${what}: ${String(error)}`)

  return {
    crash,
    stall(ms) {
      tell(() => `${name} stands still for ${ms} ms`)
      stalledUntilMs = Math.max(stalledUntilMs, timeline.nowMs + ms)
    },
    readyAt: (ms) => Math.max(ms, ms < stalledUntilMs ? stalledUntilMs : 0),
    unanswered: () => (life.isAlive ? [...life.open] : []),

    receive(delivery, heard) {
      if (!life.isAlive) return 'down'
      const mine = life
      deliveries.set(delivery.callback, delivery)
      mine.open.add(delivery)
      wake(mine, () => {
        tell(() => `${name} gets ${nameOf(delivery)}`)
        // What waits for a gateway that stands still has not reached it.
        delivery.arrivedMs = timeline.nowMs
        delivery.arrivedStoreMs = options.storeMs()
        mine.gateway.turn(delivery.callback).then(
          (answer) => {
            if (!mine.isAlive) return
            mine.open.delete(delivery)
            tell(() => `${name} answers ${nameOf(delivery)}: ${JSON.stringify(answer.text.split('\n')[0])}`)
            options.answered(delivery, answer)
            heard(answer)
          },
          fail(nameOf(delivery)),
        )
      })
      return 'taken'
    },

    end(ended) {
      if (!life.isAlive) return
      const mine = life
      tell(() => `${name} hears that ${ended.sessionId} is over: ${ended.why}`)
      wake(mine, () => void mine.gateway.end(ended).catch(fail(`the end of ${ended.sessionId}`)))
    },
  }
}

/** Services as they are, but for those effects that are slow or fail. */
function slowed({ plan, nextEffect, tell }: SiteOptions, services: Services, clock: Clock): Services {
  const faults = plan.faults.filter((fault) => 'effect' in fault)
  if (faults.length === 0) return services
  const slow =
    (service: Services[string]) =>
    async (input: unknown, call: EffectContext): Promise<unknown> => {
      const effect = nextEffect()
      for (const fault of faults) {
        if (fault.effect !== effect) continue
        if (fault.kind === 'effect-failed') throw new UssdError('USSD_BUSY')
        tell(() => `effect #${effect} takes ${fault.ms} ms`)
        await new Promise<void>((resolve) => void clock.after(fault.ms, resolve))
      }
      return service(input, call)
    }
  return Object.fromEntries(Object.entries(services).map(([name, service]) => [name, slow(service)]))
}

/** Numbers from 0 to 1 that the seed decides: where the core would draw at random. */
function createRandom(seed: number, place: Place): () => number {
  let drawn = 0
  return () => (randomAt(seed, 9000 + 1000 * place + drawn++) >>> 0) / 2 ** 32
}
