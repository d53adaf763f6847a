/**
 * What lies in a Redis: every key is looked at, and nothing is written. A key of no known form, one without the time to live it
 * should have, or with an MSISDN in its name where pseudonyms should stand, is found.
 */
import { Cluster, type Redis } from 'ioredis'
import { KEYS } from '../../gateway/records/key-register.ts'
import { NAMING, NamingRecord } from '../../gateway/records/pseudonyms.ts'
import { BUCKETS, bucketOf } from '../../gateway/records/records.ts'
import { parseRecord } from '../../gateway/records/subscriber.ts'
import type { RedisClient } from './client.ts'
import { keysUnder } from './keys.ts'
import { PROBE } from './node-probe.ts'

/** The kinds of our keys; `stray`: under our prefix, and of none of these forms. */
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

export interface KeyspaceFinding {
  /** As it is in Redis: its name may hold an MSISDN. */
  readonly key: string
  readonly message: string
}

export interface KeyspaceReport {
  readonly keysCarry: 'msisdns' | 'pseudonyms'
  readonly counts: Readonly<Record<KeyKind, number>>
  /** Keys that are not under our prefix. */
  readonly foreign: number
  readonly findings: readonly KeyspaceFinding[]
}

interface KeyForm {
  readonly kind: Exclude<KeyKind, 'stray'>
  readonly type: 'string' | 'stream'
  /** Of what follows the bucket; its group is what the bucket is made of. */
  readonly name: RegExp
  /** The longest time to live, in ms, that any setting gives; undefined: it stays. */
  readonly mostMs: number | undefined
}

const DAY_MS = 86_400_000
const RECEIPTS_MS = 600_000
/** A signature may lie five minutes ahead, and holds for five after. */
const DELIVERY_MS = 602_000
const HANDLE = '[\\w-]{22}'

function formsOf(keysCarry: KeyspaceReport['keysCarry']): readonly KeyForm[] {
  const who = keysCarry === 'pseudonyms' ? HANDLE : '\\d{5,15}'
  return [
    { kind: 'subscriber', type: 'string', name: new RegExp(`^subscriber:(${who})$`), mostMs: undefined },
    // SESSION_IDLE_SECONDS is a day at most.
    {
      kind: 'session',
      type: 'string',
      name: new RegExp(`^session:(${who}):${HANDLE}$`),
      mostMs: DAY_MS + RECEIPTS_MS,
    },
    { kind: 'login', type: 'string', name: new RegExp(`^login:(${who})$`), mostMs: 30 * DAY_MS },
    {
      kind: 'delivery',
      type: 'string',
      name: new RegExp(`^delivery:(${who}):${HANDLE}$`),
      mostMs: DELIVERY_MS,
    },
    { kind: 'unknown-login', type: 'string', name: /^unknown-login:\d{1,2}$/, mostMs: 30 * DAY_MS },
    { kind: 'self-care', type: 'string', name: /^self-care:([\w-]{32})$/, mostMs: 900_000 },
    { kind: 'journal', type: 'stream', name: /^journal$/, mostMs: undefined },
    {
      kind: 'database',
      type: 'string',
      name: new RegExp(`^(?:${NAMING.name}|${KEYS.name})$`),
      mostMs: undefined,
    },
    { kind: 'probe', type: 'string', name: new RegExp(`^${PROBE.name}$`), mostMs: PROBE.ttlMs },
  ]
}

/** Keys asked for at once. */
const AT_ONCE = 500

/**
 * Looks at every key by `SCAN`, on every master of a cluster. A key that is gone between being named and being looked at is
 * passed over. Rejects where Redis does not answer or does not allow `SCAN`, `TYPE`, `PTTL` and `GET`.
 *
 * @param options `prefix`: what our keys begin with, `ussd` by default; `keysCarry`: what should stand for a subscriber, by
 * default what the database message of itself
 */
