/**
 * Signing and verifying callbacks: Standard Webhooks 1.0 with symmetric keys (`v1`, HMAC-SHA-256). No aggregator with a public
 * format signs its callbacks, but a relay in front of the gateway can (decision 0036).
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { SIGNATURE_TOLERANCE_MS } from '../gateway/ports.ts'

const ID = 'webhook-id'
const TIMESTAMP = 'webhook-timestamp'
const SIGNATURE = 'webhook-signature'

/** The signed parts of a call. */
export interface SignedCall {
  readonly method: string
  /** The path after the dialect's URL; usually empty. */
  readonly path: string
  /** Path and query, exactly as in the request line. */
  readonly target: string
  /** The body as sent. */
  readonly body: string | Uint8Array
}

/** The signature headers of a call, before verification. */
export interface SignatureClaim {
  /** The id of the callback; a retry has the same id. */
  readonly id: string
  readonly timestamp: string
  /** HMACs of 32 bytes, at least one. */
  readonly signatures: readonly Buffer[]
}

/**
 * Computes the HMAC over id, timestamp and content. The content is the body at the dialect's URL without a query. For a GET it is
 * path and query. Otherwise it is path and query, a line feed, and the body: the body of one signed call could be sent to another
 * session's URL, or with another short code.
 */
function hmac(
  key: Uint8Array,
  { id, timestamp }: Pick<SignatureClaim, 'id' | 'timestamp'>,
  call: SignedCall,
): Buffer {
  const hasBody = call.method !== 'GET' && call.method !== 'HEAD'
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`)
  const coversTarget = !hasBody || call.path !== '' || call.target.includes('?')
  if (coversTarget) mac.update(call.target)
  if (coversTarget && hasBody) mac.update('\n')
  return (hasBody ? mac.update(call.body) : mac).digest()
}

/** Returns the headers that sign a call at the time `atMs`. An id has 1 to 128 printable ASCII characters without `.` */
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
 * Parses the signature headers; returns undefined if they are absent, malformed or outside the tolerance. An id must not
 * contain a dot: id and timestamp could otherwise be split differently in the same signed text.
 */
export function parseSignature(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  nowMs: number,
): SignatureClaim | undefined {
  const { [ID]: id, [TIMESTAMP]: timestamp, [SIGNATURE]: signature } = headers
  if (typeof id !== 'string' || !/^[\x21-\x2d\x2f-\x7e]{1,128}$/.test(id)) return undefined
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return undefined
  if (Math.abs(nowMs - Number(timestamp) * 1000) > SIGNATURE_TOLERANCE_MS) return undefined
  if (typeof signature !== 'string') return undefined
  const signatures = signature
    .split(' ')
    .filter((each) => /^v1,[A-Za-z0-9+/]{43}=$/.test(each))
    .map((each) => Buffer.from(each.slice(3), 'base64'))
  return signatures.length === 0 ? undefined : { id, timestamp, signatures: signatures }
}

/** Returns true if a signature matches a key. Compares all of them, each in constant time. */
export function verifySignature(
  keys: readonly Uint8Array[],
  claim: SignatureClaim,
  call: SignedCall,
): boolean {
  let matches = false
  for (const key of keys) {
    const expected = hmac(key, claim, call)
    for (const signature of claim.signatures) matches = timingSafeEqual(signature, expected) || matches
  }
  return matches
}
