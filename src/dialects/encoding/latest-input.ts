/** Callbacks that carry only the latest input, without a turn number. */
import type { Echo, Limitation, ParsedRequest } from '../dialect.ts'
import { normaliseCode, noCode } from './fields.ts'

/** The limitation of a dialect whose turns have no numbers. */
export const unnumbered: Limitation = {
  case: 'repeat',
  reason: 'turns are not numbered: only an immediate duplicate is recognised',
}

/** Returns the callback of a turn. At the begin, `input` must be a code; `field` names it in the error. */
export function latestInput(
  session: { readonly dialect: string; readonly sessionId: string; readonly msisdn: string },
  { begins, input, field }: { readonly begins: boolean; readonly input: string; readonly field: string },
  echo: Echo,
): ParsedRequest {
  const dialled = begins ? normaliseCode(input) : ''
  if (dialled === undefined) return noCode(field)
  const reported = { kind: 'latest-only', typed: begins ? undefined : input } as const
  return { kind: 'callback', callback: { ...session, dialled, reported }, echo }
}