export async function auditKeyspace(
  { redis }: Pick<RedisClient, 'redis'>,
  options: { readonly prefix?: string; readonly keysCarry?: KeyspaceReport['keysCarry'] } = {},
): Promise<KeyspaceReport> {
  const { prefix = 'ussd' } = options
  const keysCarry = options.keysCarry ?? (await namingOf(redis, prefix))
  const forms = formsOf(keysCarry)
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
  // SCAN may name a key twice.
  const seen = new Set<string>()

  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    for await (const keys of node.scanStream({ count: AT_ONCE }) as AsyncIterable<string[]>) {
      const fresh = keys.filter((key) => !seen.has(key) && seen.add(key))
      const ours = fresh.filter((key) => key.startsWith(`${prefix}:`))
      foreign += fresh.length - ours.length
      for (const looked of await look(node, ours)) {
        const { kind, message } = judge(looked, { prefix, forms, keysCarry })
        counts[kind] += 1
        findings.push(...message.map((sentence) => ({ key: looked.key, message: sentence })))
      }
    }
  }
  return { keysCarry, counts, foreign, findings }
}

interface ScannedKey {
  readonly key: string
  readonly type: string
  /** -1: it stays. */
  readonly ttlMs: number
  /** Of a string that stays and should not, or may be meant to. */
  readonly text: string
}

async function look(node: Redis, keys: readonly string[]): Promise<readonly ScannedKey[]> {
  const looked = await Promise.all(
    keys.map(async (key): Promise<ScannedKey> => {
      const [type, ttlMs] = await Promise.all([node.type(key), node.pttl(key)])
      const mayStay = type === 'string' && ttlMs === -1 && key.includes(':login:')
      return { key, type, ttlMs, text: mayStay ? ((await node.get(key)) ?? '') : '' }
    }),
  )
  return looked.filter(({ type, ttlMs }) => type !== 'none' && ttlMs !== -2)
}

function judge(
  { key, type, ttlMs, text }: ScannedKey,
  by: {
    readonly prefix: string
    readonly forms: readonly KeyForm[]
    readonly keysCarry: KeyspaceReport['keysCarry']
  },
): { readonly kind: KeyKind; readonly message: readonly string[] } {
  const message: string[] = []
  // Ours are cut at `:` and braces; digits that stand alone between them are a number somebody can be called by.
  if (by.keysCarry === 'pseudonyms' && /(?<![\w-])\+?\d{9,15}(?![\w-])/.test(key)) {
    message.push('an MSISDN stands in its name')
  }
  const [, bucketText = '', name = ''] = /^\{b(\d{1,3})\}:(.*)$/s.exec(key.slice(by.prefix.length + 1)) ?? []
  const form = by.forms.find((one) => one.name.test(name))
  if (!form || Number(bucketText) >= BUCKETS)
    return { kind: 'stray', message: [...message, 'its name has no known form'] }

  const { kind, mostMs } = form
  const owner = form.name.exec(name)?.[1]
  if (kind === 'database' && Number(bucketText) !== NAMING.bucket) message.push('it lies in another bucket')
  if (owner !== undefined && !isPlacedBy(owner, kind, by.keysCarry, Number(bucketText))) {
    message.push('it lies in another bucket, where nobody looks for it')
  }
  if (type !== form.type) message.push(`it is a ${type}, not a ${form.type}`)
  if (mostMs === undefined && ttlMs !== -1) message.push('it expires, and should stay')
  if (mostMs !== undefined && ttlMs === -1 && !isLockedLogin(kind, text))
    message.push('it has no time to live')
  if (mostMs !== undefined && ttlMs > mostMs)
    message.push('its time to live is longer than any setting makes it')
  return { kind, message }
}

function isPlacedBy(
  owner: string,
  kind: KeyKind,
  keysCarry: KeyspaceReport['keysCarry'],
  bucket: number,
): boolean {
  const isMsisdn = keysCarry === 'msisdns' && kind !== 'self-care'
  return bucketOf(isMsisdn ? `+${owner}` : owner) === bucket
}

/** After the hundredth wrong password none is looked at until another is set: that must not be forgotten. */
const isLockedLogin = (kind: KeyKind, text: string): boolean =>
  kind === 'login' && text.includes('"closedUntilMs":null')

/** What the database message of itself; one without a word about it has MSISDNs in its keys. */
async function namingOf(redis: RedisClient['redis'], prefix: string): Promise<KeyspaceReport['keysCarry']> {
  const text = await redis.get(keysUnder(prefix).record(NAMING.bucket, NAMING.name))
  return text === null ? 'msisdns' : parseRecord(NamingRecord, text.slice(text.indexOf('|') + 1)).keysCarry
}
