/** The only reader of the environment. Everything is checked at start, and all problems are reported at once. */
import { z } from 'zod'
import { addressRanges, commaSeparated, shortTokens, signatureKeys, token } from './callback-settings.ts'
import { UssdError } from './engine/errors.ts'
import { isLoopback } from './loopback.ts'
import { misspeltSettings } from './misspellings.ts'
import { isTargetPrefix } from './simulator/targets.ts'

const onOff = z.enum(['on', 'off'], { error: 'is on or off' }).transform((value) => value === 'on')

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: `is a whole number from ${least} to ${most}` })
    .transform(Number)
    .refine((value) => value >= least && value <= most, {
      error: `is a whole number from ${least} to ${most}`,
    })

const secretsKey = z
  .base64({ error: 'is 32 bytes in base64 (openssl rand -base64 32)' })
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === 32, { error: 'is 32 bytes in base64 (openssl rand -base64 32)' })

/** Whether the address can be taken apart, with whatever user and password are in it. */
function isAddress(address: string): boolean {
  try {
    const { username, password } = new URL(address)
    return decodeURIComponent(username + password) !== undefined
  } catch {
    return false
  }
}

const Environment = z.object({
  PORT: wholeNumber(0, 65_535).default(8141).meta({ description: 'port to listen on; 0 takes a free one' }),
  HOST: z.string().default('127.0.0.1').meta({
    description:
      'address to listen on; anything but loopback needs `CALLBACK_TOKEN` or `CALLBACK_SIGNATURE_KEYS`',
  }),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/\S+$/, { error: 'begins with redis:// or rediss://' })
    .refine(isAddress, { error: 'is not of the form redis://user:password@host:6379/0' })
    .optional()
    .meta({ description: '`redis://` or `rediss://`; without it and `REDIS_CLUSTER`, the embedded store' }),
  REDIS_CLUSTER: z
    .string()
    .transform(commaSeparated)
    .pipe(
      z
        .array(
          z.string().regex(/^(rediss?:\/\/([^@\s]*@)?)?\[?[\w.:-]+\]?:\d{1,5}$/, {
            error: 'is host:port,host:port,… or redis://user:password@host:port,…',
          }),
        )
        .min(1),
    )
    .optional()
    .meta({
      description: 'nodes of a Redis Cluster, `host:port,host:port` or `rediss://user:password@host:port,…`',
    }),
  REDIS_REPLICAS: wholeNumber(0, 5).default(0).meta({
    description:
      'how many replicas must have a change before it is confirmed; one where a failover must lose nothing',
  }),
  SECRETS_KEY: secretsKey.optional().meta({
    description: 'base64 of 32 bytes under which secrets are hashed; required unless the store is embedded',
  }),
  SECRETS_KEYS_RETIRED: z.string().transform(commaSeparated).pipe(z.array(secretsKey)).default([]).meta({
    description:
      'earlier values of `SECRETS_KEY`, comma-separated: they still verify, and nothing new is made with them',
  }),
  SECRETS_KEYS_LOST: z
    .string()
    .transform(commaSeparated)
    .pipe(z.array(z.string().regex(/^[0-9a-f]{8}$/, { error: 'is ids of 8 hex digits, comma-separated' })))
    .default([])
    .meta({
      description:
        'ids of keys that are gone for good: secrets under them stay unusable until they are set anew',
    }),
  PSEUDONYMS: onOff.optional().meta({
    description:
      '`on`: keyed pseudonyms stand for MSISDNs in key names; fixed from the first start of a database; off unless set',
  }),
  CALLBACK_TOKEN: token.optional().meta({
    description:
      'token that aggregators send as Bearer, Basic password or `?token=`; 16 characters or more unless `HOST` is loopback',
  }),
  CALLBACK_SIGNATURE_KEYS: signatureKeys.default([]).meta({
    description:
      'base64 of 24 bytes or more, comma-separated while one follows another: callbacks must be signed under one of them',
  }),
  CALLBACK_ALLOW: addressRanges.default([]).meta({
    description: 'addresses and ranges that callbacks are taken from, comma-separated; without it, all',
  }),
  GET_DIALECT: z
    .enum(['advanta', 'kemru', 'safaricom', 'crossgate'], {
      error: 'is advanta, kemru, safaricom or crossgate',
    })
    .default('advanta')
    .meta({
      description: 'the form of `/ussd/get`: `advanta`, `kemru`, `safaricom`, `crossgate`',
    }),
  ADMIN_TOKEN: token.optional().meta({
    description:
      'token for `/subscribers`; if unset, the route returns 401; 16 characters or more unless `HOST` is loopback',
  }),
  SIMULATOR: onOff
    .optional()
    .meta({ description: '`/handsets`; on only with the embedded store unless set' }),
  SIMULATOR_TARGETS: z
    .string()
    .transform(commaSeparated)
    .pipe(
      z.array(
        z.string().refine(isTargetPrefix, { error: 'is http://host/path,https://host,… without passwords' }),
      ),
    )
    .default([])
    .meta({
      description:
        'applications that `/handsets/…?url=` may call: addresses, comma-separated, and all below them',
    }),
  DEMO: onOff
    .optional()
    .meta({ description: 'demo subscribers; on only with the embedded store unless set' }),
  SESSION_IDLE_SECONDS: wholeNumber(1, 86_400)
    .default(900)
    .meta({ description: 'a dialogue without a reply for this long has expired (L6)' }),
  TURN_BUDGET_MS: wholeNumber(100, 10_000).default(2000).meta({
    description: 'what a turn may take before the subscriber reads that the service is unavailable',
  }),
  MOST_TURNS: wholeNumber(1, 100_000).default(256).meta({
    description: 'turns under way at once in a process; more are told to try again',
  }),
  REPEAT_WITHIN_MS: wholeNumber(0, 60_000).default(3000).meta({
    description: 'in dialects that number nothing, the same answer within this time is a repeated callback',
  }),
  WEAK_PASSWORDS: z
    .enum(['warn', 'reject', 'allow'], { error: 'is warn, reject or allow' })
    .default('warn')
    .meta({ description: 'what becomes of a password that is easily guessed: `warn`, `reject`, `allow`' }),
  LOG_LEVEL: z
    .enum(['error', 'warn', 'info', 'debug', 'silent'], { error: 'is error, warn, info, debug or silent' })
    .default('info')
    .meta({ description: '`error`, `warn`, `info` (a line for every turn), `debug`, `silent`' }),
})

