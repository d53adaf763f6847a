/** Puts the parts together: the only file that constructs them, and the only one that listens. */
import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { menus } from '../menus/index.ts'
import { isLoopback } from './config.ts'
import type { Config } from './config.ts'
import { africastalking } from './dialects/africastalking.ts'
import { dialects } from './dialects/index.ts'
import type { EffectsOfAll } from './engine/authoring.ts'
import { UssdError, asUssdError } from './engine/errors.ts'
import type { Menu } from './engine/menu.ts'
import type { Call } from './gateway/effects.ts'
import { createGateway } from './gateway/gateway.ts'
import { createKeyring } from './gateway/keyring.ts'
import type { Store } from './gateway/ports.ts'
import { createApp } from './http/app.ts'
import { handsetRoutes } from './http/handsets.ts'
import { openApiDocument } from './http/openapi.ts'
import { operationsRoutes } from './http/operations.ts'
import { selfCareRoutes } from './http/self-care.ts'
import { createHttpServer } from './http/server.ts'
import { subscriberRoutes } from './http/subscribers.ts'
import { createTokenCheck } from './http/tokens.ts'
import type { Log } from './log.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import { registerDemoSubscribers } from './services/demo.ts'
import { createHashing } from './services/hashing.ts'
import { createServices } from './services/index.ts'
import { createPasswords } from './services/password.ts'
import { createPuk1 } from './services/puk1.ts'
import { createSelfCare } from './services/self-care.ts'
import { createSubscribers } from './services/subscribers.ts'
import type { Subscribers } from './services/subscribers.ts'
import { createHandsets } from './simulator/handset.ts'
import { createMemoryStore } from './store/memory.ts'
import { createRedisClient } from './store/redis/client.ts'
import { checkRedisPolicy } from './store/redis/policy.ts'
import { createRedisStore } from './store/redis/store.ts'

/** Requests that are not turns may take this long: an operator's client waits longer than a subscriber. */
const REQUEST_BUDGET_MS = 5000

/** A load balancer asks `/readyz` this often; until it has, it still sends turns. */
const NOTICE_MS = 1500
const LAST_TURNS_MS = 2000

export interface Composed {
  /** Listens as configured, and resolves once requests are taken. */
  listen(): Promise<{ readonly url: string }>
  /**
   * Finishes the turns under way and ends. `gently`: says first, for as long as a load balancer needs to hear it, that it is
   * no longer ready.
   */
  close(how: 'now' | 'gently'): Promise<void>
  readonly server: Server
  readonly subscribers: Subscribers
  readonly store: Store
}

