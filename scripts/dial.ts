/**
 * npm run dial: a phone in the terminal. It is the handset and the network, and calls an application's callback over HTTP:
 * that of `--url`, that of the gateway which runs at the usual address, or that of one it starts for itself.
 */
import { connect } from 'node:net'
import { stderr, stdin, stdout } from 'node:process'
import { Command, CommanderError, Option } from 'commander'
import { menus } from '../menus/index.ts'
import { loadConfig } from '../src/config.ts'
import type { Config } from '../src/config.ts'
import { dialects, dialectsWith } from '../src/dialects/index.ts'
import { languages } from '../src/engine/authoring.ts'
import type { Language } from '../src/engine/authoring.ts'
import { UssdError } from '../src/engine/errors.ts'
import { dial } from '../src/simulator/dial-pad.ts'
import { createHandsets } from '../src/simulator/handset.ts'
import { parseNetwork } from '../src/simulator/lines.ts'
import type { Wanted } from '../src/simulator/lines.ts'
import { profiles } from '../src/simulator/profiles.ts'
import { useInTerminal } from '../src/simulator/terminal.ts'
import { parseMsisdn } from '../src/ussd/msisdn.ts'

/** Why there is no phone to use: a sentence, and the exit code, 2 where the command was called wrongly. */
class Stop extends Error {
  readonly exitCode: 1 | 2

  constructor(sentence: string, exitCode: 1 | 2) {
    super(sentence)
    this.exitCode = exitCode
  }
}

/** Where the phone calls, and how its subscriber's language is set there. */
interface Site {
  readonly callbackUrl: string
  /** Where a gateway of ours hears that a dialogue is over, in dialects that have an address for that. */
  readonly eventsUrl: string | undefined
  setLanguage(msisdn: string, language: Language): Promise<void>
  close(): Promise<void>
}

interface Given extends Pick<Wanted, 'url' | 'profile' | 'faults' | 'seed'> {
  readonly msisdn: string
  readonly lang?: Language
  readonly dialect: string
  readonly eventsUrl?: string
}

const command = new Command('npm run dial --')
  .usage('[code] [options]')
  .description('A phone in the terminal: dial a code, see the screen, answer.')
  .argument('[code]', 'what is dialled first, in quotes')
  .option('--msisdn <number>', 'whose phone it is: a mobile number of Belarus', '+375291234567')
  .addOption(
    new Option(
      '--lang <language>',
      "puts the subscriber's screens in a language; at a running gateway with ADMIN_TOKEN",
    ).choices(languages),
  )
  .option(
    '--url <address>',
    "an application's callback, or a gateway (default: the one of PORT, else its own)",
  )
  .option(
    '--dialect <name>',
    `the callback's wire format: ${Object.keys(dialects).join(', ')}`,
    'africastalking',
  )
  .option(
    '--profile <name>',
    `the carrier: ${Object.keys(profiles).join(', ')}; figures may follow: a1,idle=20s,longer=cut`,
    'default',
  )
  .option('--events-url <address>', 'where an application of --url hears that a dialogue is over')
  .option('--faults <list>', 'what the network does wrong: duplicate, delay, drop, reorder, reset, begin')
  .option('--seed <number>', 'which faults strike: the same seed brings the same', '1')
  .addHelpText(
    'after',
    `
Examples:
  npm run dial -- '*141*0#'
  npm run dial -- '*141*3*6#' --msisdn '+375291234568' --lang be
  npm run dial -- '*141#' --url https://application.example/ussd --profile safaricom
  npm run dial -- '*141*0#' --faults 'duplicate=0.2,delay=0.1:50ms,drop=0.1:retry' --seed 7
  printf '*141*0#\\n80291\\n80291\\n' | npm run -s dial

Ctrl-C hangs up, Ctrl-D leaves. CALLBACK_TOKEN is sent as a bearer token.
Exit code: 0 all went well, 1 something failed, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

async function main(): Promise<boolean> {
  command.parse()
  const config = loadConfig()
  const [code] = command.args
  const given = command.opts<Given>()
  // An application of the GET family is spoken to in the form that is set.
  const spoken = dialectsWith(config.getDialect)
  const dialect = Object.hasOwn(spoken, given.dialect) ? spoken[given.dialect] : undefined
  if (!dialect) throw new Stop(`there is no such dialect; there are: ${Object.keys(dialects).join(', ')}`, 2)
  const number = parseMsisdn(given.msisdn)
  if (number.kind === 'reject') throw new Stop('--msisdn is not a mobile number of Belarus', 2)
  const pressed = code === undefined ? undefined : dial(code)
  if (pressed?.kind === 'refused') throw new Stop(pressed.sentence, 2)

  const network = parseNetwork(given)
  if (network.kind === 'malformed') throw new Stop(network.sentence, 2)
  if (given.eventsUrl !== undefined) addressOf(given.eventsUrl, '--events-url')
  const site = await reach(given.url, dialect.name, config)
  try {
    if (given.lang !== undefined) await site.setLanguage(number.e164, given.lang)
    const { callbackUrl } = site
    const eventsUrl = given.eventsUrl ?? site.eventsUrl
    const line = { dialect, callbackUrl, eventsUrl, token: config.callbackToken, ...network.value }
    const handsets = createHandsets(line)
    setInterval(() => handsets.tick(), 1000).unref()
    const { failed } = await useInTerminal({
      handsets,
      msisdn: number.e164,
      code,
      codes: Object.keys(menus),
      input: stdin,
      output: stdout,
      terminal:
        stdin.isTTY && stdout.isTTY
          ? { columns: () => stdout.columns || 80, hasColours: stdout.hasColors() }
          : undefined,
    })
    await handsets.settle()
    return failed
  } finally {
    await site.close()
  }
}

async function reach(address: string | undefined, dialect: string, config: Config): Promise<Site> {
  if (address !== undefined) {
    const url = addressOf(address)
    if (!(await isListening(url))) throw new Stop(`nothing answers at ${url.origin}`, 1)
    if (url.pathname === '/') url.pathname = `/ussd/${dialect}`
    return siteAt(url, config)
  }
  const usual = new URL(`http://127.0.0.1:${config.port}/ussd/${dialect}`)
  return config.port !== 0 && (await isGateway(usual))
    ? siteAt(usual, config)
    : ownSite(usual, dialect, config)
}

