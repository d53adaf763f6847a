/** The only reader of the environment. Checks every setting at start and reports all problems together. */
import { z } from 'zod'
import { addressRanges, commaSeparated, shortTokens, signatureKeys, token } from './callback-settings.ts'
import { UssdError } from './engine/errors.ts'
import { recordFormats } from './gateway/records/record-format.ts'
import { subscriberPolicies } from './gateway/project.ts'
import { isLoopback } from './loopback.ts'
import { isTargetPrefix } from './simulator/targets.ts'
import { isCountry } from './ussd/numbering.ts'
import type { Country } from './ussd/numbering.ts'

const onOff = z.enum(['on', 'off'], { error: 'must be on or off' }).transform((value) => value === 'on')

function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error })
}

const NOT_A_SECRETS_KEY = 'must be 32 bytes in base64 (openssl rand -base64 32)'

const secretsKey = z
  .base64({ error: NOT_A_SECRETS_KEY })
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === 32, { error: NOT_A_SECRETS_KEY })

/** True when the URL parses and its user and password can be percent-decoded. */
function isUrl(text: string): boolean {
  try {
    const { username, password } = new URL(text)
    return decodeURIComponent(username + password) !== undefined
  } catch {
    return false
  }
}

const countries = z
  .string()
  .transform((text): 'any' | readonly string[] => (text.trim() === 'any' ? 'any' : commaSeparated(text)))
  .refine(
    (codes): codes is 'any' | readonly Country[] =>
      codes === 'any' || (codes.length > 0 && codes.every(isCountry)),
    { error: 'must be any, or ISO codes of countries: KE,UG' },
  )

const Environment = z.object({
  PORT: wholeNumber(0, 65_535).default(8141),
  HOST: z.string().default('127.0.0.1'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/\S+$/, { error: 'must begin with redis:// or rediss://' })
    .refine(isUrl, { error: 'must have the form redis://user:password@host:6379/0' })
    .optional(),
  REDIS_CLUSTER: z
    .string()
    .transform(commaSeparated)
    .pipe(
      z
        .array(
          z.string().regex(/^(rediss?:\/\/([^@\s]*@)?)?\[?[\w.:-]+\]?:\d{1,5}$/, {
            error: 'must be host:port,host:port,… or redis://user:password@host:port,…',
          }),
        )
        .min(1),
    )
    .optional(),
  REDIS_REPLICAS: wholeNumber(0, 5).default(0),
  SECRETS_KEY: secretsKey.optional(),
  SECRETS_KEYS_RETIRED: z.string().transform(commaSeparated).pipe(z.array(secretsKey)).default([]),
  SECRETS_KEYS_LOST: z
    .string()
    .transform(commaSeparated)
    .pipe(
      z.array(z.string().regex(/^[0-9a-f]{8}$/, { error: 'must be ids of 8 hex digits, comma-separated' })),
    )
    .default([]),
  PSEUDONYMS: onOff.optional(),
  CALLBACK_TOKEN: token.optional(),
  CALLBACK_SIGNATURE_KEYS: signatureKeys.default([]),
  CALLBACK_ALLOW: addressRanges.default([]),
  GET_VARIANT: z
    .enum(['advanta', 'kemru', 'safaricom', 'crossgate'], {
      error: 'must be advanta, kemru, safaricom or crossgate',
    })
    .default('advanta'),
  ADMIN_TOKEN: token.optional(),
  SIMULATOR: onOff.optional(),
  SIMULATOR_TARGETS: z
    .string()
    .transform(commaSeparated)
    .pipe(
      z.array(
        z
          .string()
          .refine(isTargetPrefix, { error: 'must be http://host/path,https://host,… without passwords' }),
      ),
    )
    .default([]),
  DEMO: onOff.optional(),
  NUMBERING: countries.optional(),
  SUBSCRIBERS: z.enum(subscriberPolicies, { error: 'must be registered or anyone' }).optional(),
  RECORD_FORMAT: z.enum(recordFormats).default('compact'),
  SESSION_IDLE_SECONDS: wholeNumber(1, 86_400).default(900),
  TURN_BUDGET_MS: wholeNumber(100, 10_000).default(2000),
  WORKERS: wholeNumber(1, 64).default(1),
  MAX_TURNS_IN_FLIGHT: wholeNumber(1, 100_000).default(256),
  REPEAT_WITHIN_MS: wholeNumber(0, 60_000).default(3000),
  WEAK_PASSWORDS: z
    .enum(['warn', 'reject', 'allow'], { error: 'must be warn, reject or allow' })
    .default('warn'),
  LOG_LEVEL: z
    .enum(['error', 'warn', 'info', 'debug', 'silent'], {
      error: 'must be error, warn, info, debug or silent',
    })
    .default('info'),
})

