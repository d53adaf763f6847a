/** Callbacks that carry only the latest input, without a turn number. */
import type { Echo, Limitation, ParsedRequest } from '../dialect.ts'
import { dialledAt, normaliseCode, noCode } from './fields.ts'

/** The limitation of a dialect whose turns have no numbers. */
export const unnumbered: Limitation = {
  case: 'repeat',
  reason: 'turns are not numbered: only an immediate duplicate is recognised',
}

/** Returns the callback of a turn. A begin needs a code in `input` or in the address; `field` names the input in the error. */
export function latestInput(
  session: { readonly dialect: string; readonly sessionId: string; readonly msisdn: string },
  turn: {
    readonly begins: boolean
    readonly input: string
    readonly field: string
    /** The code of the address. */
    readonly code: string | undefined
  },
  echo: Echo,
): ParsedRequest {
  const { begins, input, field, code } = turn
  const dialled = begins ? dialledAt(code, normaliseCode(input)) : ''
  if (dialled === undefined) return noCode(field)
  const reported = { kind: 'latest-only', typed: begins ? undefined : input } as const
  return { kind: 'callback', callback: { ...session, dialled, reported }, echo }
}
