/** Starts the app: opens the store, builds the core, serves it over HTTP. */
import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import type { Config } from './config.ts'
import { createCore } from './core.ts'
import type { Core, CoreOverrides } from './core.ts'
import { gatewayDialects, networkDialects } from './dialects/index.ts'
import { UssdError, asUssdError } from './engine/errors.ts'
import type { Services } from './gateway/effects.ts'
import { createKeyring } from './gateway/records/keyring.ts'
import type { Store } from './gateway/ports.ts'
import { createApp } from './http/app.ts'
import { createListener } from './http/listener.ts'
import type { CloseMode, Listener } from './http/listener.ts'
import { openApiDocument } from './http/openapi/openapi.ts'
import { healthRoutes } from './http/operations.ts'
import { createReadiness } from './http/readiness.ts'
import type { Readiness } from './http/readiness.ts'
import { projectRoutes } from './http/project-routes.ts'
import { createHttpServer } from './http/server.ts'
import { createSimulatorServer, forwardedRoutes } from './http/simulator/forward.ts'
import { createSimulator } from './http/simulator/simulator.ts'
import { subscriberRoutes } from './http/subscribers.ts'
import { createLog } from './log.ts'
import type { Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Metrics } from './metrics.ts'
import { assertRoutes, demoOf, narrowProject } from './project.ts'
import type { ServedProject } from './project.ts'
import { openStore } from './open-store.ts'
import type { OpenedStore } from './open-store.ts'
import { registerDemoSubscribers } from './services/demo.ts'
import type { Subscribers } from './services/subscribers.ts'
import type { WorkerLink } from './workers/worker.ts'

export interface App {
  /** Checks the store, listens as configured, and resolves once requests are served. */
  listen(): Promise<{ readonly url: string }>
  /** Finishes the turns in flight and releases everything. */
  close(mode: CloseMode): Promise<void>
  /** Logs why the process must end. */
  logCrash(fault: UssdError): void
  /** Resolves when the log is written, or after a short timeout. */
  flushLog(): Promise<void>
  readonly server: Server
  readonly subscribers: Subscribers
  readonly store: Store
}

/** Replacements for tests and tools. */
export interface AppOverrides {
  readonly store?: Store
  readonly wrapServices?: (services: Services) => Services
  readonly logStream?: NodeJS.WritableStream
  readonly core?: CoreOverrides
  /** The primary process of this worker. */
  readonly primary?: WorkerLink | undefined
}

export function startApp(config: Config, given: ServedProject, overrides: AppOverrides = {}): App {
  const project = narrowProject(given, config)
  const log = createLog({
    level: config.logLevel,
    ...(overrides.logStream && { stream: overrides.logStream }),
  })
  const { primary } = overrides
  const isFirst = (primary?.worker ?? 1) === 1
  const opened: OpenedStore = overrides.store
    ? { store: overrides.store }
    : openStore(config, log, { warns: isFirst })
  const { core, metrics } = buildCore(config, { project, opened, log, overrides })
  const readiness = createReadiness({
    checks: {
      ...opened.checks,
      store: () => core.store.ping().then(() => undefined),
      keys: () => core.missingKeys(),
    },
    onChange: (reason) => log.readiness(reason),
  })
  const servesSimulator = config.simulator && (primary?.servesSimulator ?? true)
  const simulator = servesSimulator
    ? buildSimulator(config, { core, project, url: () => listener.url() })
    : undefined
  const simulatorRoutes =
    simulator?.routes ?? (config.simulator && primary ? [forwardedRoutes(() => primary.simulatorPort())] : [])
  if (primary) metrics.share()
  const server = buildServer(config, {
    project,
    core,
    metrics: primary ? { ...metrics, text: () => primary.metrics() } : metrics,
    readiness,
    log,
    simulatorRoutes,
  })
  /** The other workers forward their requests here. */
  const forwarded = primary && simulator ? createSimulatorServer(simulator.routes) : undefined
  const listener: Listener = createListener({ server, address: config, readiness })

  return {
    server,
    subscribers: core.subscribers,
    store: core.store,
    logCrash: (fault) => log.fault('process.crashed', fault),
    flushLog: () => log.flush(),

    async listen() {
      await opened.check?.()
      await core.check()
      if (isFirst && config.demo) {
        await registerDemoSubscribers(core.subscribers, demoOf(project)).catch((error: unknown) =>
          log.fault('demo.failed', asUssdError(error)),
        )
      }
      for (const message of isFirst ? config.deprecations : []) log.warning('config.deprecated', { message })
      const { url } = await listener.listen()
      primary?.reportListening(await forwarded?.listen())
      const { simulator, demo } = config
      log.event('server.listening', {
        url,
        store: config.store.kind,
        simulator,
        demo,
        ...(primary && { worker: primary.worker }),
      })
      return { url }
    },

    async close(mode) {
      simulator?.close()
      await listener.close(mode)
      forwarded?.close()
      await core.close()
      log.event('server.stopped')
      await log.flush()
    },
  }
}