/** Settings under a former name. The old name works for one release. */
const deprecatedSettings: Readonly<Record<string, keyof typeof Environment.shape>> = {
  MOST_TURNS: 'MAX_TURNS_IN_FLIGHT',
  GET_DIALECT: 'GET_VARIANT',
}

/** `replicas`: the number of replicas that must acknowledge a change before it is confirmed. */
export type StoreConfig =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'redis'; readonly url: string; readonly replicas: number }
  | { readonly kind: 'cluster'; readonly nodes: readonly string[]; readonly replicas: number }

export type Config = Readonly<ReturnType<typeof toConfig>>

function toConfig(values: z.output<typeof Environment>, deprecations: readonly string[]) {
  const store = storeOf(values)
  const isEmbedded = store.kind === 'embedded'
  return {
    port: values.PORT,
    host: values.HOST,
    store,
    /** Undefined only with the embedded store, whose key is random and lost on exit. */
    secretsKey: values.SECRETS_KEY,
    retiredSecretsKeys: values.SECRETS_KEYS_RETIRED as readonly Buffer[],
    /** Ids of keys that are lost for good. The database may still refer to them. */
    lostSecretsKeys: values.SECRETS_KEYS_LOST as readonly string[],
    /** The form of a subscriber's number in key names. */
    keyNaming: values.PSEUDONYMS ? ('pseudonyms' as const) : ('msisdns' as const),
    callbackToken: values.CALLBACK_TOKEN,
    /** Each verifies callbacks. The first one signs the callbacks of the simulated network. */
    callbackSignatureKeys: values.CALLBACK_SIGNATURE_KEYS as readonly Buffer[],
    callbackAllow: values.CALLBACK_ALLOW as readonly string[],
    getVariant: values.GET_VARIANT,
    adminToken: values.ADMIN_TOKEN,
    simulator: values.SIMULATOR ?? isEmbedded,
    /** URL prefixes that the simulated phones may call. */
    simulatorTargets: values.SIMULATOR_TARGETS as readonly string[],
    demo: values.DEMO ?? isEmbedded,
    /** Countries to which the project is narrowed. */
    numbering: values.NUMBERING,
    subscribers: values.SUBSCRIBERS,
    recordFormat: values.RECORD_FORMAT,
    sessionIdleMs: values.SESSION_IDLE_SECONDS * 1000,
    turnBudgetMs: values.TURN_BUDGET_MS,
    /** Processes that share the port. */
    workers: values.WORKERS,
    /** In each process. */
    maxTurnsInFlight: values.MAX_TURNS_IN_FLIGHT,
    repeatWithinMs: values.REPEAT_WITHIN_MS,
    weakPasswords: values.WEAK_PASSWORDS,
    logLevel: values.LOG_LEVEL,
    /** Warnings for the log, one for each setting under a former name. */
    deprecations,
  }
}

function storeOf(values: z.output<typeof Environment>): StoreConfig {
  const { REDIS_CLUSTER: nodes, REDIS_URL: url, REDIS_REPLICAS: replicas } = values
  if (nodes) return { kind: 'cluster', nodes, replicas }
  return url ? { kind: 'redis', url, replicas } : { kind: 'embedded' }
}

