/** The variants: a server and the dialogue that is played against it. */
import { DEEP_CODE, scriptOf, shallowCode } from './menus.ts'
import type { Script } from './menus.ts'
import type { ServerSpec } from './servers/specs.ts'

export interface Variant {
  readonly name: string
  readonly title: string
  /** A key of `serverSpecs`. Variants share a server where only the dialogue differs. */
  readonly server: string
  readonly script: () => Script
  readonly quick: boolean
}

const MANY_MENUS = 500

/** The dialogue of the headline: dial, 1, 1, 2. */
const shallow = scriptOf(shallowCode(0), 2)
const deep20 = scriptOf(DEEP_CODE, 20)
const deep40 = scriptOf(DEEP_CODE, 40)
const everyShallow = Array.from({ length: MANY_MENUS - 1 }, (_, index) => scriptOf(shallowCode(index), 2))

let next = 0
/** Dials every shallow menu in turn. */
const rotating = (): Script => everyShallow[next++ % everyShallow.length] as Script

const variant = (
  name: string,
  title: string,
  rest: Partial<Pick<Variant, 'server' | 'script'>> & { readonly slow?: true } = {},
): Variant => ({
  name,
  title,
  server: rest.server ?? name,
  script: rest.script ?? (() => shallow),
  quick: rest.slow === undefined,
})

export const variants: readonly Variant[] = [
  variant('floor2', 'FLOOR2: our HTTP layer, one GET, one SET'),
  variant('floor2-corked', 'FLOOR2, one write to Redis an iteration'),
  variant('stock-floor', 'stock Express, one GET, one SET'),
  variant('ours', 'ours as it ships'),
  variant('ours-copy', 'ours, a second process (A/A)'),
  variant('log-off', 'ours, LOG_LEVEL=silent'),
  variant('embedded', 'ours, embedded store'),
  variant('menu-builder', 'ussd-menu-builder as documented'),
  variant('menu-builder-fast', 'ussd-menu-builder on our HTTP layer'),
  variant('builder', 'ussd-builder as documented', { slow: true }),
  variant('builder-fast', 'ussd-builder on our HTTP layer', { slow: true }),
  // A process of its own: the process of `ours` serves as many turns as its copy.
  variant('ours-depth-2', 'ours, depth 2', { server: 'ours-deep' }),
  variant('ours-depth-20', 'ours, depth 20', { server: 'ours-deep', script: () => deep20 }),
  variant('ours-depth-40', 'ours, depth 40', { server: 'ours-deep', script: () => deep40 }),
  variant('menu-builder-depth-20', 'ussd-menu-builder as documented, depth 20', {
    server: 'menu-builder',
    script: () => deep20,
    slow: true,
  }),
  variant('menu-builder-fast-depth-20', 'ussd-menu-builder on our HTTP layer, depth 20', {
    server: 'menu-builder-fast',
    script: () => deep20,
  }),
  variant('menu-builder-fast-depth-40', 'ussd-menu-builder on our HTTP layer, depth 40', {
    server: 'menu-builder-fast',
    script: () => deep40,
  }),
  variant('menus-500', `ours, ${MANY_MENUS} menus, all dialled`, { script: rotating, slow: true }),
  variant('sessions-1k', 'ours, 1,000 live sessions', { slow: true }),
  variant('sessions-1m', 'ours, 1,000,000 live sessions', { slow: true }),
  variant('cluster', 'ours, Redis Cluster of three masters', { slow: true }),
  variant('workers-1', 'ours, on both cores', { slow: true }),
  variant('workers-2', 'ours, WORKERS=2 on both cores', { slow: true }),
]

/** The Redis servers of a run. The last two hold the live sessions. */
export interface RedisUrls {
  readonly main: string
  readonly thousand: string
  readonly million: string
  /** The masters of a Redis Cluster, `host:port` each; empty unless a variant needs it. */
  readonly cluster: readonly string[]
}

/** The specification of every server by name. */
export function serverSpecs(
  urls: RedisUrls,
  secrets: { readonly token: string; readonly secretsKey: string },
): Readonly<Record<string, ServerSpec>> {
  const ours = (redisUrl: string | undefined, rest: Partial<ServerSpec & { kind: 'ours' }> = {}) => ({
    kind: 'ours' as const,
    menus: 2,
    passwords: false,
    workers: 1,
    ...rest,
    settings: {
      PORT: '0',
      CALLBACK_TOKEN: secrets.token,
      ...(redisUrl !== undefined && { REDIS_URL: redisUrl, SECRETS_KEY: secrets.secretsKey }),
      ...rest.settings,
    },
  })
  const floor = { kind: 'floor', redisUrl: urls.main, layer: 'fast', corked: false } as const
  const peer = { kind: 'peer', redisUrl: urls.main, layer: 'stock', library: 'ussd-menu-builder' } as const
  return {
    floor2: floor,
    'floor2-corked': { ...floor, corked: true },
    'stock-floor': { ...floor, layer: 'stock' },
    ours: ours(urls.main),
    'ours-copy': ours(urls.main),
    'ours-deep': ours(urls.main),
    'log-off': ours(urls.main, { settings: { LOG_LEVEL: 'silent' } }),
    embedded: ours(undefined),
    'menu-builder': peer,
    'menu-builder-fast': { ...peer, layer: 'fast' },
    builder: { ...peer, library: 'ussd-builder' },
    'builder-fast': { ...peer, library: 'ussd-builder', layer: 'fast' },
    'menus-500': ours(urls.main, { menus: MANY_MENUS }),
    'sessions-1k': ours(urls.thousand),
    'sessions-1m': ours(urls.million),
    passwords: ours(urls.main, { passwords: true }),
    'workers-1': ours(urls.main),
    'workers-2': ours(urls.main, { workers: 2, settings: { WORKERS: '2' } }),
    cluster: ours(undefined, {
      settings: { REDIS_CLUSTER: urls.cluster.join(','), SECRETS_KEY: secrets.secretsKey },
    }),
  }
}

/** The Redis server that a variant uses. */
export const redisOf = ({ server }: Variant): keyof RedisUrls =>
  server === 'cluster'
    ? 'cluster'
    : server === 'sessions-1k'
      ? 'thousand'
      : server === 'sessions-1m'
        ? 'million'
        : 'main'
