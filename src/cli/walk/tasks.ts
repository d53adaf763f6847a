/** The tasks of a run: each walkthrough in each dialect, with its target. */
import type { Config } from '../../config.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { dialects, networkDialects } from '../../dialects/index.ts'
import { attemptsLeftOf } from '../../gateway/records/record.ts'
import type { ServedProject } from '../../project.ts'
import { weakness } from '../../services/weak-password.ts'
import { parseNetwork } from '../../simulator/routes.ts'
import type { NetworkOptions } from '../../simulator/routes.ts'
import type { WalkResult } from '../../walkthrough/run/result.ts'
import { walk } from '../../walkthrough/run/runner.ts'
import type { KnownSecrets, WeaknessOf } from '../../walkthrough/script/secrets.ts'
import type { Target } from '../../walkthrough/run/target.ts'
import type { Walkthrough } from '../../walkthrough/script/walkthrough.ts'
import { CommandError } from '../command-error.ts'
import { parseAddress } from '../dial/target.ts'
import type { WalkOptions } from './command.ts'
import { readSecrets } from './files.ts'
import { inProcessTarget } from './in-process.ts'
import type { Task } from './pool.ts'
import { remoteTarget } from './remote.ts'

export const weaknessOf: WeaknessOf = (digits, msisdn) =>
  weakness(digits, { msisdn, thisYear: new Date().getUTCFullYear() })

/** The secrets of the demo subscribers, which protect nothing, and those of the file of `--secrets`. */
export const knownSecrets = (
  { secrets }: Pick<WalkOptions, 'secrets'>,
  { demo, record }: Pick<ServedProject, 'demo' | 'record'>,
): KnownSecrets => ({
  ...Object.fromEntries(
    Object.entries(demo).map(([msisdn, fields]) => [
      msisdn,
      Object.fromEntries(
        Object.keys(record.secrets).map((name) => [name, fields[name] as string | undefined]),
      ),
    ]),
  ),
  ...(secrets !== undefined && readSecrets(secrets, record)),
})

/** A running gateway has no virtual clock, so waits take their real time. */
const MAX_REMOTE_WAIT_MS = 60_000

/** The reason a walkthrough runs only on a gateway in this process; undefined if it runs anywhere. */
export function localOnlyReason({ steps, handsets, secrets }: Walkthrough): string | undefined {
  const waitMs = steps.reduce((sum, { action }) => sum + (action.kind === 'wait' ? action.ms : 0), 0)
  if (waitMs > MAX_REMOTE_WAIT_MS) return `it waits for ${Math.round(waitMs / 60_000)} min`
  const fixtures = Object.values(handsets).flatMap(({ fixture }) => fixture ?? [])
  const used = Object.entries(secrets).find(
    ([name, { attempts }]) =>
      attempts !== undefined &&
      fixtures.some((fixture) => (fixture[attemptsLeftOf(name)] ?? attempts) !== attempts),
  )
  return used && `it starts with used attempts at ${used[0]}`
}

/** Creates the tasks of a run. Throws `CommandError` for an invalid option. */
export function tasksOf(
  walkthroughs: readonly Walkthrough[],
  options: WalkOptions,
  { config, project }: { readonly config: Config; readonly project: ServedProject },
): readonly Task<WalkResult>[] {
  const parsed = parseNetwork(options)
  if (parsed.kind === 'malformed') throw new CommandError(parsed.message, 2)
  const network = parsed.value
  const secrets = { known: knownSecrets(options, project), weaknessOf }
  const address = options.url === undefined ? undefined : parseAddress(options.url)
  const urlDialect = address && /^\/ussd\/([\w-]+)$/.exec(address.pathname)?.[1]

  const targetFor = (walkthrough: Walkthrough, { dialect, variant }: DialectOption): Promise<Target> => {
    if (address) return Promise.resolve(remoteTargetAt(address, { dialect, network, options, config }))
    const usesRegistered = Object.values(walkthrough.handsets).some(({ fixture }) => !fixture)
    return inProcessTarget({
      dialect,
      network,
      project,
      demo: usesRegistered ? 'on' : 'off',
      ...(variant !== undefined && { env: { GET_VARIANT: variant } }),
    })
  }

  return dialectsOf(options.dialect ?? urlDialect ?? 'africastalking', config).flatMap((each) =>
    walkthroughs.map((walkthrough) => ({
      // On a shared gateway, a phone has one dialogue at a time. In this process every walkthrough has its own gateway.
      keys: address ? Object.values(walkthrough.handsets).map(({ msisdn }) => msisdn) : [],
      async run() {
        const target = await targetFor(walkthrough, each)
        try {
          return { ...(await walk(walkthrough, target, secrets)), dialect: each.name }
        } finally {
          await target.close()
        }
      },
    })),
  )
}

function remoteTargetAt(
  address: URL,
  on: {
    readonly dialect: Dialect
    readonly network: NetworkOptions
    readonly options: WalkOptions
    readonly config: Config
  },
): Target {
  const { dialect, network, options, config } = on
  const callbackUrl = new URL(address)
  if (callbackUrl.pathname === '/') callbackUrl.pathname = `/ussd/${dialect.name}`
  return remoteTarget({
    callbackUrl,
    eventsUrl: options.eventsUrl,
    dialect,
    network,
    callbackToken: config.callbackToken,
    signatureKey: config.callbackSignatureKeys[0],
    adminToken: config.adminToken,
    existing: options.overwrite ? 'overwrite' : 'keep',
  })
}

interface DialectOption {
  readonly name: string
  readonly dialect: Dialect
  /** The aggregator whose form of GET it is; undefined outside the GET family. */
  readonly variant: string | undefined
}

function dialectsOf(list: string, config: Config): readonly DialectOption[] {
  const known = networkDialects(config.getVariant)
  const names = list === 'all' ? Object.keys(dialects) : list.split(',').map((name) => name.trim())
  return names.map((name) => {
    const dialect = Object.hasOwn(known, name) ? known[name] : undefined
    if (!dialect)
      throw new CommandError(
        `--dialect: unknown dialect. Choose from ${Object.keys(known).join(', ')}, or all`,
        2,
      )
    const variant = name === 'get' ? config.getVariant : /^get:(.+)$/.exec(name)?.[1]
    return { name, dialect, variant }
  })
}
