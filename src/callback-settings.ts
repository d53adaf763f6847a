/** The settings that authenticate callbacks: tokens, signature keys, allowed addresses. */
import { isIP } from 'node:net'
import { z } from 'zod'

export const commaSeparated = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** The minimum of Standard Webhooks, which prints secrets with the prefix `whsec_`. */
const MIN_KEY_BYTES = 24
const NOT_A_KEY = `must be ${MIN_KEY_BYTES} bytes or more in base64, comma-separated (openssl rand -base64 32)`

const signatureKey = z
  .string()
  .transform((text) => text.replace(/^whsec_/, ''))
  .pipe(z.base64({ error: NOT_A_KEY }))
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length >= MIN_KEY_BYTES, { error: NOT_A_KEY })

/** Never empty: without a key no signature would be required. */
export const signatureKeys = z
  .string()
  .transform(commaSeparated)
  .pipe(z.array(signatureKey).min(1, { error: NOT_A_KEY }))

/** Accepts `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. */
function isAddressRange(range: string): boolean {
  const [address = '', bits, ...rest] = range.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || address.includes('%')) return false
  return bits === undefined || (/^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

const NOT_A_RANGE = 'must be addresses and ranges, comma-separated: 192.0.2.7,192.0.2.0/24,2001:db8::/32'

/** Never empty: an empty list would allow every address. */
export const addressRanges = z
  .string()
  .transform(commaSeparated)
  .pipe(z.array(z.string().refine(isAddressRange, { error: NOT_A_RANGE })).min(1, { error: NOT_A_RANGE }))

/** Travels in a header: printable ASCII without spaces. */
export const token = z
  .string()
  .regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII characters without spaces' })

/** Beyond loopback, where strangers may guess. */
const MIN_TOKEN_LENGTH = 16

/** One sentence for each token that is too short for a host beyond loopback. */
export const shortTokens = (given: Readonly<Record<string, string | undefined>>): readonly string[] =>
  ['CALLBACK_TOKEN', 'ADMIN_TOKEN']
    .filter((name) => (given[name]?.length ?? MIN_TOKEN_LENGTH) < MIN_TOKEN_LENGTH)
    .map(
      (name) =>
        `${name} needs ${MIN_TOKEN_LENGTH} characters or more, because HOST is not loopback (openssl rand -hex 32)`,
    )
