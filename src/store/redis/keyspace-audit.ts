/**
 * Audits the keys of a Redis without writing anything. It reports keys of an unknown form, without the TTL they should have,
 * in the wrong bucket, or with an MSISDN where a pseudonym is expected.
 */
import { Cluster, type Redis } from 'ioredis'
import { KEYS } from '../../gateway/records/key-register.ts'
import { NAMING, NamingRecord } from '../../gateway/records/pseudonyms.ts'
import { BUCKETS, bucketOf } from '../../gateway/records/records.ts'
import { parseRecord } from '../../gateway/records/record-format.ts'
import type { RedisClient } from './client.ts'
import { keysWithPrefix } from './keys.ts'
import { PROBE } from './node-probe.ts'

/** The kinds of keys under the gateway's prefix. `stray`: a key of no known form. */
export type KeyKind =
  | 'subscriber'
  | 'session'
  | 'login'
  | 'delivery'
  | 'unknown-login'
  | 'self-care'
  | 'journal'
  | 'database'
  | 'probe'
  | 'stray'

type KeyNaming = 'msisdns' | 'pseudonyms'

export interface KeyspaceFinding {
  /** The key as stored: its name may contain an MSISDN. */
  readonly key: string
  readonly message: string
}

export interface KeyspaceReport {
  readonly keyNaming: KeyNaming
  readonly counts: Readonly<Record<KeyKind, number>>
  /** The number of keys without the gateway's prefix. */
  readonly foreign: number
  readonly findings: readonly KeyspaceFinding[]
}

interface KeyForm {
  readonly kind: Exclude<KeyKind, 'stray'>
  readonly type: 'string' | 'stream'
  /** Matches the part after the bucket. Its group is the value that determines the bucket. */
  readonly name: RegExp
  /** The longest TTL that any setting gives; `undefined`: the key never expires. */
  readonly maxTtlMs: number | undefined
}

const DAY_MS = 86_400_000
const RECEIPTS_MS = 600_000
/** A signature may be dated five minutes ahead and is accepted until five minutes after its date. */
const DELIVERY_MS = 602_000
const HANDLE = '[\\w-]{22}'

function formsOf(keyNaming: KeyNaming): readonly KeyForm[] {
  const owner = keyNaming === 'pseudonyms' ? HANDLE : '\\d{5,15}'
  return [
    { kind: 'subscriber', type: 'string', name: new RegExp(`^subscriber:(${owner})$`), maxTtlMs: undefined },
    {
      kind: 'session',
      type: 'string',
      name: new RegExp(`^session:(${owner}):${HANDLE}$`),
      // SESSION_IDLE_SECONDS is at most a day.
      maxTtlMs: DAY_MS + RECEIPTS_MS,
    },
    { kind: 'login', type: 'string', name: new RegExp(`^login:(${owner})$`), maxTtlMs: 30 * DAY_MS },
    {
      kind: 'delivery',
      type: 'string',
      name: new RegExp(`^delivery:(${owner}):${HANDLE}$`),
      maxTtlMs: DELIVERY_MS,
    },
    { kind: 'unknown-login', type: 'string', name: /^unknown-login:\d{1,2}$/, maxTtlMs: 30 * DAY_MS },
    { kind: 'self-care', type: 'string', name: /^self-care:([\w-]{32})$/, maxTtlMs: 900_000 },
    { kind: 'journal', type: 'stream', name: /^journal$/, maxTtlMs: undefined },
    {
      kind: 'database',
      type: 'string',
      name: new RegExp(`^(?:${NAMING.name}|${KEYS.name})$`),
      maxTtlMs: undefined,
    },
    { kind: 'probe', type: 'string', name: new RegExp(`^${PROBE.name}$`), maxTtlMs: PROBE.ttlMs },
  ]
}

const SCAN_COUNT = 500

/**
 * Audits every key, by `SCAN` on every master of a cluster. A key that disappears during the audit is skipped. Rejects when
 * Redis does not reply or the ACL denies `SCAN`, `TYPE`, `PTTL` or `GET`.
 *
 * @param options `prefix`: the prefix of the gateway's keys, `ussd` by default; `keyNaming`: what keys should contain, by
 * default what the database records about itself
 */
