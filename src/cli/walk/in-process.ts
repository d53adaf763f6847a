/** The default target of walkthroughs: a whole gateway in this process. */
import { PassThrough } from 'node:stream'
import { startApp } from '../../app.ts'
import { loadConfig } from '../../config.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { Secret } from '../../engine/secret.ts'
import type { Services } from '../../gateway/effects.ts'
import type { Store } from '../../gateway/ports.ts'
import type { ServedProject } from '../../project.ts'
import { bucketOf, subscriberName } from '../../gateway/records/records.ts'
import { PUK1_ATTEMPTS } from '../../gateway/records/subscriber.ts'
import { parseSubscriber, putSubscriber } from '../../gateway/records/subscriber-format.ts'
import type { Argon2 } from '../../services/hashing/hashing.ts'
import type { Subscribers } from '../../services/subscribers.ts'
import type { NetworkRoute } from '../../simulator/routes.ts'
import { createMemoryStore } from '../../store/memory.ts'
import type { Target, VirtualClock } from '../../walkthrough/run/target.ts'
import type { Fixture } from '../../walkthrough/script/walkthrough.ts'
import { createPerformances } from '../explore/performances.ts'
import { ask } from './ask.ts'

const FIXTURE_BUDGET_MS = 60_000

/** A clock that starts now and moves only by `advance`. */
function createVirtualClock(): VirtualClock {
  let nowMs = Date.now()
  return { now: () => nowMs, advance: (ms) => void (nowMs += ms) }
}

/**
 * Starts a whole gateway in this process, on a free loopback port. Callbacks go over real HTTP. The embedded store has a virtual
 * clock.
 *
 * @param options `store`: another store, which runs on real time; `demo`: registers the demo subscribers; `wrapServices`: wraps the
 * services
 */
export async function inProcessTarget(options: {
  readonly dialect: Dialect
  readonly network?: NetworkRoute
  readonly store?: Store
  readonly project: ServedProject
  readonly wrapServices?: (services: Services) => Services
  readonly demo?: 'on' | 'off'
  readonly argon2?: Argon2
  readonly env?: Readonly<Record<string, string>>
  readonly logStream?: NodeJS.WritableStream
}): Promise<Target & { readonly url: string }> {
  const {
    dialect,
    network = {},
    project,
    demo = 'off',
    env = {},
    wrapServices = (services) => services,
  } = options
  const clock = options.store ? undefined : createVirtualClock()
  const store = options.store ?? createMemoryStore({ now: () => clock?.now() ?? Date.now() })
  const performed: string[] = []
  const performances = createPerformances()
  const watched = (services: Services): Services =>
    Object.fromEntries(
      Object.entries(wrapServices(services)).map(([name, service]) => [
        name,
        (input: unknown, call: Parameters<typeof service>[1]) => {
          if (performances.isFirst(call)) performed.push(name)
          return service(input, call)
        },
      ]),
    )
  const gateway = startApp(
    // Not the settings of the environment: a walkthrough runs the same everywhere.
    loadConfig({
      PORT: '0',
      DEMO: demo,
      SIMULATOR: 'off',
      LOG_LEVEL: options.logStream ? 'info' : 'silent',
      ...env,
    }),
    project,
    {
      store,
      wrapServices: watched,
      logStream: options.logStream ?? new PassThrough().resume(),
      // A busy machine hashes slowly; a fixture must be registered nevertheless.
      core: { requestBudgetMs: FIXTURE_BUDGET_MS, ...(options.argon2 && { argon2: options.argon2 }) },
    },
  )
  const { url } = await gateway.listen()
  const callbackUrl = `${url}/ussd/${dialect.name}`
  return {
    url,
    clock,
    route: { dialect, callbackUrl, eventsUrl: `${callbackUrl}/events`, ...network },
    gateway: {
      async register(fixture) {
        await gateway.subscribers.remove(fixture.msisdn)
        await gateway.subscribers.put(fixture.msisdn, patchOf(fixture))
        if (fixture.puk1AttemptsLeft !== undefined)
          await setAttemptsLeft(gateway.store, fixture.msisdn, fixture.puk1AttemptsLeft)
      },
      async change(msisdn, patch) {
        const unlocks = patch.puk1AttemptsLeft !== undefined && ({ puk1AttemptsLeft: PUK1_ATTEMPTS } as const)
        await gateway.subscribers.put(msisdn, { ...patchOf(patch), ...unlocks })
      },
      getSubscriber: (msisdn) => gateway.subscribers.get(msisdn),
      request: (request) => ask(url, request),
      performed: () => performed,
    },
    close: () => gateway.close('immediate'),
  }
}

function patchOf(fixture: Omit<Fixture, 'msisdn'>): Parameters<Subscribers['put']>[1] {
  const { puk1, password, puk1AttemptsLeft: _attempts, ...fields } = fixture
  const { msisdn: _msisdn, ...patch } = fields as typeof fields & { msisdn?: string }
  return {
    ...patch,
    ...(puk1 !== undefined && { puk1: new Secret(puk1) }),
    ...(password !== undefined && { password: new Secret(password) }),
  }
}

/** Writes to the store because no route may set attempts: the operator only resets them, and only guesses use them up. */
async function setAttemptsLeft(store: Store, msisdn: string, puk1AttemptsLeft: number): Promise<void> {
  const [bucket, name] = [bucketOf(msisdn), subscriberName(msisdn)]
  const { nowMs, records } = await store.load(bucket, [name])
  const record = records[0]
  if (!record) return
  const write = putSubscriber({ ...parseSubscriber(record.value), puk1AttemptsLeft }, 'compact')
  const changes = [{ name, expectedVersion: record.version, write }]
  await store.commit({ bucket, changes, journal: [], deadlineMs: nowMs + 5000 })
}
