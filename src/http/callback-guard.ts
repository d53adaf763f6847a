import type { Request } from 'express'
import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import { claimOf, isSigned } from '../dialects/signature.ts'
import type { SignedDelivery } from '../gateway/ports.ts'
import { isLoopback } from '../loopback.ts'
import { trust } from './connections.ts'
import { createTokenCheck } from './tokens.ts'

/** Whether a callback may be looked at, as far as its head tells. */
export type GuardResult =
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly sentence: string }
  | {
      readonly kind: 'admitted'
      /** Of a signed callback: its sender's id, the same when it is sent again, and the time it was signed at. */
      readonly signed: SignedDelivery | undefined
      /** Whether the whole of it is what was signed; true where no signature is asked for. `path`: behind the dialect's own. */
      isWhole(path: string, body: Uint8Array): boolean
    }

/** Whose callbacks are taken. Everything that is set must hold. */
export interface CallbackGuard {
  /** Looks at address and headers only: what is refused here was not read. */
  admit(request: Request): GuardResult
  /** What a callback is told whose signature does not hold; the same as where it has none. */
  readonly unauthorised: Extract<GuardResult, { kind: 'refused' }>
}

/**
 * @param token undefined where none is asked for
 * @param signatureKeys none where no signature is asked for; otherwise a signature under any of them will do
 * @param allow addresses and ranges that may call; none: all. The socket's peer counts: what a proxy writes into a header
 * anybody could write (decision 0036)
 * @param now milliseconds since the epoch, the store's clock in the gateway: the age of signatures is measured on it
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
  // One sentence for all of it: which of them was wrong is nobody's business.
  const asked = [...(hasToken ? ['token'] : []), ...(keys.length > 0 ? ['signature'] : [])].join(' or the ')
  const unauthorised = refused(401, `Unauthorised: the ${asked} is missing or wrong`)

  return {
    unauthorised,

    admit(request) {
      if (!isAllowed(request.socket.remoteAddress)) {
        return refused(403, 'Refused: callbacks from this address are not taken')
      }
      if (hasToken) {
        if (!hasToken(request, request.query['token'])) return unauthorised
        trust(request.socket)
      }
      if (!isGuarded) {
        if (comesThroughProxy(request)) return proxied
        if (comesFromAnotherSite(request)) {
          return refused(403, 'Refused: a page of another site may not call here')
        }
      }
      if (keys.length === 0) return { kind: 'admitted', signed: undefined, isWhole: () => true }
      const claim = claimOf(request.headers, now())
      if (!claim) return unauthorised
      const { method, originalUrl: target } = request
      return {
        kind: 'admitted',
        signed: { id: claim.id, atMs: Number(claim.timestamp) * 1000 },
        isWhole: (path, body) =>
          isSigned(keys, claim, { method, path: path === '/' ? '' : path, target, body }),
      }
    },
  }
}

const proxied = refused(
  403,
  'Refused: this came through a proxy. Set CALLBACK_TOKEN: without it, only direct calls from this machine are served',
)

function refused(status: 401 | 403, sentence: string) {
  return { kind: 'refused' as const, status, sentence }
}

/** An IPv4 address that came over an IPv6 socket (RFC 4291 2.5.5.2) is taken for what it is. */
function createAddressCheck(ranges: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => {
    // A socket that is gone has none.
    if (address === undefined) return false
    const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
    return list.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4')
  }
}

/**
 * Tells whether a page of another site sent a request. A browser says so itself; an older one at least names the page's origin;
 * and a page whose host was made to point at this machine still names that host. Without a token, such a page could otherwise
 * dial in the name of its reader.
 */
export function comesFromAnotherSite({ headers, socket }: Request): boolean {
  if (hasForeignOrigin(headers)) return true
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  return isLoopback(socket.localAddress ?? '') && !isLoopback(host)
}

/** By what a browser says of the page. The scheme of the origin is not compared: there may be TLS in front. */
export function hasForeignOrigin(headers: IncomingHttpHeaders): boolean {
  const { origin, host = '', 'sec-fetch-site': site } = headers
  if (site === 'cross-site' || site === 'same-site') return true
  return origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, '') !== host.toLowerCase()
}

/** Tells whether a proxy passed a request on, by the headers that proxies add. Then a loopback address is no proof of anything. */
export function comesThroughProxy({ headers }: Request): boolean {
  for (const name in headers) {
    if (name.startsWith('x-forwarded-') || name === 'forwarded' || name === 'x-real-ip' || name === 'via') {
      return true
    }
  }
  return false
}
