/**
 * npm run dial: a phone in the terminal. It is the handset and the network, and calls an application's callback over HTTP:
 * that of `--url`, that of the gateway which runs at the usual address, or that of one it starts for itself.
 */
import { stdin, stdout } from 'node:process'
import { Command, Option } from 'commander'
import { menus } from '../../menus/index.ts'
import { loadConfig } from '../config.ts'
import { spokenWith } from '../dialects/index.ts'
import { languages } from '../engine/authoring.ts'
import type { Language } from '../engine/authoring.ts'
import { dial } from '../simulator/dial-pad.ts'
import { createHandsets } from '../simulator/handset.ts'
import { parseNetwork } from '../simulator/routes.ts'
import type { RouteQuery } from '../simulator/routes.ts'
import { profiles } from '../simulator/profiles.ts'
import { useInTerminal } from '../simulator/terminal.ts'
import { parseMsisdn } from '../ussd/msisdn.ts'
import { runCommand } from './command.ts'
import { CommandError } from './command-error.ts'
import type { startRecording } from './dial/recording.ts'
import { addressOf, resolveTarget } from './dial/site.ts'

interface Given extends Pick<RouteQuery, 'url' | 'profile' | 'faults' | 'seed'> {
  readonly msisdn: string
  readonly lang?: Language
  readonly dialect: string
  readonly eventsUrl?: string
  readonly record?: string
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
    `the callback's wire format: ${Object.keys(spokenWith('advanta')).join(', ')}`,
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
  .option('--record <file>', 'writes down what is done, as a script for npm run walk; no secret is in it')
  .addHelpText(
    'after',
    `
Examples:
  npm run dial -- '*141*0#'
  npm run dial -- '*141*3*6#' --msisdn '+375291234568' --lang be
  npm run dial -- '*141#' --url https://application.example/ussd --profile safaricom
  npm run dial -- '*141*0#' --record password.yaml
  npm run dial -- '*141*0#' --faults 'duplicate=0.2,delay=0.1:50ms,drop=0.1:retry' --seed 7
  printf '*141*0#\\n80291\\n80291\\n' | npm run -s dial

Ctrl-C hangs up, Ctrl-D leaves. CALLBACK_TOKEN is sent as a bearer token;
callbacks are signed under the first of CALLBACK_SIGNATURE_KEYS.
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
  const spoken = spokenWith(config.getVariant)
  const dialect = Object.hasOwn(spoken, given.dialect) ? spoken[given.dialect] : undefined
  if (!dialect)
    throw new CommandError(`there is no such dialect; there are: ${Object.keys(spoken).join(', ')}`, 2)
  const number = parseMsisdn(given.msisdn)
  if (number.kind === 'reject') throw new CommandError('--msisdn is not a mobile number of Belarus', 2)
  const pressed = code === undefined ? undefined : dial(code)
  if (pressed?.kind === 'refused') throw new CommandError(pressed.sentence, 2)

  const network = parseNetwork(given)
  if (network.kind === 'malformed') throw new CommandError(network.sentence, 2)
  if (given.eventsUrl !== undefined) addressOf(given.eventsUrl, '--events-url')
  const site = await resolveTarget(given.url, dialect.name, config)
  try {
    if (given.lang !== undefined) await site.setLanguage(number.e164, given.lang)
    const { callbackUrl } = site
    const eventsUrl = given.eventsUrl ?? site.eventsUrl
    const { callbackToken: token, callbackSignatureKeys } = config
    const signatureKey = callbackSignatureKeys[0]
    const line = { dialect, callbackUrl, eventsUrl, token, signatureKey, ...network.value }
    const handsets = createHandsets(line)
    setInterval(() => handsets.tick(), 1000).unref()
    const recording =
      given.record === undefined
        ? undefined
        : await recordTo(given.record, number.e164, site, optionsOf(given))
    const { failed } = await useInTerminal({
      heard: recording?.recorder,
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
    await handsets.whenIdle()
    recording?.writeDown()
    return failed
  } finally {
    await site.close()
  }
}

/** As they are given to `npm run walk`. */
function optionsOf({ profile, faults, seed, dialect }: Given): readonly string[] {
  return [
    ...(dialect === 'africastalking' ? [] : ['--dialect', dialect]),
    ...(profile === undefined || profile === 'default' ? [] : ['--profile', profile]),
    ...(faults === undefined ? [] : ['--faults', faults, '--seed', seed ?? '1']),
  ]
}

/** Loaded only where somebody records: a phone is to ring soon. */
async function recordTo(
  ...to: Parameters<typeof startRecording>
): Promise<ReturnType<typeof startRecording>> {
  return (await import('./dial/recording.ts')).startRecording(...to)
}

await runCommand('dial', async () => ((await main()) ? 1 : 0))
