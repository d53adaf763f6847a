/** Parses the `<dialog>` that the RestComm gateway sends to an application. */
import { z } from 'zod'
import type { Ended } from '../gateway/ports.ts'
import { malformed } from './dialect.ts'
import type { ParsedRequest } from './dialect.ts'
import {
  describeIssue,
  dialledAt,
  msisdn,
  noCode,
  requiredField,
  sessionId,
  typed,
  ussdString,
  withoutPlus,
} from './encoding/fields.ts'
import type { Element } from './encoding/xml.ts'

export const BEGIN = 'processUnstructuredSSRequest_Request'
export const REPLY = 'unstructuredSSRequest_Response'

/** Our `userObject`, which the gateway returns: the subscriber's digits, the begin's invoke id, and the answered turns. */
const userObjectForm = /^(\d{4,20})(?:;(-?\d{1,3})(?:;(\d{1,6}))?)?$/

const invokeId = z
  .string({ error: 'is required' })
  .regex(/^-?\d{1,3}$/, { error: 'must be from -128 to 127' })
  .refine((id) => Number(id) >= -128 && Number(id) <= 127, { error: 'must be from -128 to 127' })
const SessionFields = z.object({ localId: sessionId, msisdn })
/** `string` is optional in a reply (3GPP TS 24.090): without it, the reply is empty. A begin may leave its code to the address. */
const Operation = z.object({ invokeId, string: typed.default('') })

/** Returns the begin, the reply or the end that a `<dialog>` carries. `code`: the one of the address. */
export function parseDialog(dialog: Element, code: string | undefined): ParsedRequest {
  const { attributes, elements } = dialog
  const { localId, remoteId, userObject } = attributes
  const [, digits, beginId, answeredTurns] = userObjectForm.exec(userObject ?? '') ?? []
  const operations = elements.filter(({ name }) => name.endsWith('_Request') || name.endsWith('_Response'))
  const [operation] = operations
  const number =
    operation?.elements.find(({ name }) => name === 'msisdn')?.attributes['number'] ??
    elements.find(({ name }) => name === 'originationReference')?.attributes['number'] ??
    digits
  const session = SessionFields.safeParse({
    localId: localId === undefined || remoteId === undefined ? localId : `${localId}:${remoteId}`,
    msisdn: number,
  })

  const why = whyEnded(dialog)
  if (why) {
    // Without a number, no turn has been answered, so no dialogue exists.
    if (number === undefined) return { kind: 'ended', ended: undefined, echo: {} }
    if (!session.success) return malformed(describeIssue(session.error))
    const { localId: sessionId, msisdn } = session.data
    return { kind: 'ended', ended: { dialect: 'restcomm', sessionId, msisdn, why }, echo: {} }
  }
  if (operations.length > 1) return malformed('Bad request: the dialog must have one operation')
  if (operation?.name !== BEGIN && operation?.name !== REPLY) {
    return malformed(`Bad request: the operation must be ${BEGIN} or ${REPLY}`)
  }
  if (!session.success) return malformed(describeIssue(session.error))
  const { localId: sessionId, msisdn } = session.data
  const begins = operation.name === BEGIN
  const parsed = Operation.safeParse(operation.attributes)
  if (!parsed.success) return malformed(describeIssue(parsed.error))
  const { invokeId, string } = parsed.data
  const dialled = begins ? dialledAt(code, ussdString.safeParse(string).data) : ''
  if (dialled === undefined)
    return operation.attributes['string'] === undefined ? requiredField('string') : noCode('string')
  const turnNumber = begins ? '0' : answeredTurns
  const id = begins ? invokeId : beginId
  return {
    kind: 'callback',
    callback: {
      dialect: 'restcomm',
      sessionId,
      msisdn,
      dialled,
      // For a gateway that does not return our `userObject`, the invoke ids number the turns.
      reported: {
        kind: 'sequenced',
        number: Number(turnNumber ?? invokeId),
        typed: begins ? undefined : string,
      },
    },
    echo: {
      msisdn: withoutPlus(msisdn),
      ...(id !== undefined && { beginId: id }),
      ...(turnNumber !== undefined && { number: turnNumber }),
    },
  }
}

/** Returns the reason if the dialog reports the end of the dialogue. */
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
