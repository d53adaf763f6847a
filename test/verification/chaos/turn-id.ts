import type { Dialect, WireCall } from '../../../src/dialects/dialect.ts'
import { macUnder } from '../../../src/gateway/records/keyring.ts'
import type { Keyring } from '../../../src/gateway/records/keyring.ts'

/**
 * The id under which the gateway knows the turn of a callback, worked out from the callback alone: what a pending attempt
 * names. Undefined for what is no callback.
 */
export function turnIdOf(dialect: Dialect, wire: WireCall, keyring: Keyring): string | undefined {
  const query = Object.fromEntries(new URLSearchParams(wire.query))
  const parsed = dialect.parseRequest({ ...wire, query })
  if (parsed.kind !== 'callback') return undefined
  const { callback } = parsed
  const { reported: heard, dialled, sessionId, msisdn } = callback
  const parts = () => {
    if (heard.kind === 'cumulative') return [heard.code, heard.text]
    const said = heard.typed === undefined ? ['begin', dialled] : ['reply', heard.typed]
    return heard.kind === 'sequenced' ? [String(heard.number), ...said] : said
  }
  const all = [callback.dialect, sessionId, msisdn, ...parts()]
  return macUnder(keyring, keyring.id, 'transcript', all).toString('base64url').slice(0, 16)
}
