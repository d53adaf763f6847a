import { loadConfig } from '../config.ts'
import { networkDialects } from '../dialects/index.ts'
import type { Language } from '../engine/authoring.ts'
import { dial } from '../simulator/dial-pad.ts'
import { createHandsets } from '../simulator/handset.ts'
import { parseNetwork } from '../simulator/routes.ts'
import type { RouteQuery } from '../simulator/routes.ts'
import { profiles } from '../simulator/profiles.ts'
import { useInTerminal } from '../simulator/terminal.ts'
import { exampleNumber } from '../ussd/example-number.ts'
import { createNumbering, ofAnyCountry } from '../ussd/numbering.ts'
import type { Numbering } from '../ussd/numbering.ts'
import { plainRecord } from '../gateway/records/record.ts'
import { narrowProject } from '../project.ts'
import type { ServedProject } from '../project.ts'
import { defineCommand } from './command.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { CommandError } from './command-error.ts'
import { openRecording } from './dial/recording-file.ts'
import type * as RecordingModule from './dial/recording.ts'
import { parseAddress, resolveTarget } from './dial/target.ts'
import { NoProjectError } from './project.ts'

interface DialOptions extends Pick<
  RouteQuery,
  'url' | 'profile' | 'faults' | 'seed' | 'serviceCode' | 'network'
> {
  readonly msisdn?: string
  readonly lang?: Language
  readonly dialect: string
  readonly eventsUrl?: string
  readonly record?: string
  readonly overwrite?: true
}

async function main(
  options: DialOptions,
  [code]: readonly string[],
  { stdin, stdout, stderr, env }: CommandIo,
  loadProject: () => Promise<ServedProject>,
): Promise<ExitCode> {
  const config = loadConfig(env)
  const dialects = networkDialects(config.getVariant)
  const dialect = Object.hasOwn(dialects, options.dialect) ? dialects[options.dialect] : undefined
  if (!dialect) {
    throw new CommandError(`--dialect must be one of: ${Object.keys(dialects).join(', ')}`, 2)
  }
  const project = await loadProject().catch((error: unknown) => {
    // A phone can call an application without a project.
    if (options.url !== undefined && error instanceof NoProjectError) return undefined
    throw error
  })
  const codes = Object.keys(project?.codes ?? {})
  if (options.lang !== undefined && project && !project.languages.includes(options.lang))
    throw new CommandError(`--lang must be one of: ${project.languages.join(', ')}`, 2)
  const msisdn = numberOf(options, project && narrowProject(project, config).numbering)
  const keyed = code === undefined ? undefined : dial(code)
  if (keyed?.kind === 'refused') throw new CommandError(keyed.message, 2)
  const network = parseNetwork(options)
  if (network.kind === 'malformed') throw new CommandError(network.message, 2)
  if (options.eventsUrl !== undefined) parseAddress(options.eventsUrl, '--events-url')

  const recordingFile = options.record && openRecording(options.record, options.overwrite === true)
  const target = await resolveTarget(options.url, dialect.name, config, loadProject, stderr)
  try {
    if (options.lang !== undefined) await target.setLanguage(msisdn, options.lang)
    const handsets = createHandsets({
      dialect,
      callbackUrl: target.callbackUrl,
      eventsUrl: options.eventsUrl ?? target.eventsUrl,
      token: config.callbackToken,
      signatureKey: config.callbackSignatureKeys[0],
      ...network.value,
    })
    setInterval(() => handsets.tick(), 1000).unref()
    const recording = recordingFile
      ? await startRecording(
          recordingFile,
          msisdn,
          { codes, record: project?.record ?? plainRecord },
          target,
          networkOptions(options),
          stderr,
        )
      : undefined
    const { failed } = await useInTerminal({
      observer: recording?.recorder,
      handsets,
      msisdn,
      code,
      codes,
      input: stdin,
      output: stdout,
      terminal:
        stdin.isTTY && stdout.isTTY
          ? { columns: () => stdout.columns || 80, hasColours: stdout.hasColors?.() ?? false }
          : undefined,
    })
    await handsets.whenIdle()
    recording?.save()
    return failed ? 1 : 0
  } finally {
    await target.close()
  }
}

