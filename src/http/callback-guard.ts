import type { Request } from 'express'
import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import { parseSignature, verifySignature } from '../dialects/signature.ts'
import type { SignedDelivery } from '../gateway/ports.ts'
import { isLoopback } from '../loopback.ts'
import { trust } from './connections.ts'
import { createTokenCheck } from './tokens.ts'

/** The decision on a callback, made from its address and headers. */
export type GuardResult =
  | { readonly kind: 'rejected'; readonly status: 401 | 403; readonly message: string }
  | {
      readonly kind: 'admitted'
      /** The id and time of a signed callback. A duplicate has the same id. */
      readonly signed: SignedDelivery | undefined
      /** Returns true when the signature matches the body, or none is required. `path` is relative to the dialect's address. */
      isIntact(path: string, body: Uint8Array): boolean
    }

/** Authenticates callbacks. Every configured check must pass. */
export interface CallbackGuard {
  /** Checks address and headers, before the body is read. */
  admit(request: Request): GuardResult
  /** The rejection for a wrong signature; the same as for a missing one. */
  readonly unauthorised: Extract<GuardResult, { kind: 'rejected' }>
}

/**
 * Creates the guard of all callbacks.
 *
 * @param token undefined when no token is required
 * @param signatureKeys empty when no signature is required; otherwise one of them must verify
 * @param allow addresses and ranges that may call; empty for all. Only the socket's peer counts, because anyone can write the
 * headers of a proxy (decision 0036)
 * @param now milliseconds since the epoch, to measure the age of signatures; the gateway passes the clock of the store
 */
export function createCallbackGuard(options: {
  readonly token: string | undefined
  readonly signatureKeys?: readonly Uint8Array[] | undefined
  readonly allow?: readonly string[] | undefined
  readonly now?: (() => number) | undefined
}): CallbackGuard {
  const { token, signatureKeys: keys = [], allow = [], now = Date.now } = options
  const hasToken = token === undefined ? undefined : createTokenCheck(token)
  const isAllowed = allow.length === 0 ? () => true : createAddressCheck(allow)
  const isGuarded = hasToken !== undefined || keys.length > 0
  // One message for all causes, so that a caller cannot learn which check failed.
  const required = [...(hasToken ? ['token'] : []), ...(keys.length > 0 ? ['signature'] : [])].join(
    ' or the ',
  )
  const unauthorised = rejected(401, `Unauthorised: the ${required} is missing or wrong`)

  return {
    unauthorised,

    admit(request) {
      if (!isAllowed(request.socket.remoteAddress)) {
        return rejected(403, 'Rejected: this address may not send callbacks')
      }
      if (hasToken) {
        if (!hasToken(request, request.query['token'])) return unauthorised
        trust(request.socket)
      }
      if (!isGuarded) {
        if (comesThroughProxy(request)) return proxied
        if (comesFromAnotherSite(request)) {
          return rejected(403, 'Rejected: pages of other sites may not send callbacks')
        }
      }
      if (keys.length === 0) return { kind: 'admitted', signed: undefined, isIntact: () => true }
      const claim = parseSignature(request.headers, now())
      if (!claim) return unauthorised
      const { method, originalUrl: target } = request
      return {
        kind: 'admitted',
        signed: { id: claim.id, atMs: Number(claim.timestamp) * 1000 },
        isIntact: (path, body) =>
          verifySignature(keys, claim, { method, path: path === '/' ? '' : path, target, body }),
      }
    },
  }
}

const proxied = rejected(
  403,
  'Rejected: the request came through a proxy. Set CALLBACK_TOKEN; without it, only direct calls from this machine are served',
)

function rejected(status: 401 | 403, message: string) {
  return { kind: 'rejected' as const, status, message }
}

/** Treats an IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) as IPv4. */
function createAddressCheck(ranges: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => {
    // A closed socket has no address.
    if (address === undefined) return false
    const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
    return list.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4')
  }
}

/**
 * Returns true when a page of another site sent the request. Without a token such a page could dial as its reader. Checks the
 * headers of the browser, and the host name: DNS rebinding leaves the attacker's name in `Host`.
 */
export function comesFromAnotherSite({ headers, socket }: Request): boolean {
  if (hasForeignOrigin(headers)) return true
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  return isLoopback(socket.localAddress ?? '') && !isLoopback(host)
}

/** Returns true when the browser reports another origin. Ignores the scheme, because a proxy may terminate TLS. */
export function hasForeignOrigin(headers: IncomingHttpHeaders): boolean {
  const { origin, host = '', 'sec-fetch-site': site } = headers
  if (site === 'cross-site' || site === 'same-site') return true
  return origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, '') !== host.toLowerCase()
}

/** Returns true when a proxy forwarded the request. Then a loopback address proves nothing. */
export function comesThroughProxy({ headers }: Request): boolean {
  for (const name in headers) {
    if (name.startsWith('x-forwarded-') || name === 'forwarded' || name === 'x-real-ip' || name === 'via') {
      return true
    }
  }
  return false
}