/** `replicas`: how many must have a change before it is confirmed. */
export type StoreConfig =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'redis'; readonly url: string; readonly replicas: number }
  | { readonly kind: 'cluster'; readonly nodes: readonly string[]; readonly replicas: number }

export interface Config {
  readonly port: number
  readonly host: string
  readonly store: StoreConfig
  /** Undefined only with the embedded store, which makes one up for as long as it lives. */
  readonly secretsKey: Buffer | undefined
  readonly retiredSecretsKeys: readonly Buffer[]
  /** Ids of keys that the database may name though they are not configured. */
  readonly lostSecretsKeys: readonly string[]
  /** What stands for a subscriber in the names of keys. */
  readonly keysCarry: 'msisdns' | 'pseudonyms'
  readonly callbackToken: string | undefined
  /** Any of them verifies; the first signs what the simulated network sends. */
  readonly callbackSignatureKeys: readonly Buffer[]
  readonly callbackAllow: readonly string[]
  /** Whose form of the GET family is taken. */
  readonly getVariant: 'advanta' | 'kemru' | 'safaricom' | 'crossgate'
  readonly adminToken: string | undefined
  readonly simulator: boolean
  /** Addresses that the simulated phones may call, each with everything below it. */
  readonly simulatorTargets: readonly string[]
  readonly demo: boolean
  readonly sessionIdleMs: number
  readonly turnBudgetMs: number
  /** Turns under way at once in this process. */
  readonly maxTurnsInFlight: number
  readonly repeatWithinMs: number
  readonly weakPasswords: 'warn' | 'reject' | 'allow'
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug' | 'silent'
}

