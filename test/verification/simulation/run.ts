import type { Answer } from '../../../src/gateway/ports.ts'
import { bucketOf } from '../../../src/gateway/records/records.ts'
import { RECEIPT_TTL_MS } from '../../../src/gateway/records/session.ts'
import { PUK1_ATTEMPTS } from '../../../src/gateway/records/subscriber.ts'
import type { Subscriber } from '../../../src/gateway/records/subscriber.ts'
import { callUp } from './client.ts'
import type { Delivery } from './delivery.ts'
import { msisdnOf, nameOf, subscriberOf } from './delivery.ts'
import { createModelStore } from './model-store.ts'
import type { ModelStore } from './model-store.ts'
import { EPOCH_MS } from './schedule.ts'
import type { DialoguePlan, Fault, Place, Plan } from './schedule.ts'
import { createPromises } from './promises.ts'
import type { Violation } from './promises.ts'
import { menus, subscriberRecord } from './services.ts'
import { createSite } from './node.ts'
import type { Site } from './node.ts'
import { createTimeline } from './timeline.ts'
import type { Variant } from './variant.ts'
import { createWires } from './faulty-store.ts'

/** What came of one schedule. */
export interface Ran {
  readonly violation: Violation | undefined
  readonly events: number
  readonly callbacks: number
  readonly commits: number
  readonly trace: readonly string[]
}

/** Every promise of the gateway that can be kept now is, before the next event: they all run before an immediate does. */
const settled = () => new Promise<void>((resolve) => void setImmediate(resolve))

/**
 * Carries one schedule out. Everything that happens is decided by the plan: there is no clock, no timer, no network and no
 * chance in it. It ends with the first promise that is broken, or when nothing is left to happen; then one more
 * dialogue on each gateway shows that they still work, and time that the store forgets.
 */
