/** Starts the app: builds the core, serves it over HTTP, listens. */
import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { menus } from '../menus/index.ts'
import { isLoopback } from './config.ts'
import type { Config } from './config.ts'
import { createCore } from './core.ts'
import type { CoreOverrides } from './core.ts'
import { africastalking } from './dialects/africastalking.ts'
import { dialectsWith, spokenWith } from './dialects/index.ts'
import type { EffectsOfAll } from './engine/authoring.ts'
import { UssdError, asUssdError } from './engine/errors.ts'
import type { Menu } from './engine/menu.ts'
import type { EffectContext, Services } from './gateway/effects.ts'
import { createKeyring } from './gateway/records/keyring.ts'
import type { Store } from './gateway/ports.ts'
import { administrationRoutes } from './http/administration.ts'
import { createApp } from './http/app.ts'
import { openApiDocument } from './http/openapi/openapi.ts'
import { healthRoutes } from './http/operations.ts'
import { selfCareRoutes } from './http/self-care.ts'
import { throwListenFault } from './http/listen-fault.ts'
import { createHttpServer } from './http/server.ts'
import { createSimulator } from './http/simulator/simulator.ts'
import { subscriberRoutes } from './http/subscribers.ts'
import { createTokenCheck } from './http/tokens.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import { openStore } from './open-store.ts'
import type { OpenedStore } from './open-store.ts'
import { createReadiness } from './http/readiness.ts'
import { registerDemoSubscribers } from './services/demo.ts'
import type { Subscribers } from './services/subscribers.ts'
import { weakness } from './services/weak-password.ts'

/**
 * A load balancer asks `/readyz` this often; until it has, it still sends turns. One that is late is waited for: until no turn
 * has come for a while, up to a limit that lies inside the hard stop.
 */
const NOTICE_MS = 1500
const QUIET_FOR_MS = 500
const NOTICE_AT_MOST_MS = 5000
const LAST_TURNS_MS = 2000

export interface App {
  /** Listens as configured, and resolves once requests are taken. */
  listen(): Promise<{ readonly url: string }>
  /**
   * Finishes the turns under way and ends. `gently`: says first, for as long as a load balancer needs to hear it, that it is
   * no longer ready.
   */
  close(how: 'now' | 'gently'): Promise<void>
  /** Puts into the log that the process cannot go on. */
  logCrash(fault: UssdError): void
  /** Resolves when the log is written, or after a while. */
  flushLog(): Promise<void>
  readonly server: Server
  readonly subscribers: Subscribers
  readonly store: Store
}

export function startApp(
  config: Config,
  /** For tests and tools: another store, other menus, services that are watched, another place for the log. */
  instead: {
    readonly store?: Store
    readonly menus?: Readonly<Record<string, Menu>>
    readonly around?: (services: Services) => Services
    readonly overrides?: CoreOverrides
    readonly logTo?: NodeJS.WritableStream
  } = {},
): App {
  const log = createLog({ level: config.logLevel, ...(instead.logTo && { stream: instead.logTo }) })
  const keyring = createKeyring({
    current: config.secretsKey ?? randomBytes(32),
    retired: config.retiredSecretsKeys,
  })
  const opened: OpenedStore = instead.store ? { store: instead.store } : openStore(config, log)
  const core = createCore({
    settings: config,
    store: opened.store,
    kind: config.store.kind === 'embedded' ? 'embedded' : 'shared',
    nodeOf: opened.nodeOf,
    keyring,
    menus: instead.menus ?? menus,
    events: {
      onTurn(report) {
        metrics.turn(report)
        log.turn(report)
      },
      onShed: (dialect) => metrics.shed(dialect),
      onCircuitChange: (news) => log.circuit(news),
      onAdmissionChange: (news) => log.admission(news),
    },
    overrides: { ...instead.overrides, ...(instead.around && { wrapServices: instead.around }) },
  })
  // Every menu finds its effects, with the inputs and outcomes it expects: a menu that does not fails to compile here.
  core.services satisfies EffectsOfAll<typeof menus, EffectContext>
  const {
    gateway,
    subscribers,
    selfCare,
    administration,
    store,
    circuitBreaker: breaker,
    admission,
    lanes,
  } = core
  const metrics = createMetrics({ ...lanes, breaker, admission, log })
  const dialects = dialectsWith(config.getVariant)
  const { weakPasswords } = config

  let url = ''
  let isStopping = false
  const readiness = createReadiness({
    checks: {
      ...opened.checks,
      store: () => store.ping().then(() => undefined),
      keys: () => core.missingKeys(),
    },
    onChange: (reason) => log.readiness(reason),
  })
  const notReadyBecause = () => (isStopping ? 'the gateway is stopping' : readiness.reason())

  const { callbackToken, adminToken } = config
  const simulator = () => {
    // Whoever may type on these phones is every subscriber at once: from another machine only the operator may.
    const isAdmin = adminToken === undefined ? () => false : createTokenCheck(adminToken)
    return createSimulator({
      dialects: spokenWith(config.getVariant),
      usual: africastalking,
      url: () => url,
      token: callbackToken,
      signatureKey: config.callbackSignatureKeys[0],
      targets: config.simulatorTargets,
      isAllowed: () => isLoopback(config.host),
      isAdmin,
      codes: Object.keys(instead.menus ?? menus),
      look: (msisdn) => subscribers.get(msisdn),
      weaknessOf: (digits, msisdn) => weakness(digits, { msisdn, thisYear: new Date().getUTCFullYear() }),
    })
  }
  const simulated = config.simulator ? simulator() : undefined
  const app = createApp({
    gateway,
    dialects,
    callbackToken,
    callbackSignatureKeys: config.callbackSignatureKeys,
    nowMs: () => core.storeNowMs(),
    callbackAllow: config.callbackAllow,
    routes: [
      healthRoutes({ notReadyBecause, metrics, openApi: openApiDocument(dialects) }),
      ...(simulated?.routes ?? []),
      subscriberRoutes({ subscribers, adminToken }),
      selfCareRoutes({ selfCare, weakPasswords }),
      administrationRoutes({ selfCare, administration }),
    ],
    reportFault: (fault) => log.fault('request failed', fault),
  })
  const server = createHttpServer(app)
  let lastCallMs = 0
  server.prependListener('request', (request, response) => {
    if (!isStopping) return
    response.setHeader('Connection', 'close')
    if (request.url?.startsWith('/ussd/')) lastCallMs = performance.now()
  })
  const noticed = async () => {
    const sinceMs = performance.now()
    await pause(NOTICE_MS)
    const isStillCalled = () => performance.now() - lastCallMs < QUIET_FOR_MS
    while (isStillCalled() && performance.now() - sinceMs < NOTICE_AT_MOST_MS) await pause(50)
  }

  return {
    server,
    subscribers,
    store,
    logCrash: (fault) => log.fault('the process cannot go on', fault),
    flushLog: () => log.flush(),

    async listen() {
      await opened.check?.()
      await core.check()
      if (config.demo) {
        await registerDemoSubscribers(subscribers).catch((error: unknown) =>
          log.fault('the demo subscribers could not be registered', asUssdError(error)),
        )
      }
      await readiness.start()
      server.listen(config.port, config.host)
      await once(server, 'listening').catch(throwListenFault(config))
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
      readiness.stop()
      simulated?.close()
      if (server.listening) {
        if (how === 'gently') await noticed()
        const closed = once(server, 'close')
        server.close()
        server.closeIdleConnections()
        await Promise.race([closed, pause(LAST_TURNS_MS)])
        server.closeAllConnections()
        await closed
      }
      await core.close()
      log.event('stopped')
      await log.flush()
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
