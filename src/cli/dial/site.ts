/** What a phone in the terminal calls: an application that runs, or a gateway started for it. */
import { connect } from 'node:net'
import { stderr } from 'node:process'
import type { Config } from '../../config.ts'
import type { Language } from '../../engine/authoring.ts'
import type { RecordedSubscriber } from '../../walkthrough/recorder.ts'
import { CommandError } from '../command-error.ts'

/** Where the phone calls, and how its subscriber's language is set there. */
export interface DialTarget {
  readonly callbackUrl: string
  /** Where a gateway of ours hears that a dialogue is over, in dialects that have an address for that. */
  readonly eventsUrl: string | undefined
  setLanguage(msisdn: string, language: Language): Promise<void>
  /** The subscriber's record, where it can be seen: of a gateway with simulated phones, or with its admin token. */
  look(msisdn: string): Promise<RecordedSubscriber | undefined>
  close(): Promise<void>
}

/** Where the phone calls: `--url`, else the gateway at the usual address, else one of its own. */
export async function resolveTarget(
  address: string | undefined,
  dialect: string,
  config: Config,
): Promise<DialTarget> {
  if (address !== undefined) {
    const url = addressOf(address)
    if (!(await isListening(url))) throw new CommandError(`nothing answers at ${url.origin}`, 1)
    if (url.pathname === '/') url.pathname = `/ussd/${dialect}`
    return siteAt(url, config)
  }
  const usual = new URL(`http://127.0.0.1:${config.port}/ussd/${dialect}`)
  return config.port !== 0 && (await isGateway(usual))
    ? siteAt(usual, config)
    : ownSite(usual, dialect, config)
}

/** Throws `Stop` for what is no address of the web, or has a password in it. */
export function addressOf(address: string, option = '--url'): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw new CommandError(`${option} is not an address such as http://127.0.0.1:8141`, 2)
  if (url.username !== '' || url.password !== '')
    throw new CommandError(`${option} has a password in it; set CALLBACK_TOKEN instead`, 2)
  return url
}

/** Whether anything takes connections there. Nothing is sent: it may be somebody's application. */
export function isListening({ protocol, hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const usualPort = protocol === 'https:' ? 443 : 80
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || usualPort })
    const finish = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
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

/** Its query is kept: it may hold a token. */
function eventsOf(callbackUrl: URL): string {
  const url = new URL(callbackUrl)
  url.pathname += '/events'
  return url.href
}

/** An application that runs already; whether it is a gateway of ours its address tells. */
function siteAt(url: URL, { adminToken }: Config): DialTarget {
  const isOurs = /^\/ussd\/[\w-]+$/.test(url.pathname)
  return {
    callbackUrl: url.href,
    eventsUrl: isOurs ? eventsOf(url) : undefined,
    async setLanguage(msisdn, language) {
      if (!isOurs) throw new CommandError('--lang is for a gateway, and --url names an application', 2)
      if (adminToken === undefined)
        throw new CommandError(
          '--lang changes the subscriber of a running gateway: set ADMIN_TOKEN to its token',
          1,
        )
      const response = await fetch(new URL(`/subscribers/${msisdn}`, url), {
        method: 'PUT',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ language }),
        redirect: 'manual',
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined)
      await response?.body?.cancel()
      const answer = response ? `answered with status ${response.status}` : 'did not answer'
      if (!response?.ok) throw new CommandError(`the language could not be set: the gateway ${answer}`, 1)
    },
    async look(msisdn) {
      if (!isOurs) return undefined
      const asAdmin = { authorization: `Bearer ${adminToken}` }
      return (
        (adminToken === undefined ? undefined : await readRecord(url, `/subscribers/${msisdn}`, asAdmin)) ??
        readRecord(url, `/handsets/${msisdn}/subscriber`, adminToken === undefined ? {} : asAdmin)
      )
    },
    async close() {},
  }
}

async function readRecord(
  url: URL,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<RecordedSubscriber | undefined> {
  const signal = AbortSignal.timeout(10_000)
  try {
    const response = await fetch(new URL(path, url), { headers, signal, redirect: 'manual' })
    if (response.ok) return (await response.json()) as RecordedSubscriber
    await response.body?.cancel()
  } catch {
    // What cannot be seen is not recorded.
  }
  return undefined
}

/** A gateway in this process, on the embedded store whatever the environment says: a phone here is for trying things out. */
async function ownSite(usual: URL, dialect: string, config: Config): Promise<DialTarget> {
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
    { logTo: stderr },
  )
  const { url } = await gateway.listen()
  stderr.write(
    `No gateway runs at ${usual.origin}: this one is in the process, and forgets everything at its end.\n`,
  )
  return {
    callbackUrl: `${url}/ussd/${dialect}`,
    eventsUrl: `${url}/ussd/${dialect}/events`,
    setLanguage: async (msisdn, language) => void (await gateway.subscribers.put(msisdn, { language })),
    look: (msisdn) => gateway.subscribers.get(msisdn),
    close: () => gateway.close('now'),
  }
}
