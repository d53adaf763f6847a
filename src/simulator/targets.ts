/** The allow-list of applications that phones may call. Without it, the simulator would be an open proxy. */
import { percentDecode } from '../dialects/encoding/fields.ts'

/** Parses a target URL. Rejects credentials, fragments, and paths that servers may interpret differently. */
export function parseTarget(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return undefined
  if (url.username !== '' || url.password !== '' || url.hash !== '') return undefined
  return isUnambiguous(url.pathname) ? url : undefined
}

/** Returns true if an address can be a prefix of targets: a target without a query. */
export const isTargetPrefix = (address: string): boolean => parseTarget(address)?.search === ''

/** `..` and `.`, with a path parameter (`..;a`) or with the dots and blanks that Windows removes. */
const DOT_SEGMENT = /^\s*\.[.\s]*(;|$)/

/** Separators and control characters: a server that decodes them may see another path. */
// oxlint-disable-next-line no-control-regex
const SEPARATOR = /[/\\\u0000-\u001f\u007f]/

/**
 * Returns true if every server sees the same path. The URL parser has resolved `..` and `%2e%2e`, but a server may decode the
 * path again, even several times, and resolve the result.
 */
const isUnambiguous = (pathname: string): boolean =>
  pathname.split('/').every((segment) => isUnambiguousSegment(segment))

function isUnambiguousSegment(encoded: string): boolean {
  let segment = encoded
  for (;;) {
    // Some servers normalise the full-width forms of `.`, `/` and `\`.
    const plain = segment.normalize('NFKC')
    if (SEPARATOR.test(plain) || DOT_SEGMENT.test(plain)) return false
    const decoded = percentDecode(segment)
    if (decoded === undefined) return false
    if (decoded === segment) return true
    segment = decoded
  }
}

/**
 * Creates the check of a target against `prefixes`, each an origin with an optional path. Origins must be equal. Paths match
 * by segment: `/ussd` allows `/ussd/shop`, but not `/ussd-admin`.
 */
export function createTargetCheck(prefixes: readonly string[]): (target: URL) => boolean {
  const allowed = prefixes.flatMap((prefix) => parseTarget(prefix) ?? [])
  return (target) =>
    isUnambiguous(target.pathname) &&
    allowed.some(
      ({ origin, pathname }) =>
        target.origin === origin &&
        `${target.pathname.replace(/\/$/, '')}/`.startsWith(`${pathname.replace(/\/$/, '')}/`),
    )
}