export function compose(
  config: Config,
  /** For tests: another store, other menus, another place for the log. */
  instead: {
    readonly store?: Store
    readonly menus?: Readonly<Record<string, Menu>>
    readonly logTo?: NodeJS.WritableStream
  } = {},
): Composed {
  const log = createLog({ level: config.logLevel, ...(instead.logTo && { stream: instead.logTo }) })
  const keyring = createKeyring({
    current: config.secretsKey ?? randomBytes(32),
    retired: config.retiredSecretsKeys,
  })
  const { store, check } = instead.store
    ? { store: instead.store, check: async () => {} }
    : openStore(config, log)

  const hashing = createHashing({ keyring })
  const passwords = createPasswords(hashing)
  const puk1 = createPuk1(hashing)
  const { weakPasswords, sessionIdleMs, turnBudgetMs, repeatWithinMs } = config
  const services = createServices({ passwords, puk1, keyring, weakPasswords })
  // Every menu finds its effects, with the inputs and outcomes it expects: a menu that does not fails to compile here.
  services satisfies EffectsOfAll<typeof menus, Call>
  const metrics = createMetrics(hashing)
  const gateway = createGateway({
    store,
    menus: instead.menus ?? menus,
    services,
    keyring,
    sessionIdleMs,
    turnBudgetMs,
    repeatWithinMs,
    report(turn) {
      metrics.turn(turn)
      log.turn(turn)
    },
  })
  const subscribers = createSubscribers({ store, hashing, passwords, budgetMs: REQUEST_BUDGET_MS })
  const selfCare = createSelfCare({ store, hashing, passwords, puk1, keyring, budgetMs: REQUEST_BUDGET_MS })

  let url = ''
  let isStopping = false
  const notReadyBecause = async () => {
    if (isStopping) return 'the gateway is stopping'
    return store.ping().then(
      () => undefined,
      (error: unknown) => asUssdError(error).message,
    )
  }

  const { callbackToken, adminToken } = config
  const simulator = () => {
    const handsets = createHandsets({
      dialect: africastalking,
      callbackUrl: () => `${url}/ussd/${africastalking.name}`,
      ...(callbackToken !== undefined && { token: callbackToken }),
    })
    // Whoever may type on these phones is every subscriber at once: from another machine only the operator may.
    const isAdmin = adminToken === undefined ? () => false : createTokenCheck(adminToken)
    const isAllowed = isLoopback(config.host) ? () => true : isAdmin
    return handsetRoutes({ handsets, isAllowed })
  }
  const app = createApp({
    gateway,
    dialects,
    callbackToken,
    routes: [
      operationsRoutes({ notReadyBecause, metrics, openApi: openApiDocument() }),
      ...(config.simulator ? [simulator()] : []),
      subscriberRoutes({ subscribers, adminToken }),
      selfCareRoutes({ selfCare, weakPasswords }),
    ],
    reportFault: (fault) => log.fault('request failed', fault),
  })
  const server = createHttpServer(app)
  server.prependListener('request', (_request, response) => {
    if (isStopping) response.setHeader('Connection', 'close')
  })

  return {
    server,
    subscribers,
    store,

    async listen() {
      await check()
      if (config.demo) {
        await registerDemoSubscribers(subscribers).catch((error: unknown) =>
          log.fault('the demo subscribers could not be registered', asUssdError(error)),
        )
      }
      server.listen(config.port, config.host)
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      url = `http://${reachable(config.host)}:${port}`
      log.event('listening', {
        url,
        store: config.store.kind,
        simulator: config.simulator,
        demo: config.demo,
      })
      return { url }
    },

    async close(how) {
      isStopping = true
      if (server.listening) {
        if (how === 'gently') await pause(NOTICE_MS)
        const closed = once(server, 'close')
        server.close()
        server.closeIdleConnections()
        await Promise.race([closed, pause(LAST_TURNS_MS)])
        server.closeAllConnections()
        await closed
      }
      await store.close()
      log.event('stopped')
    },
  }
}

function openStore(config: Config, log: Log): { store: Store; check: () => Promise<void> } {
  if (config.store.kind === 'embedded') {
    log.warning('the embedded store forgets everything on exit; set REDIS_URL to keep it')
    return { store: createMemoryStore(), check: async () => {} }
  }
  const client = createRedisClient(
    config.store.kind === 'redis' ? { url: config.store.url } : { clusterNodes: config.store.nodes },
  )
  return {
    store: createRedisStore({ client }),
    /** A Redis that drops records is refused; one that is not there yet is waited for by the turns themselves. */
    async check() {
      if (!(await client.whenReady(2000))) {
        log.warning('Redis does not answer yet', { cause: client.lastFault() ?? 'unknown' })
        return
      }
      const findings = await checkRedisPolicy(client)
      for (const { kind, says } of findings) if (kind === 'warning') log.warning(says)
      const problems = findings.filter(({ kind }) => kind === 'problem').map(({ says }) => says)
      if (problems.length > 0) throw new UssdError('USSD_MISCONFIGURED', { detail: problems.join(' ') })
    },
  }
}

/** A host as this machine can call it: "every address" is none that can be called everywhere. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms).unref())
