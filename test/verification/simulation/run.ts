import type { Answer } from '../../../src/gateway/ports.ts'
import { bucketOf } from '../../../src/gateway/records/records.ts'
import { RECEIPT_TTL_MS } from '../../../src/gateway/records/session.ts'
import { PUK1_ATTEMPTS } from '../../../menus/record.ts'
import type { Subscriber } from '../../../menus/record.ts'
import { parseSubscriber, subscriberFormat } from '../../support/record.ts'
import { Client } from './client.ts'
import { msisdnOf, nameOf, subscriberOf } from './delivery.ts'
import { FaultyStores } from './faulty-store.ts'
import { createModelStore } from './model-store.ts'
import type { ModelStore } from './model-store.ts'
import { SimulatedNode } from './node.ts'
import { EPOCH_MS } from './plan.ts'
import type { DialoguePlan, Fault, NodeIndex, Plan } from './plan.ts'
import { PromiseChecks } from './promises.ts'
import type { Violation } from './promises.ts'
import { menus, subscriberRecord } from './services.ts'
import { Timeline } from './timeline.ts'
import type { Variant } from './mutants.ts'

/** The result of one schedule. */
export interface RunResult {
  readonly violation: Violation | undefined
  readonly events: number
  readonly callbacks: number
  readonly commits: number
  readonly trace: readonly string[]
}

/** Resolves when every promise that can settle now has settled: all microtasks run before an immediate. */
const settled = () => new Promise<void>((resolve) => void setImmediate(resolve))

/**
 * Runs one schedule. The plan decides everything: no real clock, timer, network or random source is used. The run ends with the
 * first broken promise or when no event is left. Then one more dialogue on each gateway shows that both still work.
 */
export async function run(
  plan: Plan,
  variant: Variant = {},
  output: 'verdict' | 'trace' = 'verdict',
): Promise<RunResult> {
  return new Run(plan, variant, output).result()
}

class Run {
  readonly #plan: Plan
  readonly #variant: Variant
  readonly #log: (line: () => string) => void
  readonly #timeline: Timeline
  readonly #trace: string[] = []
  readonly #checks: PromiseChecks
  readonly #store: ModelStore
  readonly #stores
  readonly #nodes: readonly [SimulatedNode, SimulatedNode]
  #violation: Violation | undefined
  #counts = { callbacks: 0, commits: 0, effects: 0, hashes: 0 }
  /** The total of all clock jumps, and the latest time that the store's clock has shown. */
  #steppedMs = 0
  #latestMs = EPOCH_MS
  #isFaultFree = false

