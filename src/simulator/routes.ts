import type { Dialect } from '../dialects/dialect.ts'
import { parseFaults } from './faults.ts'
import type { Route } from './network.ts'
import { parseProfile } from './profiles.ts'
import { invalidOption } from './option-syntax.ts'
import type { ParsedOption } from './option-syntax.ts'
import { parseTarget } from './targets.ts'

/** Where a phone's next dialogue is to lead, as it is said in an address; what is not said is as usual. */
export interface RouteQuery {
  /** An application's callback; without it, this gateway's. */
  readonly url?: string | undefined
  readonly dialect?: string | undefined
  /** As `parseProfile` reads it. */
  readonly profile?: string | undefined
  /** Where the application of `url` hears events, in dialects that have an address for them. */
  readonly events?: string | undefined
  /** As `parseFaults` reads them, with their seed, a whole number. */
  readonly faults?: string | undefined
  readonly seed?: string | undefined
}

type RouteResult =
  /** `line` is undefined where nothing was wanted. */
  | { readonly kind: 'line'; readonly line: Route | undefined }
  | { readonly kind: 'malformed'; readonly sentence: string }
  /** It may not lead there. */
  | { readonly kind: 'refused'; readonly sentence: string }

/** The lines a phone may be given. */
export type ResolveRoute = (wanted: RouteQuery) => RouteResult

/** The carrier, and what is to go wrong. */
export function parseNetwork({
  profile: carrier = 'default',
  faults: spelt,
  seed = '1',
}: Pick<RouteQuery, 'profile' | 'faults' | 'seed'>): ParsedOption<Pick<Route, 'profile' | 'faults'>> {
  const profile = parseProfile(carrier)
  if (profile.kind === 'malformed') return profile
  if (!/^\d{1,9}$/.test(seed)) return invalidOption('The seed is a whole number of at most nine digits.')
  const faults = parseFaults(spelt ?? '', Number(seed))
  if (faults.kind === 'malformed') return faults
  const isCalm = spelt === undefined
  return { kind: 'ok', value: { profile: profile.value, faults: isCalm ? undefined : faults.value } }
}

/**
 * @param own the line to this gateway in a dialect
 * @param usual the dialect where none is named
 * @param isAllowed whether an application of somebody else may be called. It is never shown a token of ours.
 */
export function createRouteResolver(options: {
  readonly dialects: Readonly<Record<string, Dialect>>
  readonly usual: Dialect
  readonly own: (dialect: Dialect) => Route
  readonly isAllowed: (target: URL) => boolean
}): ResolveRoute {
  const { dialects, usual, own, isAllowed } = options
  return (wanted) => {
    if (Object.values(wanted).every((value) => value === undefined)) return { kind: 'line', line: undefined }
    const { url, dialect: name = usual.name, events } = wanted

    const dialect = Object.hasOwn(dialects, name) ? dialects[name] : undefined
    if (!dialect)
      return invalidOption(`There is no such dialect; there are: ${Object.keys(dialects).join(', ')}.`)
    const network = parseNetwork(wanted)
    if (network.kind === 'malformed') return network

    if (events !== undefined && url === undefined) return invalidOption('An address of events needs a url.')
    if (url === undefined) return { kind: 'line', line: { ...own(dialect), ...network.value } }
    for (const address of [url, events]) {
      if (address === undefined) continue
      const target = parseTarget(address)
      if (!target)
        return invalidOption('A target is an address such as http://127.0.0.1:3000/ussd, without a password.')
      if (!isAllowed(target))
        return { kind: 'refused', sentence: 'SIMULATOR_TARGETS does not name this target.' }
    }
    return { kind: 'line', line: { dialect, callbackUrl: url, eventsUrl: events, ...network.value } }
  }
}
