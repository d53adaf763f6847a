/** What walkthroughs are walked on: a gateway in this process, one that runs elsewhere, or somebody's application. */
import { PassThrough } from 'node:stream'
import { compose } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import type { Menu } from '../../src/engine/menu.ts'
import { Secret } from '../../src/engine/secret.ts'
import type { Services } from '../../src/gateway/effects.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { bucketOf, subscriberName } from '../../src/gateway/records.ts'
import type { Subscribers } from '../../src/services/subscribers.ts'
import type { Line } from '../../src/simulator/network.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { Unusable } from '../../src/walkthrough/target.ts'
import type { Target, TargetGateway, VirtualClock } from '../../src/walkthrough/target.ts'
import type { Fixture } from '../../src/walkthrough/walkthrough.ts'

/** A clock that moves when it is told to; it begins now. */
export function createVirtualClock(): VirtualClock {
  let nowMs = Date.now()
  return { now: () => nowMs, advance: (ms) => void (nowMs += ms) }
}

/**
 * A whole gateway in this process, on a free loopback port: its callbacks go over real HTTP. On the embedded store its time is
 * a virtual clock's.
 *
 * @param options `store`: another store, whose time passes by itself; `demo`: with the demo subscribers; `around`: services
 * that are watched
 */
export async function inProcessTarget(options: {
  readonly dialect: Dialect
  readonly network?: Pick<Line, 'profile' | 'faults'>
  readonly store?: Store
  readonly menus?: Readonly<Record<string, Menu>>
  readonly around?: (services: Services) => Services
  readonly demo?: 'on' | 'off'
  readonly env?: Readonly<Record<string, string>>
  readonly logTo?: NodeJS.WritableStream
}): Promise<Target & { readonly url: string }> {
  const { dialect, network = {}, menus, demo = 'off', env = {}, around = (services) => services } = options
  const clock = options.store ? undefined : createVirtualClock()
  const store = options.store ?? createMemoryStore({ now: () => clock?.now() ?? Date.now() })
  const performed: string[] = []
  const watched = (services: Services): Services =>
    Object.fromEntries(
      Object.entries(around(services)).map(([name, service]) => [
        name,
        (input: unknown, call: Parameters<typeof service>[1]) => {
          performed.push(name)
          return service(input, call)
        },
      ]),
    )
  const gateway = compose(
    // Nothing of the environment: a walkthrough goes the same way everywhere.
    loadConfig({
      PORT: '0',
      DEMO: demo,
      SIMULATOR: 'off',
      LOG_LEVEL: options.logTo ? 'info' : 'silent',
      ...env,
    }),
    { store, around: watched, logTo: options.logTo ?? new PassThrough().resume(), ...(menus && { menus }) },
  )
  const { url } = await gateway.listen()
  const callbackUrl = `${url}/ussd/${dialect.name}`
  return {
    url,
    clock,
    line: { dialect, callbackUrl, eventsUrl: `${callbackUrl}/events`, ...network },
    gateway: {
      async register(fixture) {
        await gateway.subscribers.remove(fixture.msisdn)
        await gateway.subscribers.put(fixture.msisdn, patchOf(fixture))
        if (fixture.puk1AttemptsLeft !== undefined)
          await setAttemptsLeft(store, fixture.msisdn, fixture.puk1AttemptsLeft)
      },
      change: async (msisdn, patch) => void (await gateway.subscribers.put(msisdn, patchOf(patch))),
      look: (msisdn) => gateway.subscribers.get(msisdn),
      ask: (request) => ask(url, request),
      performed: () => performed,
    },
    close: () => gateway.close('now'),
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

/** No route sets them, and none should: the operator unlocks PUK1, and only guesses use attempts up. */
async function setAttemptsLeft(store: Store, msisdn: string, puk1AttemptsLeft: number): Promise<void> {
  const [bucket, name] = [bucketOf(msisdn), subscriberName(msisdn)]
  const { nowMs, records } = await store.load(bucket, [name])
  const record = records[0]
  if (!record) return
  const value = JSON.stringify({ ...(JSON.parse(record.value) as object), puk1AttemptsLeft })
  const changes = [{ name, expect: record.version, become: { kind: 'value', value } } as const]
  await store.commit({ bucket, changes, journal: [], deadlineMs: nowMs + 5000 })
}

/**
 * An application that runs elsewhere. A gateway of ours is known by its address, `/ussd/<dialect>`; with its admin token,
 * subscribers can be registered there.
 */
export function remoteTarget(options: {
  readonly callbackUrl: URL
  readonly eventsUrl?: string | undefined
  readonly dialect: Dialect
  readonly network?: Pick<Line, 'profile' | 'faults'>
  readonly callbackToken: string | undefined
  readonly adminToken: string | undefined
}): Target {
  const { callbackUrl, dialect, network = {}, callbackToken, adminToken } = options
  const isOurs = /^\/ussd\/[\w-]+$/.test(callbackUrl.pathname)
  const events = new URL(callbackUrl)
  events.pathname += '/events'
  return {
    clock: undefined,
    line: {
      dialect,
      callbackUrl: callbackUrl.href,
      eventsUrl: options.eventsUrl ?? (isOurs ? events.href : undefined),
      token: callbackToken,
      ...network,
    },
    gateway: isOurs ? remoteGateway(callbackUrl.origin, adminToken) : undefined,
    close: async () => {},
  }
}

function remoteGateway(origin: string, adminToken: string | undefined): TargetGateway {
  const administer = async (method: 'GET' | 'PUT' | 'DELETE', msisdn: string, body?: object) => {
    if (adminToken === undefined)
      throw new Unusable('the subscribers of a running gateway need its ADMIN_TOKEN in the environment')
    const answer = await ask(origin, {
      method,
      path: `/subscribers/${msisdn}`,
      token: adminToken,
      ...(body && { body }),
    })
    if (answer.status === 401) throw new Unusable('the gateway does not know this ADMIN_TOKEN')
    if (answer.status >= 400 && answer.status !== 404)
      throw new Unusable(`the gateway answered ${answer.status} where the operator set a subscriber`)
    return answer
  }
  return {
    async register({ msisdn, puk1AttemptsLeft, ...fields }) {
      if (puk1AttemptsLeft !== undefined && puk1AttemptsLeft !== 10)
        throw new Unusable('PUK1 attempts can be set only where the gateway is in this process')
      await administer('DELETE', msisdn)
      await administer('PUT', msisdn, fields)
    },
    change: async (msisdn, patch) => void (await administer('PUT', msisdn, patch)),
    async look(msisdn) {
      const { status, body } = await administer('GET', msisdn)
      return status === 404 ? undefined : (body as Awaited<ReturnType<TargetGateway['look']>>)
    },
    ask: (request) => ask(origin, request),
    performed: undefined,
  }
}

async function ask(
  origin: string,
  request: {
    readonly method: string
    readonly path: string
    readonly body?: object
    readonly token?: string | undefined
  },
): Promise<{ readonly status: number; readonly body: unknown }> {
  const { method, path, body, token } = request
  const response = await fetch(new URL(path, origin), {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Unusable(`nothing answers at ${origin}`)
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : undefined }
}