function addressOf(address: string, option = '--url'): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Stop(`${option} is not an address such as http://127.0.0.1:8141`, 2)
  if (url.username !== '' || url.password !== '')
    throw new Stop(`${option} has a password in it; set CALLBACK_TOKEN instead`, 2)
  return url
}

/** Whether anything takes connections there. Nothing is sent: it may be somebody's application. */
function isListening({ protocol, hostname, port }: URL): Promise<boolean> {
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
function siteAt(url: URL, { adminToken }: Config): Site {
  const isOurs = /^\/ussd\/[\w-]+$/.test(url.pathname)
  return {
    callbackUrl: url.href,
    eventsUrl: isOurs ? eventsOf(url) : undefined,
    async setLanguage(msisdn, language) {
      if (!isOurs) throw new Stop('--lang is for a gateway, and --url names an application', 2)
      if (adminToken === undefined)
        throw new Stop('--lang changes the subscriber of a running gateway: set ADMIN_TOKEN to its token', 1)
      const response = await fetch(new URL(`/subscribers/${msisdn}`, url), {
        method: 'PUT',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ language }),
        redirect: 'manual',
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined)
      await response?.body?.cancel()
      const answer = response ? `answered with status ${response.status}` : 'did not answer'
      if (!response?.ok) throw new Stop(`the language could not be set: the gateway ${answer}`, 1)
    },
    async close() {},
  }
}

/** A gateway in this process, on the embedded store whatever the environment says: a phone here is for trying things out. */
async function ownSite(usual: URL, dialect: string, config: Config): Promise<Site> {
  const { compose } = await import('../src/compose.ts')
  const gateway = compose(
    {
      ...config,
      port: 0,
      host: '127.0.0.1',
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
    close: () => gateway.close('now'),
  }
}

// A reader that has seen enough (`| head`) is no fault.
const leave = (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1)
stdout.on('error', leave)
stderr.on('error', leave)

try {
  if (await main()) process.exitCode = 1
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (error instanceof Stop || error instanceof UssdError) {
    stderr.write(`dial: ${error.message}\n`)
    process.exitCode = error instanceof Stop ? error.exitCode : 2
  } else throw error
}
