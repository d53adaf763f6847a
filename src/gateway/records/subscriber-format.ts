/**
 * The stored formats of a subscriber. The compact format is `2` and JSON with short names, without fields that have their
 * default, and with hashes as `<key>$<salt>$<hash>`.
 */
import type { Change } from '../ports.ts'
import { COMPACT, parseJson, parseRecord, validate } from './record-format.ts'
import type { RecordFormat } from './record-format.ts'
import { Subscriber, newSubscriber } from './subscriber.ts'

/** The argon2 parameters of the compact format. They never change: a hash with others is stored as an object. */
const HASH_PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$'

const shortNames = {
  language: 'l',
  tariff: 't',
  client: 'c',
  role: 'r',
  registrationByPuk1: 'o',
  access: 'a',
  closedBecause: 'b',
  puk1: 'u',
  puk1AttemptsLeft: 'n',
  puk1Pending: 'w',
  password: 'p',
  passwordGeneration: 'g',
} as const satisfies Record<keyof Subscriber, string>

const longNames = new Map<string, string>(Object.entries(shortNames).map(([long, short]) => [short, long]))

/** Parses a stored subscriber in either format. Throws `USSD_RECORD_CORRUPT`. */
export function parseSubscriber(stored: string): Subscriber {
  if (!stored.startsWith(COMPACT)) return parseRecord(Subscriber, stored)
  const compact = parseJson(stored.slice(COMPACT.length))
  if (typeof compact !== 'object' || compact === null) return validate(Subscriber, compact)
  const fields = Object.entries(compact).map(([name, value]: [string, unknown]) => [
    longNames.get(name) ?? name,
    isHash(name) ? expandHash(value) : value,
  ])
  return validate(Subscriber, Object.fromEntries(fields))
}

/** Returns the write of a subscriber, a record without TTL. */
export const putSubscriber = (subscriber: Subscriber, format: RecordFormat): Change['write'] => ({
  kind: 'put',
  value: format === 'json' ? JSON.stringify(subscriber) : formatCompact(subscriber),
})

function formatCompact(subscriber: Subscriber): string {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(subscriber) as [keyof Subscriber, unknown][]) {
    const short = Object.hasOwn(shortNames, name) ? shortNames[name] : name
    // `access` has no default: a missing one must not read as open.
    if (name !== 'access' && isDefault(name, value)) continue
    fields[short] = isHash(short) ? shortenHash(value) : value
  }
  return `${COMPACT}${JSON.stringify(fields)}`
}

const isDefault = (name: keyof Subscriber, value: unknown): boolean =>
  value === newSubscriber[name] || (name === 'puk1Pending' && Array.isArray(value) && value.length === 0)

const isHash = (short: string): boolean => short === shortNames.puk1 || short === shortNames.password

function shortenHash(sealed: unknown): unknown {
  const { hash, key, ...unknown } = sealed as NonNullable<Subscriber['password']>
  const isShort = hash.startsWith(HASH_PREFIX) && !key.includes('$') && Object.keys(unknown).length === 0
  return isShort ? `${key}$${hash.slice(HASH_PREFIX.length)}` : sealed
}

function expandHash(stored: unknown): unknown {
  if (typeof stored !== 'string') return stored
  const keyEnd = stored.indexOf('$')
  return { hash: `${HASH_PREFIX}${stored.slice(keyEnd + 1)}`, key: stored.slice(0, Math.max(0, keyEnd)) }
}
