/** Which record lies where. All records of a subscriber share a bucket, so that one commit can change them together. */
import { createHash } from 'node:crypto'
import type { RecordName } from '../ports.ts'

/** Fixed for the life of a database: another number would look for every record in the wrong place. */
export const BUCKETS = 256

/** The bucket of an MSISDN (E.164 with `+`), 0 to 255. */
export function bucketOf(msisdn: string): number {
  // FNV-1a: spreads consecutive numbers, and costs less than a digest on every turn.
  let hash = 0x811c9dc5
  for (let at = 0; at < msisdn.length; at++) hash = Math.imul(hash ^ msisdn.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % BUCKETS
}

export const subscriberName = (msisdn: string): RecordName => `subscriber:${msisdn.slice(1)}`

/** Where attempts at a registered number's password are counted. */
export const loginName = (msisdn: string): RecordName => `login:${msisdn.slice(1)}`

/** Where attempts at numbers that are not served are counted, many numbers in one of a fixed number of slots. */
export const unknownLoginName = (slot: number): RecordName => `unknown-login:${slot}`

/** A self-care session, by the digest of its token. */
export const selfCareName = (tokenDigest: string): RecordName => `self-care:${tokenDigest}`

/**
 * A session belongs to one MSISDN of one dialect: the same id from another number, or through another aggregator, names
 * another record. The id itself stands in no key: it is the aggregator's text, of any length and any characters.
 */
export const sessionName = (dialect: string, msisdn: string, sessionId: string): RecordName =>
  `session:${msisdn.slice(1)}:${handleOf(dialect, sessionId)}`

/** A signed callback that was acted on, by the digest of its sender's id. */
export const deliveryName = (msisdn: string, id: string): RecordName =>
  `delivery:${msisdn.slice(1)}:${handleOf('delivery', id)}`

/** A name that carries an MSISDN, taken apart: what it names, whose (E.164 with `+`), and what follows, or nothing. */
export interface Owned {
  readonly kind: string
  readonly msisdn: string
  readonly rest: string
}

/** `undefined` for a name that carries no MSISDN. */
export function ownedBy(name: RecordName): Owned | undefined {
  const [, kind, digits, rest = ''] = /^([a-z0-9-]+):(\d{5,15})(?::(.*))?$/s.exec(name) ?? []
  return kind && digits ? { kind, msisdn: `+${digits}`, rest } : undefined
}

/** 22 characters that stand for an aggregator's session id in keys and logs. */
export const handleOf = (dialect: string, sessionId: string): string =>
  createHash('sha256').update(`${dialect}\0${sessionId}`).digest('base64url').slice(0, 22)