export async function run(
  plan: Plan,
  variant: Variant = {},
  wants: 'verdict' | 'trace' = 'verdict',
): Promise<Ran> {
  const timeline = createTimeline(plan.seed)
  const trace: string[] = []
  const tell =
    wants === 'trace'
      ? (line: () => string) => void trace.push(`${String(timeline.nowMs).padStart(9)} ms  ${line()}`)
      : () => {}
  let violation: Violation | undefined
  let callbacks = 0
  let commits = 0
  let effects = 0
  let hashes = 0
  /** How far the store's clock has jumped, and the latest it has shown. */
  let steppedMs = 0
  let latestMs = EPOCH_MS
  const storeMs = () => EPOCH_MS + timeline.nowMs + steppedMs
  let isCalm = false
  const violated = (rule: string, detail: string) => {
    violation ??= { rule, detail }
    tell(() => `VIOLATED ${rule}: ${detail}`)
  }

  const promises = createPromises({
    idleMs: plan.idleMs,
    keys: plan.keys,
    nowMs: () => timeline.nowMs,
    storeMs,
    readyAt: (place, ms) => sites[place].readyAt(ms),
    violated,
  })
  const store = createModelStore({
    nowMs: storeMs,
    without: variant.without,
    written(written) {
      commits += 1
      promises.written(written)
    },
  })
  for (let subscriber = 0; subscriber < plan.subscribers; subscriber++) {
    const write = {
      kind: 'put',
      value: subscriberRecord(subscriber, { key: plan.keys.puk1, attempts: plan.attempts }),
    } as const
    const changes = [{ name: subscriberOf(subscriber), expectedVersion: undefined, write }]
    store.commit({ bucket: bucketOf(msisdnOf(subscriber)), changes, journal: [], deadlineMs: EPOCH_MS })
  }

  const wires = createWires({ plan, timeline, store, tell })
  // A table is compiled with every start of a gateway: only the menus that are dialled.
  const used = new Set(['*100#', ...plan.dialogues.map(({ code }) => code)])
  const table = Object.fromEntries(Object.entries(menus).filter(([code]) => used.has(code)))
  const siteAt = (place: Place) =>
    createSite({
      place,
      plan,
      timeline,
      wires,
      menus: table,
      variant,
      nextEffect: () => (isCalm ? undefined : effects++),
      nextHash: () => (isCalm ? undefined : hashes++),
      storeMs,
      recognised: (delivery, session) => promises.recognised(delivery, session),
      compared: (compared, by) => promises.compared(compared, by),
      answered(delivery: Delivery, answer: Answer) {
        callbacks += 1
        promises.answered(delivery, answer)
      },
      failed: violated,
      tell,
    })
  const sites: readonly [Site, Site] = [siteAt(0), siteAt(1)]

  function happen(fault: Extract<Fault, { readonly atMs: number }>): void {
    switch (fault.kind) {
      case 'crash':
        return sites[fault.place].crash(fault.downMs)
      case 'stall':
        return sites[fault.place].stall(fault.ms)
      case 'clock-step':
        tell(() => `the store's clock jumps by ${fault.byMs} ms`)
        latestMs = Math.max(latestMs, storeMs())
        steppedMs += fault.byMs
        return
      case 'unlock':
        tell(() => `the operator gives subscriber ${fault.subscriber} all attempts`)
        unlock(store, fault.subscriber)
    }
  }
  for (const fault of plan.faults) {
    if (!('atMs' in fault)) continue
    timeline.at(fault.atMs, () => {
      happen(fault)
      return 'quiet'
    })
  }
  for (const dialogue of plan.dialogues) callUp({ plan, dialogue, timeline, sites, tell })

  async function untilQuiet(): Promise<void> {
    for (let happened = timeline.next(); happened && !violation; happened = timeline.next()) {
      if (happened === 'woke') await settled()
    }
  }
  await untilQuiet()

  wires.calm()
  isCalm = true
  const told: (string | undefined)[] = []
  for (const place of [0, 1] as const) {
    const dialogue = lastDialogue(place, timeline.nowMs)
    const heard = ({ text }: Answer) => void (told[place] = text)
    callUp({ plan: { ...plan, faults: [] }, dialogue, timeline, sites, place, heard, tell })
  }
  await untilQuiet()

  if (!violation) {
    const count = promises.wordsOf(subscriberOf(0)).length
    if (![0, 1].every((place) => told[place]?.startsWith(`=${count} after 0`))) {
      violated(
        'a gateway works again',
        `after ${count} words its last dialogues were told ${told.join(' | ')}`,
      )
    }
    const open = sites.flatMap((site) => site.unanswered())
    if (open.length > 0) violated('every callback is answered', open.map(nameOf).join(', '))
    if (store.journal.length !== promises.journalled) {
      violated(
        'the journal says what is',
        `${store.journal.length} entries of ${promises.journalled} changes`,
      )
    }
    const kept = store.livingAt(Math.max(latestMs, storeMs()) + plan.idleMs + RECEIPT_TTL_MS + 1)
    // One record says how the keys are named.
    if (kept !== plan.subscribers + 1) violated('the store forgets', `${kept} records are left`)
  }
  return { violation, events: timeline.events, callbacks, commits, trace }
}

/** What the operator does over HTTP, in one moment. */
function unlock(store: ModelStore, subscriber: number): void {
  const bucket = bucketOf(msisdnOf(subscriber))
  const name = subscriberOf(subscriber)
  const { nowMs, records } = store.load(bucket, [name])
  const [record] = records
  if (!record) return
  const unlocked = { puk1AttemptsLeft: PUK1_ATTEMPTS, puk1Pending: [] } satisfies Partial<Subscriber>
  const value = JSON.stringify({ ...(JSON.parse(record.value) as Subscriber), ...unlocked })
  const changes = [{ name, expectedVersion: record.version, write: { kind: 'put', value } }] as const
  store.commit({ bucket, changes, journal: [], deadlineMs: nowMs })
}

/** A dialogue when all is over, which must go well. */
const lastDialogue = (place: Place, startMs: number): DialoguePlan => ({
  name: `p${place}`,
  form: 'cumulative',
  subscriber: 0,
  code: '*100#',
  startMs,
  answers: [],
  insists: false,
})
