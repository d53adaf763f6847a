/** Applications that phones may be pointed at by whoever may use them: without it, they would be an open proxy. */

/** What an address leads to beyond doubt: no password in it, and no part that a server might read as another path. */
export function parseTarget(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return undefined
  if (url.username !== '' || url.password !== '' || url.hash !== '') return undefined
  // `..` was resolved by the parser, this was not; the server behind may yet do so.
  return /%2f|%5c/i.test(url.pathname) ? undefined : url
}

/**
 * Whether an address lies at or below one of the `prefixes`, each an origin with or without a path: origins must be equal,
 * and paths agree part by part: `/ussd` allows `/ussd/shop`, and not `/ussd-admin`.
 */
export function createTargetCheck(prefixes: readonly string[]): (target: URL) => boolean {
  const allowed = prefixes.flatMap((prefix) => parseTarget(prefix) ?? [])
  return (target) =>
    allowed.some(
      ({ origin, pathname }) =>
        target.origin === origin &&
        `${target.pathname.replace(/\/$/, '')}/`.startsWith(`${pathname.replace(/\/$/, '')}/`),
    )
}
