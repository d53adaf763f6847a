import project from '../../../menus/index.ts'
import type { Dialect, WireCall } from '../../../src/dialects/dialect.ts'
import { macUnder } from '../../../src/gateway/records/keyring.ts'
import type { Keyring } from '../../../src/gateway/records/keyring.ts'

/**
 * Returns the gateway's id of a turn, which a pending attempt names. Undefined when the request is not a callback.
 */
export function turnIdOf(dialect: Dialect, wire: WireCall, keyring: Keyring): string | undefined {
  const query = Object.fromEntries(new URLSearchParams(wire.query))
  const parsed = dialect.parseRequest({ ...wire, query })
  if (parsed.kind !== 'callback') return undefined
  const { callback } = parsed
  const { reported, dialled, sessionId } = callback
  // The gateway resolves the number, which some aggregators write without +.
  const number = project.numbering.parse(callback.msisdn)
  if (number.kind !== 'msisdn') return undefined
  const parts = () => {
    if (reported.kind === 'cumulative') return [reported.code, reported.text]
    const input = reported.typed === undefined ? ['begin', dialled] : ['reply', reported.typed]
    return reported.kind === 'sequenced' ? [String(reported.number), ...input] : input
  }
  const all = [callback.dialect, sessionId, number.e164, ...parts()]
  return macUnder(keyring, keyring.id, 'transcript', all).toString('base64url').slice(0, 16)
}
