/** Names and buckets of records. All records of a subscriber share a bucket, so that one commit can change them atomically. */
import { hash } from 'node:crypto'
import type { RecordName } from '../ports.ts'

/** Fixed for the life of a database: with another number, no record would be found. */
export const BUCKETS = 256

/** The bucket of an MSISDN (E.164 with `+`), 0 to 255. */
export function bucketOf(msisdn: string): number {
  // FNV-1a spreads consecutive numbers and is cheaper than a digest.
  let hash = 0x811c9dc5
  for (let at = 0; at < msisdn.length; at++) hash = Math.imul(hash ^ msisdn.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % BUCKETS
}

export const subscriberName = (msisdn: string): RecordName => `subscriber:${msisdn.slice(1)}`

/**
 * The record of a session, which belongs to one MSISDN of one dialect. The same id from another number or aggregator names
 * another record. The key holds a digest of the id, because the aggregator may send any text.
 */
export const sessionName = (
  dialect: string,
  msisdn: string,
  sessionId: string,
  handle = handleOf(dialect, sessionId),
): RecordName => `session:${msisdn.slice(1)}:${handle}`

/** The record of a handled signed callback, by the digest of its id. */
export const deliveryName = (msisdn: string, id: string): RecordName =>
  `delivery:${msisdn.slice(1)}:${digestOf(`delivery\0${id}`)}`

/** The parts of a name that contains an MSISDN (E.164 with `+`). `rest` may be empty. */
export interface Owned {
  readonly kind: string
  readonly msisdn: string
  readonly rest: string
}

/** Splits a name that contains an MSISDN; `undefined` for any other. */
export function ownedBy(name: RecordName): Owned | undefined {
  const [, kind, digits, rest = ''] = /^([a-z0-9-]+):(\d{5,15})(?::(.*))?$/s.exec(name) ?? []
  return kind && digits ? { kind, msisdn: `+${digits}`, rest } : undefined
}

const digestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22)

/** Digest of an aggregator's session id for keys and logs, 22 characters. */
export const handleOf = (dialect: string, sessionId: string): string => digestOf(`${dialect}\0${sessionId}`)
