import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * Whether a request carries a token: as `Authorization: Bearer <token>`, as the password of HTTP Basic, or, where
 * `inQuery` is given, as that value of the query. Compared in constant time over digests of equal length.
 */
export function createTokenCheck(token: string) {
  const expected = digest(token)
  const matches = (given: string | undefined) =>
    given !== undefined && timingSafeEqual(digest(given), expected)
  return (request: IncomingMessage, inQuery?: unknown): boolean =>
    matches(tokenOf(request)) || (typeof inQuery === 'string' && matches(inQuery))
}

/** The token of the `Authorization` header, if it has one. */
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