/** Returns the number of the phone in E.164. Another application may serve numbers of any country. */
function numberOf({ msisdn, url }: DialOptions, project: Numbering | undefined): string {
  const own = project ?? createNumbering({ countries: 'any' })
  if (msisdn === undefined) return exampleNumber(own)
  const numbering = url === undefined ? own : ofAnyCountry(own)
  const number = numbering.parse(msisdn)
  if (number.kind === 'msisdn') return number.e164
  throw new CommandError(`--msisdn ${numbering.requirement}`, 2)
}

/** Options of the simulated network, as `ussd walk` takes them. */
function networkOptions(options: DialOptions): readonly string[] {
  const { profile, faults, seed, dialect, serviceCode, network } = options
  return [
    ...(serviceCode === undefined ? [] : ['--service-code', serviceCode]),
    ...(dialect === 'africastalking' ? [] : ['--dialect', dialect]),
    ...(profile === undefined || profile === 'default' ? [] : ['--profile', profile]),
    ...(network === undefined ? [] : ['--network', network]),
    ...(faults === undefined ? [] : ['--faults', faults, '--seed', seed ?? '1']),
  ]
}

/** Loads the recorder only when it is needed: it would delay every start. */
async function startRecording(
  ...options: Parameters<typeof RecordingModule.startRecording>
): Promise<ReturnType<typeof RecordingModule.startRecording>> {
  return (await import('./dial/recording.ts')).startRecording(...options)
}

export const command = defineCommand<DialOptions>({
  name: 'dial',
  summary: 'A phone in the terminal: dial a code, read the screen, answer.',
  usage: '[code]',
  configure: (command) =>
    command
      .argument('[code]', 'the code to dial first, in quotes')
      .option(
        '--msisdn <number>',
        "the phone's number, of the project's countries; with --url, of any country (default: a demo subscriber, or an example of the project's country)",
      )
      .option('--lang <language>', "change the subscriber's language; a running gateway needs ADMIN_TOKEN")
      .option(
        '--url <address>',
        'callback of an application, or a gateway (default: the gateway on PORT, else one in this process)',
      )
      .option(
        '--dialect <name>',
        `wire format of the callback: ${Object.keys(networkDialects('advanta')).join(', ')}`,
        'africastalking',
      )
      .option(
        '--service-code <code>',
        'registered code: the application receives what the aggregator sends for a longer dialled string',
      )
      .option(
        '--profile <name>',
        `carrier: ${Object.keys(profiles).join(', ')}; values may follow: a1,idle=20s,longer=cut`,
        'default',
      )
      .option('--events-url <address>', 'where the application of --url receives the end of a dialogue')
      .option('--faults <list>', 'faults to inject: duplicate, delay, drop, reorder, reset, begin')
      .option(
        '--network <code>',
        'code or name of the network in the callbacks (default: by country or dialect)',
      )
      .option('--seed <number>', 'seed of the faults: the same seed injects the same faults', '1')
      .option('--record <file>', 'save the session as a test script for ussd walk, without secrets')
      .option('--overwrite', 'replace the file of --record if it exists'),
  details: `Examples:
  ussd dial '*141*0#'
  ussd dial '*141*3*6#' --msisdn '+375291234568' --lang be
  ussd dial '*141#' --url https://application.example/ussd --profile safaricom
  ussd dial '*384*123*1#' --service-code '*384*123#' --url http://127.0.0.1:3000/ussd
  ussd dial '*141*0#' --record password.yaml
  ussd dial '*141*0#' --faults 'duplicate=0.2,delay=0.1:50ms,drop=0.1:retry' --seed 7
  printf '*141*0#\\n80291\\n80291\\n' | ussd dial

Ctrl-C hangs up, Ctrl-D quits. Callbacks carry CALLBACK_TOKEN as a bearer token
and are signed with the first key of CALLBACK_SIGNATURE_KEYS.`,
  usesProject: true,
  exitCodes: { 0: 'success', 1: 'a dialogue failed' },
  run: main,
})
