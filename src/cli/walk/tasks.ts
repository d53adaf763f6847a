/** What is to be walked, and on what: each walkthrough in each dialect that is asked for. */
import type { Config } from '../../config.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { dialects, spokenWith } from '../../dialects/index.ts'
import type { Menu } from '../../engine/menu.ts'
import { demoSubscribers } from '../../services/demo.ts'
import { weakness } from '../../services/weak-password.ts'
import { parseNetwork } from '../../simulator/routes.ts'
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

/** The demo subscribers' PUK1, which guard nothing, and those of the file that is named. */
export const knownSecrets = ({ secrets }: Pick<WalkOptions, 'secrets'>): KnownSecrets => ({
  ...Object.fromEntries(Object.entries(demoSubscribers).map(([msisdn, { puk1 }]) => [msisdn, { puk1 }])),
  ...(secrets !== undefined && readSecrets(secrets)),
})

/** At a gateway elsewhere time passes by itself, and nobody sits before a run that sleeps. */
const LONGEST_WAIT_MS = 60_000

/** Why a walkthrough cannot be walked on a gateway that runs elsewhere, if so. */
export function whyOnlyHere({ steps, handsets }: Walkthrough): string | undefined {
  const waitMs = steps.reduce((sum, { action }) => sum + (action.kind === 'wait' ? action.ms : 0), 0)
  if (waitMs > LONGEST_WAIT_MS) return `it waits for ${Math.round(waitMs / 60_000)} min`
  const fixtures = Object.values(handsets).flatMap(({ fixture }) => fixture ?? [])
  return fixtures.some(({ puk1AttemptsLeft = 10 }) => puk1AttemptsLeft < 10)
    ? 'it begins with PUK1 attempts used up'
    : undefined
}

/** Throws `Stop` where an option is wrong. */
export function tasksOf(
  walkthroughs: readonly Walkthrough[],
  given: WalkOptions,
  { config, menus }: { readonly config: Config; readonly menus: Readonly<Record<string, Menu>> },
): readonly Task<WalkResult>[] {
  const network = parseNetwork(given)
  if (network.kind === 'malformed') throw new CommandError(network.sentence, 2)
  const how = { known: knownSecrets(given), weaknessOf }
  const address = given.url === undefined ? undefined : parseAddress(given.url)
  const named = address && /^\/ussd\/([\w-]+)$/.exec(address.pathname)?.[1]
  const spoken = dialectsOf(given.dialect ?? named ?? 'africastalking', config)

  const targetFor = (walkthrough: Walkthrough, { dialect, form }: DialectOption): Promise<Target> => {
    if (address) {
      const callbackUrl = new URL(address)
      if (callbackUrl.pathname === '/') callbackUrl.pathname = `/ussd/${dialect.name}`
      const { callbackToken, adminToken, callbackSignatureKeys } = config
      const signatureKey = callbackSignatureKeys[0]
      const { eventsUrl } = given
      return Promise.resolve(
        remoteTarget({
          callbackUrl,
          eventsUrl,
          dialect,
          network: network.value,
          callbackToken,
          signatureKey,
          adminToken,
          existing: given.overwrite ? 'overwrite' : 'keep',
        }),
      )
    }
    const takesThemAsTheyAre = Object.values(walkthrough.handsets).some(({ fixture }) => !fixture)
    return inProcessTarget({
      dialect,
      network: network.value,
      menus,
      demo: takesThemAsTheyAre ? 'on' : 'off',
      ...(form !== undefined && { env: { GET_VARIANT: form } }),
    })
  }

  return spoken.flatMap((each) =>
    walkthroughs.map((walkthrough) => ({
      // Elsewhere all share one gateway, and a phone has one dialogue at a time; in this process each has its own.
      keys: address ? Object.values(walkthrough.handsets).map(({ msisdn }) => msisdn) : [],
      async run() {
        const target = await targetFor(walkthrough, each)
        try {
          return { ...(await walk(walkthrough, target, how)), dialect: each.name }
        } finally {
          await target.close()
        }
      },
    })),
  )
}

interface DialectOption {
  readonly name: string
  readonly dialect: Dialect
  /** Of the GET family: whose form. */
  readonly form: string | undefined
}

function dialectsOf(names: string, config: Config): readonly DialectOption[] {
  const spoken = spokenWith(config.getVariant)
  const wanted = names === 'all' ? Object.keys(dialects) : names.split(',').map((name) => name.trim())
  return wanted.map((name) => {
    const dialect = Object.hasOwn(spoken, name) ? spoken[name] : undefined
    if (!dialect)
      throw new CommandError(`there is no such dialect; there are: ${Object.keys(spoken).join(', ')}`, 2)
    const form = name === 'get' ? config.getVariant : /^get:(.+)$/.exec(name)?.[1]
    return { name, dialect, form }
  })
}