function buildCore(
  config: Config,
  parts: {
    readonly project: ServedProject
    readonly opened: OpenedStore
    readonly log: Log
    readonly overrides: AppOverrides
  },
): { readonly core: Core; readonly metrics: Metrics } {
  const { project, opened, log, overrides } = parts
  const core = createCore({
    settings: config,
    store: opened.store,
    kind: config.store.kind === 'embedded' ? 'embedded' : 'shared',
    nodeOf: opened.nodeOf,
    keyring: createKeyring({
      current: config.secretsKey ?? randomBytes(32),
      retired: config.retiredSecretsKeys,
    }),
    project,
    events: {
      onTurn(report) {
        metrics.turn(report)
        log.turn(report)
      },
      onShed: (dialect) => metrics.shed(dialect),
      onCircuitChange: (event) => log.circuit(event),
      onAdmissionChange: (event) => log.admission(event),
    },
    overrides: {
      ...overrides.core,
      ...(overrides.wrapServices && { wrapServices: overrides.wrapServices }),
    },
  })
  const { lanes, circuitBreaker: breaker, admission } = core
  const metrics = createMetrics({ ...lanes, breaker, admission, log })
  return { core, metrics }
}

type Simulator = ReturnType<typeof createSimulator>

function buildSimulator(
  config: Config,
  parts: {
    readonly core: Core
    readonly project: ServedProject
    readonly url: () => string
  },
): Simulator {
  return createSimulator({
    dialects: networkDialects(config.getVariant),
    url: parts.url,
    host: config.host,
    callbackToken: config.callbackToken,
    signatureKey: config.callbackSignatureKeys[0],
    adminToken: config.adminToken,
    targets: config.simulatorTargets,
    codes: Object.keys(parts.project.codes),
    record: parts.project.record,
    numbering: parts.project.numbering,
    getSubscriber: (msisdn) => parts.core.subscribers.get(msisdn),
  })
}

function buildServer(
  config: Config,
  parts: {
    readonly project: ServedProject
    readonly core: Core
    readonly metrics: Pick<Metrics, 'contentType' | 'text' | 'aborted'>
    readonly readiness: Readiness
    readonly log: Log
    readonly simulatorRoutes: Simulator['routes']
  },
): Server {
  const { core, metrics, readiness, log, simulatorRoutes } = parts
  const { project } = parts
  const { numbering } = project
  const { gateway, subscribers } = core
  const routes = project.routes(core.routeKit)
  assertRoutes(routes)
  const { adminToken } = config
  const dialects = gatewayDialects(config.getVariant)
  const app = createApp({
    gateway,
    numbering,
    dialects,
    callbackToken: config.callbackToken,
    callbackSignatureKeys: config.callbackSignatureKeys,
    nowMs: () => core.storeNowMs(),
    callbackAllow: config.callbackAllow,
    routes: [
      healthRoutes({ readiness, metrics, openApi: openApiDocument(dialects, project, routes) }),
      ...simulatorRoutes,
      subscriberRoutes({ project, subscribers, adminToken }),
      projectRoutes({ routes, numbering, adminToken }),
    ],
    reportFault: (fault) => log.fault('request.failed', fault),
    onAborted(dialect) {
      metrics.aborted(dialect)
      log.warning('callback.aborted', { dialect })
    },
  })
  return createHttpServer(app)
}
