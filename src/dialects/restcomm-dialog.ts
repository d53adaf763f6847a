/** The `<dialog>` that RestComm's gateway sends, as an application reads it. */
import { z } from 'zod'
import type { Ended } from '../gateway/ports.ts'
import type { ParsedRequest } from './dialect.ts'
import { fieldProblem, msisdn, sessionId, typed, ussdString } from './encoding/fields.ts'
import type { Element } from './encoding/xml.ts'

export const BEGIN = 'processUnstructuredSSRequest_Request'
export const REPLY = 'unstructuredSSRequest_Response'

/** What we have the gateway remind us of: the subscriber's digits, the begin's invoke id, and how many turns were answered. */
const reminder = /^(\d{12})(?:;(-?\d{1,3})(?:;(\d{1,6}))?)?$/

const invokeId = z
  .string({ error: 'is missing' })
  .regex(/^-?\d{1,3}$/, { error: 'is none from -128 to 127' })
  .refine((id) => Number(id) >= -128 && Number(id) <= 127, { error: 'is none from -128 to 127' })
const Whose = z.object({ localId: sessionId, msisdn })
const Begin = z.object({ invokeId, string: ussdString })
/** A string is optional in the answer (3GPP TS 24.090): without it, nothing was typed. */
const Reply = z.object({ invokeId, string: typed.default('') })

/** What a `<dialog>` of the gateway says: a begin, a reply, or that a dialogue is over. */
export function parseDialog(dialog: Element): ParsedRequest {
  const { attributes, elements } = dialog
  const { localId, remoteId, userObject } = attributes
  const [, reminded, beginId, answered] = reminder.exec(userObject ?? '') ?? []
  const operations = elements.filter(({ name }) => name.endsWith('_Request') || name.endsWith('_Response'))
  const [operation] = operations
  const number =
    operation?.elements.find(({ name }) => name === 'msisdn')?.attributes['number'] ??
    elements.find(({ name }) => name === 'originationReference')?.attributes['number'] ??
    reminded
  const whose = Whose.safeParse({
    localId: localId === undefined || remoteId === undefined ? localId : `${localId}:${remoteId}`,
    msisdn: number,
  })

  const why = whyEnded(dialog)
  if (why) {
    // Without a number there was no answer of ours yet, so there is nothing to end.
    if (number === undefined) return { kind: 'ended', ended: undefined, echo: {} }
    if (!whose.success) return malformed(fieldProblem(whose.error))
    const { localId: sessionId, msisdn } = whose.data
    return { kind: 'ended', ended: { dialect: 'restcomm', sessionId, msisdn, why }, echo: {} }
  }
  if (operations.length > 1) return malformed('Bad request: there is more than one operation')
  if (operation?.name !== BEGIN && operation?.name !== REPLY) {
    return malformed(`Bad request: there is neither ${BEGIN} nor ${REPLY}`)
  }
  if (!whose.success) return malformed(fieldProblem(whose.error))
  const { localId: sessionId, msisdn } = whose.data
  const begins = operation.name === BEGIN
  const parsed = (begins ? Begin : Reply).safeParse(operation.attributes)
  if (!parsed.success) return malformed(fieldProblem(parsed.error))
  const { invokeId, string } = parsed.data
  const place = begins ? '0' : answered
  const id = begins ? invokeId : beginId
  return {
    kind: 'callback',
    callback: {
      dialect: 'restcomm',
      sessionId,
      msisdn,
      dialled: begins ? string : '',
      // A gateway that gives nothing back is counted by its invoke ids, to the end.
      reported: { kind: 'sequenced', number: Number(place ?? invokeId), typed: begins ? undefined : string },
    },
    echo: {
      msisdn: msisdn.slice(1),
      ...(id !== undefined && { beginId: id }),
      ...(place !== undefined && { number: place }),
    },
  }
}

/** Why the dialogue is over, where a dialog says so. */
function whyEnded({ attributes, elements }: Element): Ended['why'] | undefined {
  if (attributes['mapUserAbortChoice'] !== undefined) return 'cancelled'
  if (attributes['dialogTimedOut'] === 'true' || attributes['invokeTimedOut'] !== undefined)
    return 'timed-out'
  if (attributes['mapAbortProviderReason'] !== undefined || attributes['mapRefuseReason'] !== undefined) {
    return 'failed'
  }
  const errors = elements.find(({ name }) => name === 'errComponents')?.elements ?? []
  return errors.length > 0 || attributes['type'] === 'Abort' ? 'failed' : undefined
}

export const malformed = (sentence: string) => ({ kind: 'malformed', sentence }) as const
