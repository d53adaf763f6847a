import { UssdError } from '../../../src/engine/errors.ts'
import type { Commit, Store } from '../../../src/gateway/ports.ts'
import { randomAt } from '../../support/random.ts'
import type { Delivery } from './delivery.ts'
import type { ModelStore } from './model-store.ts'
import { COMMAND_WITHIN_MS } from './schedule.ts'
import type { Fault, Plan } from './schedule.ts'
import type { Run, Timeline } from './timeline.ts'

/** Who is at the near end of a wire: a gateway from its start to its crash. */
export interface Near {
  readonly name: string
  readonly isAlive: () => boolean
  /** Carries out what has come in, as soon as the gateway can. */
  readonly wake: (run: () => void) => ReturnType<Run>
  readonly crash: (downMs: number) => void
  /** The turn a commit comes from; `undefined`: it ends a dialogue. */
  readonly ownerOf: (commit: Commit) => Delivery | undefined
}

/** All ways to the store: they count the commands of all gateways, and know what becomes of each. */
export interface Wires {
  /** The store as a gateway sees it: its answers may come late, or never. */
  connect(near: Near): Store
  /** From now on nothing goes wrong. */
  calm(): void
}

/** Another one each time: what waits for a promise is kept as long as the promise. */
const never = () => new Promise<never>(() => {})

export function createWires(options: {
  readonly plan: Plan
  readonly timeline: Timeline
  readonly store: ModelStore
  readonly tell: (line: () => string) => void
}): Wires {
  const { plan, timeline, store, tell } = options
  const fates = fatesOf(plan.faults)
  const outages = plan.faults.filter((fault) => fault.kind === 'outage')
  const refusals = plan.faults.filter((fault) => fault.kind === 'read-only')
  let commands = 0
  let commits = 0
  let readOnlyUntilMs = 0
  let isCalm = false

  const wayMs = (place: number) => (plan.ways === 'steady' ? 1 : (randomAt(plan.seed, place) & 7) % 5)

  const outage = () => (isCalm ? undefined : outages.find((one) => isIn(one, timeline.nowMs)))

  function send<T>(near: Near, what: string, execute: () => T): Promise<T> {
    if (!near.isAlive()) return never()
    const command = commands++
    const faults = isCalm ? [] : (fates.get(command) ?? [])
    const has = (kind: Fault['kind']) => faults.some((fault) => fault.kind === kind)
    const slow = (kind: 'command-slow' | 'reply-slow') =>
      faults.reduce((ms, fault) => ms + (fault.kind === kind ? fault.ms : 0), 0)
    const label = `${near.name} #${command} ${what}`
    if (what === 'commit') {
      const commit = commits++
      for (const refusal of refusals) {
        if (refusal.commit === commit)
          readOnlyUntilMs = Math.max(readOnlyUntilMs, timeline.nowMs + refusal.ms)
      }
    }
    const crash = faults.find((fault) => fault.kind === 'crash-at')
    if (crash?.when === 'before') {
      near.crash(crash.downMs)
      return never()
    }
    if (outage()?.how === 'away') {
      tell(() => `${label} not sent`)
      return Promise.reject(new UssdError('USSD_STORE_CIRCUIT_OPEN'))
    }
    tell(() => `${label} sent`)

    return new Promise<T>((resolve, reject) => {
      let isOpen = true
      const settle = (run: () => void) => () =>
        near.wake(() => {
          if (!isOpen) return
          isOpen = false
          cancel()
          run()
        })
      const fail = (detail: string) =>
        settle(() => {
          tell(() => `${label}: ${detail}`)
          reject(new UssdError('USSD_STORE_UNAVAILABLE', { detail }))
        })
      const cancel = timeline.at(timeline.nowMs + COMMAND_WITHIN_MS, fail('no answer'))

      const arrive: Run = () => {
        const over = outage()
        const reset = faults.find((fault) => fault.kind === 'reset')
        if (over?.how === 'frozen') {
          timeline.at(over.fromMs + over.ms, arrive)
          return 'quiet'
        }
        if (has('command-lost') || over?.how === 'silent') return 'quiet'
        if (over?.how === 'reset' || reset?.executed === 'not-executed') return fail('connection cut')()
        const isReadOnly = what === 'commit' && !isCalm && timeline.nowMs < readOnlyUntilMs
        if (has('refused') || isReadOnly) {
          return settle(() => {
            tell(() => `${label} refused`)
            reject(new UssdError('USSD_STORE_REFUSED', { detail: 'out of memory' }))
          })()
        }
        const outcome = execute()
        tell(() => `${label} executed: ${wordOf(outcome)}`)
        if (reset) return fail('connection cut')()
        if (has('reply-lost')) return 'quiet'
        timeline.at(
          timeline.nowMs + wayMs(2 * command + 1) + slow('reply-slow'),
          settle(() => resolve(outcome)),
        )
        return 'quiet'
      }
      timeline.at(timeline.nowMs + wayMs(2 * command) + slow('command-slow'), arrive)
      if (crash) near.crash(crash.downMs)
    })
  }

  return {
    calm: () => void (isCalm = true),
    connect: (near) => ({
      load: (bucket, names) => send(near, 'load', () => store.load(bucket, names)),
      commit(commit) {
        const owner = near.ownerOf(commit)
        return send(near, 'commit', () => store.commit(commit, owner))
      },
      ensureReplicated: async (bucket, records) =>
        plan.replicas === 'some' ? send(near, 'settle', () => store.settle(bucket, records)) : { kind: 'ok' },
      readJournal: async () => [],
      ping: async () => {},
      close: async () => {},
    }),
  }
}

const isIn = ({ fromMs, ms }: { readonly fromMs: number; readonly ms: number }, nowMs: number) =>
  nowMs >= fromMs && nowMs < fromMs + ms

const wordOf = (outcome: unknown): string =>
  typeof outcome === 'object' && outcome !== null && 'kind' in outcome ? String(outcome.kind) : 'answered'

/** What becomes of each command, by its number. */
function fatesOf(faults: readonly Fault[]): ReadonlyMap<number, readonly Fault[]> {
  const fates = new Map<number, Fault[]>()
  for (const fault of faults) {
    if (!('command' in fault)) continue
    const own = fates.get(fault.command)
    if (own) own.push(fault)
    else fates.set(fault.command, [fault])
  }
  return fates
}
