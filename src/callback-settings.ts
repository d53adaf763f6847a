/** The settings that say whose callbacks are taken: tokens, signatures, addresses. */
import { isIP } from 'node:net'
import { z } from 'zod'

export const commaSeparated = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** Standard Webhooks asks for 24 bytes or more, and writes `whsec_` in front where people see a secret. */
const LEAST_BYTES = 24
const noKey = `is ${LEAST_BYTES} bytes or more in base64, comma-separated (openssl rand -base64 32)`

const signatureKey = z
  .string()
  .transform((text) => text.replace(/^whsec_/, ''))
  .pipe(z.base64({ error: noKey }))
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length >= LEAST_BYTES, { error: noKey })

/** Never empty: without a key nothing is asked for. */
export const signatureKeys = z
  .string()
  .transform(commaSeparated)
  .pipe(z.array(signatureKey).min(1, { error: noKey }))

/** `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. */
function isAddressRange(range: string): boolean {
  const [address = '', bits, ...rest] = range.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || address.includes('%')) return false
  return bits === undefined || (/^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

const noRange = 'is addresses and ranges, comma-separated: 192.0.2.7,192.0.2.0/24,2001:db8::/32'

/** Never empty: an empty list would let everybody in. */
export const addressRanges = z
  .string()
  .transform(commaSeparated)
  .pipe(z.array(z.string().refine(isAddressRange, { error: noRange })).min(1, { error: noRange }))

/** It travels in a header: printable ASCII without blanks. */
export const token = z
  .string()
  .regex(/^[\x21-\x7e]+$/, { error: 'is made of printable ASCII characters without blanks' })

/** The shortest token beyond loopback, where strangers may guess it. */
const TOKEN_LENGTH = 16

/** A sentence for each token of the environment that is too short beyond loopback. */
export const shortTokens = (given: Readonly<Record<string, string | undefined>>): readonly string[] =>
  ['CALLBACK_TOKEN', 'ADMIN_TOKEN']
    .filter((name) => (given[name]?.length ?? TOKEN_LENGTH) < TOKEN_LENGTH)
    .map(
      (name) =>
        `${name} has fewer than ${TOKEN_LENGTH} characters, and HOST is not loopback (openssl rand -hex 32)`,
    )
