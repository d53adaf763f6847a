/** Applications that phones may be pointed at by whoever may use them: without it, they would be an open proxy. */

/** Parses the address of a target. Refuses a password, and a path that a server might read as another one. */
export function parseTarget(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return undefined
  if (url.username !== '' || url.password !== '' || url.hash !== '') return undefined
  return isUnambiguous(url.pathname) ? url : undefined
}

/** Says whether an address is one that others may lie below: a target without a query. */
export const isTargetPrefix = (address: string): boolean => parseTarget(address)?.search === ''

/** `..` and `.`, also with a path parameter (`..;a`) or with the dots and blanks that Windows cuts off. */
const DOT_SEGMENT = /^\s*\.[.\s]*(;|$)/

/** A segment that starts another path when a server decodes it: separators, control characters. */
// oxlint-disable-next-line no-control-regex
const SEPARATOR = /[/\\\u0000-\u001f\u007f]/

/**
 * Says whether every server reads the path as the same one. The URL parser has resolved `..`, also as `%2e%2e`. A server may
 * decode the path once more than that, or several times, and may resolve what it finds then.
 */
const isUnambiguous = (pathname: string): boolean =>
  pathname.split('/').every((segment) => isUnambiguousSegment(segment))

function isUnambiguousSegment(encoded: string): boolean {
  let segment = encoded
  for (;;) {
    // Some servers take the wide forms of `.`, `/` and `\` for these.
    const plain = segment.normalize('NFKC')
    if (SEPARATOR.test(plain) || DOT_SEGMENT.test(plain)) return false
    const decoded = decode(segment)
    if (decoded === undefined) return false
    if (decoded === segment) return true
    segment = decoded
  }
}

/** The segment, decoded once; undefined if it is not of UTF-8 in percent-encoding. */
function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/**
 * Whether an address lies at or below one of the `prefixes`, each an origin with or without a path: origins must be equal,
 * and paths agree part by part: `/ussd` allows `/ussd/shop`, and not `/ussd-admin`.
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