/** Throws `USSD_MISCONFIGURED` with one line per problem. Never quotes a value: values are secrets. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  // Compose files and shells pass an unset variable as an empty one.
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const former = Object.keys(deprecatedSettings).filter((name) => set[name] !== undefined)
  const given = { ...set }
  for (const name of former) given[deprecatedSettings[name] ?? name] ??= set[name]
  const parsed = Environment.safeParse(given)
  const problems = [
    ...former.flatMap((name) => {
      const current = deprecatedSettings[name] ?? name
      return set[current] === undefined
        ? []
        : [`${name} and ${current} are the same setting. Remove ${name}.`]
    }),
    ...(parsed.error?.issues.map(({ path, message }) => {
      const name = String(path[0])
      return `${former.find((each) => deprecatedSettings[each] === name) ?? name} ${message}`
    }) ?? []),
    ...contradictions(given),
    ...misspelledSettings(Object.keys(given), Object.keys(Environment.shape)),
  ]
  if (!parsed.success || problems.length > 0) {
    throw new UssdError('USSD_MISCONFIGURED', {
      detail: [...new Set(problems)].map((line) => `\n  ${line}`).join(''),
    })
  }
  return toConfig(
    parsed.data,
    former.map((name) => `${name} is deprecated. Use ${deprecatedSettings[name]}.`),
  )
}

/** Returns a message for each rule that several settings break together. */
function contradictions(given: Readonly<Record<string, string | undefined>>): readonly string[] {
  const problems: string[] = []
  const isEmbedded = given['REDIS_URL'] === undefined && given['REDIS_CLUSTER'] === undefined
  if (given['REDIS_URL'] !== undefined && given['REDIS_CLUSTER'] !== undefined) {
    problems.push('REDIS_URL and REDIS_CLUSTER exclude each other. Set one of them.')
  }
  if (!isEmbedded && given['SECRETS_KEY'] === undefined) {
    problems.push('SECRETS_KEY is required with Redis: 32 bytes in base64 (openssl rand -base64 32)')
  }
  if (isEmbedded && Number(given['WORKERS'] ?? 1) > 1) {
    problems.push(
      'WORKERS above 1 needs REDIS_URL or REDIS_CLUSTER: the embedded store belongs to one process.',
    )
  }
  if (isLoopback(given['HOST'] ?? '127.0.0.1')) return problems
  if (given['CALLBACK_TOKEN'] === undefined && given['CALLBACK_SIGNATURE_KEYS'] === undefined) {
    problems.push('CALLBACK_TOKEN or CALLBACK_SIGNATURE_KEYS is required, because HOST is not loopback')
  }
  return [...problems, ...shortTokens(given)]
}

/** The name of a setting, as it is spelled in the environment. */
export type SettingName = keyof typeof Environment.shape

type Setting = Readonly<Record<'name' | 'byDefault', string>>

/** Every setting with its default. */
export const settings: readonly Setting[] = Object.entries(Environment.shape).map(([name, schema]) => ({
  name,
  byDefault: schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : '',
}))

/** Names up to this length may be one edit away from unrelated variables: `POST`, `HOSTS`, `PORTS`, `DEMOS`. */
const MAX_SHORT_NAME = 5

/**
 * Returns a message for each unknown name that is a typo of a setting: a character added, missing or replaced, or two
 * neighbours swapped. In a short name, only a swap counts. If the setting itself is also present, the unknown name belongs to
 * another program (`SECRET_KEY` beside `SECRETS_KEY`).
 */
function misspelledSettings(given: readonly string[], known: readonly string[]): readonly string[] {
  const unused = known.filter((name) => !given.includes(name))
  return given
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const suggestion = unused.find(
        (each) => isSwapped(name, each) || (each.length > MAX_SHORT_NAME && isOneEdit(name, each)),
      )
      return suggestion === undefined ? [] : [`${name} is not a setting. Did you mean ${suggestion}?`]
    })
}

/** The index of the first character that differs. */
function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

function isSwapped(a: string, b: string): boolean {
  const at = firstDifference(a, b)
  return a.slice(0, at) + (a[at + 1] ?? '') + (a[at] ?? '') + a.slice(at + 2) === b
}

function isOneEdit(a: string, b: string): boolean {
  const at = firstDifference(a, b)
  const [restOfA, restOfB] = [a.slice(at), b.slice(at)]
  return [
    restOfA.slice(1) === restOfB,
    restOfA === restOfB.slice(1),
    restOfA.slice(1) === restOfB.slice(1),
  ].includes(true)
}
