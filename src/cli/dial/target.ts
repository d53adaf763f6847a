import { connect } from 'node:net'
import type { Writable } from 'node:stream'
import type { Config } from '../../config.ts'
import type { Language } from '../../engine/authoring.ts'
import type { SubscriberView } from '../../walkthrough/run/target.ts'
import type { ServedProject } from '../../project.ts'
import { CommandError } from '../command-error.ts'

/** The application a phone in the terminal calls: a running one, or a gateway in this process. */
export interface DialTarget {
  readonly callbackUrl: string
  /** Where a gateway receives the end of a dialogue, in dialects that have an address for it. */
  readonly eventsUrl: string | undefined
  /** Throws `CommandError` when the language cannot be changed. */
  setLanguage(msisdn: string, language: Language): Promise<void>
  /** The subscriber's record, if the target lets us read it: with simulated phones, or with the admin token. */
  getSubscriber(msisdn: string): Promise<SubscriberView | undefined>
  close(): Promise<void>
}

/** Chooses the target: `--url`, else the gateway on the configured port, else one in this process. */
export async function resolveTarget(
  address: string | undefined,
  dialect: string,
  config: Config,
  loadProject: () => Promise<ServedProject>,
  stderr: Writable,
): Promise<DialTarget> {
  if (address !== undefined) {
    const url = parseAddress(address)
    if (!(await isListening(url))) throw new CommandError(`nothing listens at ${url.origin}`, 1)
    if (url.pathname === '/') url.pathname = `/ussd/${dialect}`
    return runningTarget(url, config)
  }
  const local = new URL(`http://127.0.0.1:${config.port}/ussd/${dialect}`)
  return config.port !== 0 && (await isGateway(local))
    ? runningTarget(local, config)
    : inProcessTarget(local, dialect, config, await loadProject(), stderr)
}

/** Parses an address of the web. Throws `CommandError` for anything else, and for an address with a password. */
export function parseAddress(address: string, option = '--url'): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw new CommandError(`${option} must be an address such as http://127.0.0.1:8141`, 2)
  if (url.username !== '' || url.password !== '')
    throw new CommandError(`${option} must not hold a password. Set CALLBACK_TOKEN instead.`, 2)
  return url
}

/** Tries to connect, and sends nothing: the application may be a foreign one. */
export function isListening({ protocol, hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const defaultPort = protocol === 'https:' ? 443 : 80
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || defaultPort })
    const finish = (listens: boolean) => {
      socket.destroy()
      resolve(listens)
    }
    socket.setTimeout(3000, () => finish(false))
    socket.on('connect', () => finish(true)).on('error', () => finish(false))
  })
}

const isGateway = (url: URL): Promise<boolean> =>
  fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(1000), redirect: 'manual' }).then(
    async (response) => (await response.text(), response.ok),
    () => false,
  )

/** Keeps the query: it may hold a token. */
function eventsAddress(callbackUrl: URL): string {
  const url = new URL(callbackUrl)
  url.pathname += '/events'
  return url.href
}

/** An application that is running. Its path tells whether it is a gateway. */
function runningTarget(url: URL, { adminToken }: Config): DialTarget {
  const isGatewayPath = /^\/ussd\/[\w-]+$/.test(url.pathname)
  const admin = adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` }
  return {
    callbackUrl: url.href,
    eventsUrl: isGatewayPath ? eventsAddress(url) : undefined,
    async setLanguage(msisdn, language) {
      if (!isGatewayPath) {
        throw new CommandError('--lang works with a gateway only, and --url names an application', 2)
      }
      if (adminToken === undefined) {
        throw new CommandError('--lang changes a record of the running gateway. Set ADMIN_TOKEN.', 1)
      }
      // A PUT would create the record, for good.
      const found = await request(url, `/subscribers/${msisdn}`, { headers: admin })
      if (found === 404) {
        throw new CommandError(
          `${msisdn} is not registered at ${url.origin}. Register it first: PUT /subscribers/${msisdn}`,
          1,
        )
      }
      const status = await request(url, `/subscribers/${msisdn}`, {
        method: 'PUT',
        headers: { ...admin, 'content-type': 'application/json' },
        body: JSON.stringify({ language }),
      })
      if (status === undefined || status >= 300) {
        const reason = status === undefined ? 'did not answer' : `answered with status ${status}`
        throw new CommandError(`cannot change the language: the gateway ${reason}`, 1)
      }
    },
    async getSubscriber(msisdn) {
      if (!isGatewayPath) return undefined
      return (
        (adminToken === undefined ? undefined : await readRecord(url, `/subscribers/${msisdn}`, admin)) ??
        readRecord(url, `/handsets/${msisdn}/subscriber`, admin)
      )
    },
    async close() {},
  }
}

/** Returns the status of a response, or undefined if there is none within 10 seconds. */
async function request(url: URL, path: string, init: RequestInit): Promise<number | undefined> {
  const signal = AbortSignal.timeout(10_000)
  const response = await fetch(new URL(path, url), { ...init, redirect: 'manual', signal }).catch(
    () => undefined,
  )
  await response?.body?.cancel()
  return response?.status
}

async function readRecord(
  url: URL,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<SubscriberView | undefined> {
  const signal = AbortSignal.timeout(10_000)
  try {
    const response = await fetch(new URL(path, url), { headers, signal, redirect: 'manual' })
    if (response.ok) return (await response.json()) as SubscriberView
    await response.body?.cancel()
  } catch {
    // A recording works without the record.
  }
  return undefined
}

/** A gateway in this process. It always uses the embedded store, whatever the environment says. */
async function inProcessTarget(
  local: URL,
  dialect: string,
  config: Config,
  project: ServedProject,
  stderr: Writable,
): Promise<DialTarget> {
  const { startApp } = await import('../../app.ts')
  const gateway = startApp(
    {
      ...config,
      port: 0,
      host: '127.0.0.1',
      callbackAllow: [],
      store: { kind: 'embedded' },
      demo: true,
      simulator: false,
      logLevel: config.logLevel === 'silent' ? 'silent' : 'error',
    },
    project,
    { logStream: stderr },
  )
  const { url } = await gateway.listen()
  stderr.write(`No gateway runs at ${local.origin}. Started one in this process; its data is lost on exit.\n`)
  return {
    callbackUrl: `${url}/ussd/${dialect}`,
    eventsUrl: `${url}/ussd/${dialect}/events`,
    setLanguage: async (msisdn, language) => void (await gateway.subscribers.put(msisdn, { language })),
    getSubscriber: (msisdn) => gateway.subscribers.get(msisdn),
    close: () => gateway.close('immediate'),
  }
}
