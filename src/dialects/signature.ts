/**
 * The signature of a callback, both ends of it: Standard Webhooks 1.0 with symmetric keys (`v1`, HMAC-SHA-256). No aggregator
 * whose format is public signs; whoever stands between one and us can (decision 0036).
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { SIGNATURE_TOLERANCE_MS } from '../gateway/ports.ts'

const ID = 'webhook-id'
const TIMESTAMP = 'webhook-timestamp'
const SIGNATURE = 'webhook-signature'

/** A call as far as it is signed. */
export interface SignedCall {
  readonly method: string
  /** What follows the dialect's own address; empty for most. */
  readonly path: string
  /** Path and query as they stand in the request line. */
  readonly target: string
  /** As it was sent. */
  readonly body: string | Uint8Array
}

/** What a call says of its signature before it is checked. */
export interface Claim {
  /** Of the callback: the same when it is sent again. */
  readonly id: string
  readonly timestamp: string
  /** HMACs of 32 bytes; never empty. */
  readonly given: readonly Buffer[]
}

/**
 * What is signed beside id and time: the body; where the address says something (a GET, or an address below the dialect's own)
 * the path and query instead, and behind a line feed the body, if there is one. Otherwise somebody who holds one signed call
 * could send its body to another session's address.
 */
function hmac(key: Uint8Array, { id, timestamp }: Omit<Claim, 'given'>, call: SignedCall): Buffer {
  const hasBody = call.method !== 'GET' && call.method !== 'HEAD'
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`)
  if (!hasBody || call.path !== '') mac.update(call.target)
  if (hasBody && call.path !== '' && call.body.length > 0) mac.update('\n')
  return (hasBody ? mac.update(call.body) : mac).digest()
}

/** The headers that sign a call. `id`: 1 to 128 printable ASCII characters without `.` */
export function sign(
  key: Uint8Array,
  call: SignedCall,
  { id, atMs }: { readonly id: string; readonly atMs: number },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1000))
  const signature = `v1,${hmac(key, { id, timestamp }, call).toString('base64')}`
  return { [ID]: id, [TIMESTAMP]: timestamp, [SIGNATURE]: signature }
}

/**
 * The claim of a request, `undefined` where it has none that could be right at this time. No dot in an id: with one, id and time
 * could be cut otherwise out of the same signed text.
 */
export function claimOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  nowMs: number,
): Claim | undefined {
  const { [ID]: id, [TIMESTAMP]: timestamp, [SIGNATURE]: signature } = headers
  if (typeof id !== 'string' || !/^[\x21-\x2d\x2f-\x7e]{1,128}$/.test(id)) return undefined
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return undefined
  if (Math.abs(nowMs - Number(timestamp) * 1000) > SIGNATURE_TOLERANCE_MS) return undefined
  if (typeof signature !== 'string') return undefined
  const given = signature
    .split(' ')
    .filter((each) => /^v1,[A-Za-z0-9+/]{43}=$/.test(each))
    .map((each) => Buffer.from(each.slice(3), 'base64'))
  return given.length === 0 ? undefined : { id, timestamp, given }
}

/** Whether one of the claim's signatures is of one of the keys. All are compared, each in constant time. */
export function isSigned(keys: readonly Uint8Array[], claim: Claim, call: SignedCall): boolean {
  let isOne = false
  for (const key of keys) {
    const expected = hmac(key, claim, call)
    for (const signature of claim.given) isOne = timingSafeEqual(signature, expected) || isOne
  }
  return isOne
}