/** Throws `USSD_MISCONFIGURED` whose detail has a line for every problem; it quotes no value, because values are secrets. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  // An empty variable is an unset one: that is how Compose files and shells pass what nobody set.
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Environment.safeParse(given)
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}`)
  const isEmbedded = given['REDIS_URL'] === undefined && given['REDIS_CLUSTER'] === undefined
  if (given['REDIS_URL'] !== undefined && given['REDIS_CLUSTER'] !== undefined) {
    problems.push('REDIS_URL and REDIS_CLUSTER exclude each other')
  }
  if (!isEmbedded && given['SECRETS_KEY'] === undefined) {
    problems.push('SECRETS_KEY is required with Redis: 32 bytes in base64 (openssl rand -base64 32)')
  }
  const isGuarded = ['CALLBACK_TOKEN', 'CALLBACK_SIGNATURE_KEYS'].some((name) => given[name] !== undefined)
  if (!isLoopback(given['HOST'] ?? '127.0.0.1')) {
    if (!isGuarded) {
      problems.push('HOST is not loopback, so CALLBACK_TOKEN is required, or CALLBACK_SIGNATURE_KEYS')
    }
    problems.push(...shortTokens(given))
  }
  problems.push(...misspeltSettings(Object.keys(given), Object.keys(Environment.shape)))
  if (!parsed.success || problems.length > 0) {
    throw new UssdError('USSD_MISCONFIGURED', {
      detail: [...new Set(problems)].map((line) => `\n  ${line}`).join(''),
    })
  }
  const values = parsed.data
  return {
    port: values.PORT,
    host: values.HOST,
    store: values.REDIS_CLUSTER
      ? { kind: 'cluster', nodes: values.REDIS_CLUSTER, replicas: values.REDIS_REPLICAS }
      : values.REDIS_URL
        ? { kind: 'redis', url: values.REDIS_URL, replicas: values.REDIS_REPLICAS }
        : { kind: 'embedded' },
    secretsKey: values.SECRETS_KEY,
    retiredSecretsKeys: values.SECRETS_KEYS_RETIRED,
    lostSecretsKeys: values.SECRETS_KEYS_LOST,
    keysCarry: values.PSEUDONYMS ? 'pseudonyms' : 'msisdns',
    callbackToken: values.CALLBACK_TOKEN,
    callbackSignatureKeys: values.CALLBACK_SIGNATURE_KEYS,
    callbackAllow: values.CALLBACK_ALLOW,
    getVariant: values.GET_DIALECT,
    adminToken: values.ADMIN_TOKEN,
    simulator: values.SIMULATOR ?? isEmbedded,
    simulatorTargets: values.SIMULATOR_TARGETS,
    demo: values.DEMO ?? isEmbedded,
    sessionIdleMs: values.SESSION_IDLE_SECONDS * 1000,
    turnBudgetMs: values.TURN_BUDGET_MS,
    maxTurnsInFlight: values.MOST_TURNS,
    repeatWithinMs: values.REPEAT_WITHIN_MS,
    weakPasswords: values.WEAK_PASSWORDS,
    logLevel: values.LOG_LEVEL,
  }
}

type Setting = Readonly<Record<'name' | 'byDefault' | 'about', string>>

/** Every setting with its default and what it is for: the README's table is held against this. */
export const settings: readonly Setting[] = Object.entries(Environment.shape).map(([name, schema]) => ({
  name,
  byDefault: schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : '',
  about: z.globalRegistry.get(schema)?.description ?? '',
}))