  constructor(plan: Plan, variant: Variant, output: 'verdict' | 'trace') {
    this.#plan = plan
    this.#variant = variant
    const timeline = new Timeline(plan.seed)
    this.#timeline = timeline
    const trace = (line: () => string) =>
      void this.#trace.push(`${String(timeline.nowMs).padStart(9)} ms  ${line()}`)
    this.#log = output === 'trace' ? trace : () => {}
    this.#checks = new PromiseChecks({
      idleMs: plan.idleMs,
      keys: plan.keys,
      nowMs: () => timeline.nowMs,
      storeMs: () => this.#storeMs(),
      readyAt: (node, ms) => this.#nodes[node].readyAt(ms),
      violated: (rule, detail) => this.#violated(rule, detail),
    })
    this.#store = createModelStore({
      nowMs: () => this.#storeMs(),
      without: variant.without,
      written: (written) => {
        this.#counts.commits += 1
        this.#checks.written(written)
      },
    })
    this.#registerSubscribers()
    this.#stores = new FaultyStores({ plan, timeline, store: this.#store, log: this.#log })
    this.#nodes = [this.#createNode(0), this.#createNode(1)]
  }

  async result(): Promise<RunResult> {
    const { dialogues, faults } = this.#plan
    const shared = { plan: this.#plan, timeline: this.#timeline, nodes: this.#nodes, log: this.#log }
    for (const fault of faults) {
      if (!('atMs' in fault)) continue
      this.#timeline.at(fault.atMs, () => {
        this.#inject(fault)
        return 'quiet'
      })
    }
    for (const dialogue of dialogues) void new Client({ ...shared, dialogue })
    await this.#untilQuiet()

    this.#stores.stopFaults()
    this.#isFaultFree = true
    const shown: (string | undefined)[] = []
    for (const node of [0, 1] as const) {
      const onAnswer = ({ text }: Answer) => void (shown[node] = text)
      const dialogue = lastDialogue(node, this.#timeline.nowMs)
      void new Client({ ...shared, plan: { ...this.#plan, faults: [] }, dialogue, node, onAnswer })
    }
    await this.#untilQuiet()
    if (!this.#violation) this.#checkEnd(shown)
    const { callbacks, commits } = this.#counts
    const { events } = this.#timeline
    return { violation: this.#violation, events, callbacks, commits, trace: this.#trace }
  }

  #storeMs(): number {
    return EPOCH_MS + this.#timeline.nowMs + this.#steppedMs
  }

  #violated(rule: string, detail: string): void {
    this.#violation ??= { rule, detail }
    this.#log(() => `VIOLATED ${rule}: ${detail}`)
  }

  #registerSubscribers(): void {
    const { subscribers, keys, attempts } = this.#plan
    for (let subscriber = 0; subscriber < subscribers; subscriber++) {
      const value = subscriberRecord(subscriber, { key: keys.puk1, attempts })
      const write = { kind: 'put', value } as const
      const changes = [{ name: subscriberOf(subscriber), expectedVersion: undefined, write }]
      const bucket = bucketOf(msisdnOf(subscriber))
      this.#store.commit({ bucket, changes, journal: [], deadlineMs: EPOCH_MS })
    }
  }

  #createNode(node: NodeIndex): SimulatedNode {
    const counts = this.#counts
    // Every start of a gateway compiles its menus.
    const dialled = new Set(['*100#', ...this.#plan.dialogues.map(({ code }) => code)])
    return new SimulatedNode({
      node,
      plan: this.#plan,
      timeline: this.#timeline,
      stores: this.#stores,
      menus: Object.fromEntries(Object.entries(menus).filter(([code]) => dialled.has(code))),
      variant: this.#variant,
      nextEffect: () => (this.#isFaultFree ? undefined : counts.effects++),
      nextHash: () => (this.#isFaultFree ? undefined : counts.hashes++),
      storeMs: () => this.#storeMs(),
      checks: this.#checks,
      onAnswered: (delivery, answer) => {
        counts.callbacks += 1
        this.#checks.answered(delivery, answer)
      },
      violated: (rule, detail) => this.#violated(rule, detail),
      log: this.#log,
    })
  }

  #inject(fault: Extract<Fault, { readonly atMs: number }>): void {
    switch (fault.kind) {
      case 'crash':
        return this.#nodes[fault.node].crash(fault.downMs)
      case 'stall':
        return this.#nodes[fault.node].stall(fault.ms)
      case 'clock-step':
        this.#log(() => `the store's clock jumps by ${fault.byMs} ms`)
        this.#latestMs = Math.max(this.#latestMs, this.#storeMs())
        this.#steppedMs += fault.byMs
        return
      case 'unlock':
        this.#log(() => `the operator restores all attempts of subscriber ${fault.subscriber}`)
        unlock(this.#store, fault.subscriber)
    }
  }

  async #untilQuiet(): Promise<void> {
    let next = this.#timeline.next()
    while (next && !this.#violation) {
      if (next === 'woke') await settled()
      next = this.#timeline.next()
    }
  }

  /** Checks the final state; `shown` are the screens of the last dialogues. */
  #checkEnd(shown: readonly (string | undefined)[]): void {
    const { idleMs, subscribers } = this.#plan
    const count = this.#checks.wordsOf(subscriberOf(0)).length
    if (![0, 1].every((node) => shown[node]?.startsWith(`=${count} after 0`))) {
      const detail = `after ${count} words, its last dialogues got ${shown.join(' | ')}`
      this.#violated('a gateway recovers', detail)
    }
    const open = this.#nodes.flatMap((node) => node.unanswered())
    if (open.length > 0) this.#violated('every callback is answered', open.map(nameOf).join(', '))
    const entries = this.#store.journal.length
    if (entries !== this.#checks.journalled) {
      const detail = `${entries} entries for ${this.#checks.journalled} changes`
      this.#violated('the journal matches the records', detail)
    }
    const afterMs = Math.max(this.#latestMs, this.#storeMs()) + idleMs + RECEIPT_TTL_MS + 1
    const left = this.#store.countAt(afterMs)
    // Besides the subscribers, one record with the key naming stays.
    if (left !== subscribers + 1) this.#violated('sessions expire', `${left} records are left`)
  }
}

/** Restores the attempts in one step, as the operator does over HTTP. */
function unlock(store: ModelStore, subscriber: number): void {
  const bucket = bucketOf(msisdnOf(subscriber))
  const name = subscriberOf(subscriber)
  const { nowMs, records } = store.load(bucket, [name])
  const [record] = records
  if (!record) return
  const unlocked = { puk1AttemptsLeft: PUK1_ATTEMPTS, puk1Pending: [] } satisfies Partial<Subscriber>
  const write = subscriberFormat('compact').put({ ...parseSubscriber(record.value), ...unlocked })
  const changes = [{ name, expectedVersion: record.version, write }] as const
  store.commit({ bucket, changes, journal: [], deadlineMs: nowMs })
}

/** The dialogue that must succeed after all faults. */
const lastDialogue = (node: NodeIndex, startMs: number): DialoguePlan => ({
  name: `p${node}`,
  form: 'cumulative',
  subscriber: 0,
  code: '*100#',
  startMs,
  answers: [],
  retries: false,
})
