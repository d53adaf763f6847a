import { malformed } from '../dialects/dialect.ts'
import { parseShortCode } from '../dialects/encoding/fields.ts'
import type { Dialect, Malformed } from '../dialects/dialect.ts'
import { refused } from './dial-pad.ts'
import type { Refused } from './dial-pad.ts'
import { parseFaults } from './faults.ts'
import type { Route } from './network.ts'
import { parseProfile } from './profiles.ts'
import type { ParsedOption } from './option-syntax.ts'
import { parseTarget } from './targets.ts'

/** The route of a phone's next dialogue, as query parameters. Absent ones have the default. */
export interface RouteQuery {
  /** An application's callback URL; without it, this gateway's. */
  readonly url?: string | undefined
  readonly dialect?: string | undefined
  /** In the syntax of `parseProfile`. */
  readonly profile?: string | undefined
  /** The application's URL for notices, in dialects with a separate notice URL. Requires `url`. */
  readonly events?: string | undefined
  /** The code registered for the application, as `parseShortCode` accepts it. */
  readonly serviceCode?: string | undefined
  /** In the syntax of `parseFaults`. */
  readonly faults?: string | undefined
  /** The network's code or name in the callbacks, such as 63902. */
  readonly network?: string | undefined
  /** The seed of the faults, an integer. */
  readonly seed?: string | undefined
}

type RouteResult =
  /** `route` is undefined if the query is empty: the phone uses its default. */
  | { readonly kind: 'route'; readonly route: Route | undefined }
  | Malformed
  /** The target is not allowed. */
  | Refused

/** Resolves the route that a query selects. */
export type RouteResolver = (query: RouteQuery) => RouteResult

type NetworkQuery = Pick<RouteQuery, 'profile' | 'faults' | 'seed' | 'network' | 'serviceCode'>

/** The options of the simulated network. */
export type NetworkOptions = Pick<Route, 'profile' | 'faults' | 'network' | 'serviceCode'>

/** Parses the carrier profile, the faults, the network code and the service code of a query. */
export function parseNetwork({
  profile: carrier = 'default',
  faults: faultOption,
  network,
  seed = '1',
  serviceCode,
}: NetworkQuery): ParsedOption<NetworkOptions> {
  const profile = parseProfile(carrier)
  if (profile.kind === 'malformed') return profile
  if (!/^\d{1,9}$/.test(seed)) return malformed('The seed is a whole number of at most nine digits.')
  const faults = faultOption === undefined ? undefined : parseFaults(faultOption, Number(seed))
  if (faults?.kind === 'malformed') return faults
  if (network !== undefined && !/^[\w-]{1,32}$/.test(network))
    return malformed('The network is a code such as 63902, or a name of letters, digits, - and _.')
  const code = serviceCode === undefined ? undefined : parseShortCode(serviceCode)
  if (serviceCode !== undefined && code === undefined) {
    return malformed('The service code is a code such as *384*123#. In a URL, write # as %23.')
  }
  return { kind: 'ok', value: { profile: profile.value, faults: faults?.value, network, serviceCode: code } }
}

/**
 * Creates a resolver of routes. A route to a foreign application carries none of the gateway's credentials.
 *
 * @param options `defaultDialect`: of a query without one; `own`: the route to this gateway; `isAllowed`: the check of foreign targets
 */
export function createRouteResolver(options: {
  readonly dialects: Readonly<Record<string, Dialect>>
  readonly defaultDialect: Dialect
  readonly own: (dialect: Dialect) => Route
  readonly isAllowed: (target: URL) => boolean
}): RouteResolver {
  const { dialects, defaultDialect, own, isAllowed } = options
  return (query) => {
    if (Object.values(query).every((value) => value === undefined)) return { kind: 'route', route: undefined }
    const { url, dialect: name = defaultDialect.name, events } = query

    const dialect = Object.hasOwn(dialects, name) ? dialects[name] : undefined
    if (!dialect) return malformed(`Unknown dialect. Choose one of: ${Object.keys(dialects).join(', ')}.`)
    const network = parseNetwork(query)
    if (network.kind === 'malformed') return network

    if (events !== undefined && url === undefined) return malformed('events needs a url.')
    if (url === undefined) return { kind: 'route', route: { ...own(dialect), ...network.value } }
    for (const address of [url, events]) {
      if (address === undefined) continue
      const target = parseTarget(address)
      if (!target)
        return malformed('A target is a URL such as http://127.0.0.1:3000/ussd, without a password.')
      if (!isAllowed(target)) {
        const { origin } = target
        return refused(`${origin} is not allowed. Start the gateway with SIMULATOR_TARGETS=${origin}.`)
      }
    }
    return { kind: 'route', route: { dialect, callbackUrl: url, eventsUrl: events, ...network.value } }
  }
}
