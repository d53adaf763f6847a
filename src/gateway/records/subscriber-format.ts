/**
 * The stored formats of a subscriber. The compact format is `2` and JSON with the project's short names, without fields that
 * have their default, and with hashes as `<key>$<salt>$<hash>`.
 */
import type { z } from 'zod'
import { UssdError } from '../../engine/errors.ts'
import type { Change } from '../ports.ts'
import { COMPACT, parseJson, parseRecord, validate } from './record-format.ts'
import type { RecordFormat } from './record-format.ts'
import type { RecordDefinition, SealedHash } from './record.ts'
import { newGenerations, subscriberSchema } from './subscriber.ts'
import type { Subscriber } from './subscriber.ts'

/** The argon2 parameters of the compact format. They never change: a hash with others is stored as an object. */
const HASH_PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$'

/** Creates, reads and writes the records of a project's subscribers. */
export interface SubscriberFormat<S extends Subscriber = Subscriber> {
  /** A new subscriber in the project's first language. */
  create(): S
  /** Parses a stored record in either format. Throws `USSD_RECORD_CORRUPT`. */
  parse(stored: string): S
  /**
   * Returns the write of a subscriber, a record without TTL. Throws `USSD_SERVICE_FAILED` for a value that its field forbids: once
   * stored, the record could not be read.
   */
  put(subscriber: S): Change['write']
}

export function createSubscriberFormat(
  definition: RecordDefinition,
  options: { readonly defaultLanguage: string; readonly recordFormat: RecordFormat },
): SubscriberFormat {
  const schema = subscriberSchema(definition)
  const fresh = schema.parse({ language: options.defaultLanguage, ...definition.initial })
  const shortNames = new Map(Object.entries({ language: 'l', ...definition.storedAs }))
  const longNames = new Map([...shortNames].map(([long, short]) => [short, long]))
  const isSecret = (name: string) => Object.hasOwn(definition.secrets, name)
  const isDefault = createDefaultTest(schema.parse({ ...definition.initial }), definition)

  function parse(stored: string): Subscriber {
    if (!stored.startsWith(COMPACT)) return parseRecord(schema, stored)
    const compact = parseJson(stored.slice(COMPACT.length))
    if (typeof compact !== 'object' || compact === null) return validate(schema, compact)
    const fields: Record<string, unknown> = {}
    for (const [short, value] of Object.entries(compact) as [string, unknown][]) {
      const name = longNames.get(short) ?? short
      fields[name] = isSecret(name) ? expandHash(value) : value
    }
    return validate(schema, fields)
  }

  function formatCompact(subscriber: Subscriber): string {
    const fields: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(subscriber)) {
      if (isDefault(name, value)) continue
      fields[shortNames.get(name) ?? name] = isSecret(name) ? shortenHash(value as SealedHash) : value
    }
    return `${COMPACT}${JSON.stringify(fields)}`
  }

  return {
    create: () => ({ ...fresh, ...newGenerations(definition) }),
    parse,
    put(subscriber) {
      assertValid(schema, subscriber)
      const value = options.recordFormat === 'json' ? JSON.stringify(subscriber) : formatCompact(subscriber)
      return { kind: 'put', value }
    },
  }
}

function assertValid(schema: z.ZodType, subscriber: Subscriber): void {
  const { error } = schema.safeParse(subscriber)
  if (!error) return
  const paths = error.issues.map(({ path }) => path.join('.'))
  throw new UssdError('USSD_SERVICE_FAILED', {
    detail: `a value of the record is invalid: ${paths.join(', ')}`,
  })
}

/** Returns a test for values that the schema restores. Fields of `initial` have no default: a missing one must not read as it. */
function createDefaultTest(
  defaults: Subscriber,
  { initial }: RecordDefinition,
): (name: string, value: unknown) => boolean {
  const known = new Map(
    Object.entries(defaults)
      .filter(([name]) => !Object.hasOwn(initial, name))
      .map(([name, value]) => [name, { value, json: JSON.stringify(value) }]),
  )
  return (name, value) => {
    const expected = known.get(name)
    if (expected === undefined) return false
    if (value === expected.value) return true
    if (typeof value !== 'object' || typeof expected.value !== 'object' || expected.value === null)
      return false
    return JSON.stringify(value) === expected.json
  }
}

function shortenHash(sealed: SealedHash): unknown {
  const { hash, key, ...unknown } = sealed
  const isShort = hash.startsWith(HASH_PREFIX) && !key.includes('$') && Object.keys(unknown).length === 0
  return isShort ? `${key}$${hash.slice(HASH_PREFIX.length)}` : sealed
}

function expandHash(stored: unknown): unknown {
  if (typeof stored !== 'string') return stored
  const keyEnd = stored.indexOf('$')
  return { hash: `${HASH_PREFIX}${stored.slice(keyEnd + 1)}`, key: stored.slice(0, Math.max(0, keyEnd)) }
}