export async function auditKeyspace(
  { redis }: Pick<RedisClient, 'redis'>,
  options: { readonly prefix?: string; readonly keyNaming?: KeyNaming } = {},
): Promise<KeyspaceReport> {
  const { prefix = 'ussd' } = options
  const keyNaming = options.keyNaming ?? (await recordedNaming(redis, prefix))
  const forms = formsOf(keyNaming)
  const counts = {
    subscriber: 0,
    session: 0,
    login: 0,
    delivery: 0,
    'unknown-login': 0,
    'self-care': 0,
    journal: 0,
    database: 0,
    probe: 0,
    stray: 0,
  }
  const findings: KeyspaceFinding[] = []
  let foreign = 0
  // SCAN may return a key twice.
  const seen = new Set<string>()

  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    for await (const keys of node.scanStream({ count: SCAN_COUNT }) as AsyncIterable<string[]>) {
      const fresh = keys.filter((key) => !seen.has(key) && seen.add(key))
      const ours = fresh.filter((key) => key.startsWith(`${prefix}:`))
      foreign += fresh.length - ours.length
      for (const scanned of await scan(node, ours)) {
        const { kind, messages } = audit(scanned, { prefix, forms, keyNaming })
        counts[kind] += 1
        findings.push(...messages.map((message) => ({ key: scanned.key, message })))
      }
    }
  }
  return { keyNaming, counts, foreign, findings }
}

interface ScannedKey {
  readonly key: string
  readonly type: string
  /** -1: the key never expires. */
  readonly ttlMs: number
  /** The value of a login record without a TTL, else empty. */
  readonly text: string
}

async function scan(node: Redis, keys: readonly string[]): Promise<readonly ScannedKey[]> {
  const scanned = await Promise.all(
    keys.map(async (key): Promise<ScannedKey> => {
      const [type, ttlMs] = await Promise.all([node.type(key), node.pttl(key)])
      const needsText = type === 'string' && ttlMs === -1 && key.includes(':login:')
      return { key, type, ttlMs, text: needsText ? ((await node.get(key)) ?? '') : '' }
    }),
  )
  return scanned.filter(({ type, ttlMs }) => type !== 'none' && ttlMs !== -2)
}

function audit(
  { key, type, ttlMs, text }: ScannedKey,
  by: {
    readonly prefix: string
    readonly forms: readonly KeyForm[]
    readonly keyNaming: KeyNaming
  },
): { readonly kind: KeyKind; readonly messages: readonly string[] } {
  const messages: string[] = []
  // The parts of a key are separated by `:` and braces. Digits that fill a part may be a phone number.
  if (by.keyNaming === 'pseudonyms' && /(?<![\w-])\+?\d{7,15}(?![\w-])/.test(key)) {
    messages.push('its name contains an MSISDN')
  }
  const [, bucketText = '', name = ''] = /^\{b(\d{1,3})\}:(.*)$/s.exec(key.slice(by.prefix.length + 1)) ?? []
  const bucket = Number(bucketText)
  const form = by.forms.find((one) => one.name.test(name))
  if (!form || bucket >= BUCKETS) {
    return { kind: 'stray', messages: [...messages, 'its name has no known form'] }
  }

  const { kind, maxTtlMs } = form
  const owner = form.name.exec(name)?.[1]
  if (kind === 'database' && bucket !== NAMING.bucket) messages.push('it is in the wrong bucket')
  if (owner !== undefined && !isInItsBucket(owner, kind, by.keyNaming, bucket)) {
    messages.push('it is in the wrong bucket, where the gateway does not find it')
  }
  if (type !== form.type) messages.push(`it is a ${type}, not a ${form.type}`)
  if (maxTtlMs === undefined && ttlMs !== -1) messages.push('it has a TTL but must not expire')
  if (maxTtlMs !== undefined && ttlMs === -1 && !isLockedLogin(kind, text)) messages.push('it has no TTL')
  if (maxTtlMs !== undefined && ttlMs > maxTtlMs) messages.push('its TTL is longer than any setting allows')
  return { kind, messages }
}

function isInItsBucket(owner: string, kind: KeyKind, keyNaming: KeyNaming, bucket: number): boolean {
  const isMsisdn = keyNaming === 'msisdns' && kind !== 'self-care'
  return bucketOf(isMsisdn ? `+${owner}` : owner) === bucket
}

/** Tests for a login locked by its hundredth wrong password. The lock must not expire; a new password ends it. */
const isLockedLogin = (kind: KeyKind, text: string): boolean =>
  kind === 'login' && text.includes('"closedUntilMs":null')

/** Reads the naming recorded in the database. A database without that record has MSISDNs in its keys. */
async function recordedNaming(redis: RedisClient['redis'], prefix: string): Promise<KeyNaming> {
  const text = await redis.get(keysWithPrefix(prefix).record(NAMING.bucket, NAMING.name))
  return text === null ? 'msisdns' : parseRecord(NamingRecord, text.slice(text.indexOf('|') + 1)).keysCarry
}
