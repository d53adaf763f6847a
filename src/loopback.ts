const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|::ffff:127(\.\d{1,3}){3})$/

/** True for a host name or address that only this machine can reach. Accepts the bracketed form of IPv6. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host)
