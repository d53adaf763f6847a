import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const digest = (text: string) => hash('sha256', text, 'buffer')

/**
 * Creates a check for a token: sent as `Authorization: Bearer <token>`, as the password of HTTP Basic, or as `inQuery`. Compares
 * digests of equal length in constant time.
 */
export function createTokenCheck(token: string) {
  const expected = digest(token)
  const matches = (sent: string | undefined) => sent !== undefined && timingSafeEqual(digest(sent), expected)
  return (request: IncomingMessage, inQuery?: unknown): boolean =>
    matches(tokenOf(request)) || (typeof inQuery === 'string' && matches(inQuery))
}

/** Returns the token of the `Authorization` header. */
export function tokenOf(request: IncomingMessage): string | undefined {
  const [, scheme, credentials] = /^(\w+) +(\S+)$/.exec(request.headers.authorization ?? '') ?? []
  if (credentials === undefined) return undefined
  switch (scheme?.toLowerCase()) {
    case 'bearer':
      return credentials
    case 'basic': {
      const pair = Buffer.from(credentials, 'base64').toString()
      const colon = pair.indexOf(':')
      return colon < 0 ? undefined : pair.slice(colon + 1)
    }
    default:
      return undefined
  }
}
