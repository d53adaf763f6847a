import { UssdError } from '../engine/errors.ts'

interface Address {
  readonly port: number
  readonly host: string
}

/** Throws `USSD_MISCONFIGURED` with advice for a known listen error; rethrows any other. */
export const throwListenFault =
  (address: Address) =>
  (error: unknown): never => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const detail = adviceFor(code, address)
    throw detail === undefined ? error : new UssdError('USSD_MISCONFIGURED', { detail, cause: error })
  }

function adviceFor(code: string, { port, host }: Address): string | undefined {
  const otherPort = 'set PORT to another port (0 picks a free one)'
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is already in use. Stop the process that listens there, or ${otherPort}.`
    case 'EACCES':
      return `this user may not listen on port ${port} of ${host}. Ports below 1024 need privileges. Otherwise ${otherPort}.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine. Set HOST to one that is, or to 0.0.0.0 for all.`
    default:
      return undefined
  }
}
