/** The default target of walkthroughs: a whole gateway in this process. */
import { PassThrough } from 'node:stream'
import { startApp } from '../../app.ts'
import type { App } from '../../app.ts'
import { loadConfig } from '../../config.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import type { Services } from '../../gateway/effects.ts'
import type { Store } from '../../gateway/ports.ts'
import type { ServedProject } from '../../project.ts'
import { bucketOf, subscriberName } from '../../gateway/records/records.ts'
import { attemptsLeftOf } from '../../gateway/records/record.ts'
import { createSubscriberFormat } from '../../gateway/records/subscriber-format.ts'
import type { Argon2 } from '../../services/hashing/hashing.ts'
import { subscriberInput } from '../../services/subscriber-input.ts'
import type { NetworkOptions } from '../../simulator/routes.ts'
import { createMemoryStore } from '../../store/memory.ts'
import { TargetError } from '../../walkthrough/run/target.ts'
import type { Target, TargetGateway, VirtualClock } from '../../walkthrough/run/target.ts'
import type { RecordFields } from '../../walkthrough/script/walkthrough.ts'
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
  readonly network?: NetworkOptions
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
      ...recordChanges(gateway, project),
      getSubscriber: (msisdn) => gateway.subscribers.get(msisdn),
      request: (request) => ask(url, request),
      performed: () => performed,
    },
    close: () => gateway.close('immediate'),
  }
}

/** Registers and changes records as the operator. */
function recordChanges(
  { store, subscribers }: Pick<App, 'store' | 'subscribers'>,
  { record, languages }: ServedProject,
): Pick<TargetGateway, 'register' | 'change'> {
  const input = subscriberInput(record, languages)
  const format = createSubscriberFormat(record, { defaultLanguage: languages[0], recordFormat: 'compact' })
  const attemptFields = Object.keys(record.secrets).map(attemptsLeftOf)

  async function put(msisdn: string, fields: RecordFields): Promise<void> {
    const parsed = input.safeParse(fields)
    if (parsed.success) return void (await subscribers.put(msisdn, parsed.data))
    const [issue] = parsed.error.issues
    throw new TargetError(`the record is invalid: ${[...(issue?.path ?? []), issue?.message].join(' ')}`)
  }

  /** Writes to the store because no route may set attempts: the operator only resets them, and only guesses use them up. */
  async function setAttemptsLeft(msisdn: string, attempts: RecordFields): Promise<void> {
    const [bucket, name] = [bucketOf(msisdn), subscriberName(msisdn)]
    const { nowMs, records } = await store.load(bucket, [name])
    const [stored] = records
    if (!stored) return
    const write = format.put({ ...format.parse(stored.value), ...attempts })
    const changes = [{ name, expectedVersion: stored.version, write }]
    await store.commit({ bucket, changes, journal: [], deadlineMs: nowMs + 5000 })
  }

  return {
    async register({ msisdn, ...fixture }) {
      const isAttempts = ([name]: readonly [string, unknown]) => attemptFields.includes(name)
      const attempts = Object.fromEntries(Object.entries(fixture).filter(isAttempts))
      const fields = Object.fromEntries(Object.entries(fixture).filter((field) => !isAttempts(field)))
      await subscribers.remove(msisdn)
      await put(msisdn, fields)
      if (Object.keys(attempts).length > 0) await setAttemptsLeft(msisdn, attempts)
    },
    change: put,
  }
}
