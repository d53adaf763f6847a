import { randomInt } from 'node:crypto'
import { measure } from '../ussd/message.ts'
import { malformed } from './dialect.ts'
import type { Dialect, NetworkTurn, WireCall, WireResponse } from './dialect.ts'
import { BEGIN, REPLY, parseDialog } from './restcomm-dialog.ts'
import { isMalformed, postXml, readXmlRequest, readXmlResponse, xmlResponse } from './encoding/xml.ts'
import type { Markup } from './encoding/xml.ts'

const RELEASES = 'processUnstructuredSSRequest_Response'
const ASKS = 'unstructuredSSRequest_Request'
const NOTIFIES = 'unstructuredSSNotify_Request'

/** Elements of a dialog that are not operations. */
const nonOperations: ReadonlySet<string> = new Set([
  'localAddress',
  'remoteAddress',
  'destinationReference',
  'originationReference',
  'errComponents',
])

/**
 * The RestComm (Mobicents) USSD gateway. `<dialog>` carries MAP operations, with their texts in attributes. `localId` and
 * `remoteId` identify a dialogue. Only the begin carries a number, and the gateway assigns its own invoke ids. The number and
 * the turn number therefore travel in `userObject`, which the gateway returns with every later callback. It also returns the
 * cookies of the answers, which other applications use as session ids.
 */
export const restcomm: Dialect = {
  name: 'restcomm',
  methods: ['POST'],
  answerTimeoutMs: 25_000,
  limitations: [],

  parseRequest({ body, code }) {
    const dialog = readXmlRequest(body, 'dialog')
    return isMalformed(dialog) ? dialog : parseDialog(dialog, code)
  },

  formatAnswer({ text, waits }, echo) {
    const { msisdn, beginId = '0', number } = echo
    if (!waits) return formatRelease(200, text, beginId)
    const nextNumber = number === undefined ? '' : `;${Number(number) + 1}`
    const userObject = msisdn && `${msisdn};${beginId}${nextNumber}`
    return formatResponse(200, { mapMessagesSize: '1', userObject }, [
      [ASKS, operation(String((Number(number ?? 0) + 1) % 128), text)],
    ])
  },

  formatEnded() {
    return formatResponse(200, { mapMessagesSize: '0' }, [])
  },

  formatError(status, message) {
    return formatRelease(status, message, '0')
  },

  newSessionId: () => `${randomInt(1, 2 ** 31)}:${randomInt(1, 2 ** 31)}`,

  formatRequest(turn) {
    const reply = turn.replies.at(-1)
    if (reply === undefined) {
      const number = numberOf(turn)
      return formatCall(turn, { type: 'Begin', mapMessagesSize: '1' }, [
        ['originationReference', number],
        ['errComponents', {}],
        [BEGIN, operation('0', turn.dialled), [['msisdn', number]]],
      ])
    }
    // As in the real gateway, the invoke id does not depend on the application's.
    const invokeId = String(turn.replies.length)
    return formatCall(turn, { type: 'Continue', mapMessagesSize: '1' }, [
      ...originOf(turn),
      ['errComponents', {}],
      [REPLY, operation(invokeId, reply)],
    ])
  },

  parseResponse(response) {
    const dialog = readXmlResponse(response, 'dialog')
    if (isMalformed(dialog)) return dialog
    const { attributes, elements } = dialog
    if (attributes['mapMessagesSize'] === undefined) return malformed('the answer has no mapMessagesSize')
    if (attributes['mapUserAbortChoice'] !== undefined)
      return malformed('the application aborted the dialogue')
    if (attributes['prearrangedEnd'] === 'true') return malformed('the application dropped the dialogue')
    const operations = elements.filter(({ name }) => !nonOperations.has(name))
    const [only] = operations
    if (!only || operations.length > 1) return malformed('the answer must have one operation')
    // A phone cannot acknowledge a notification with a reply.
    if (only.name === NOTIFIES) {
      return malformed(
        'the answer is a notification, which is not supported in a dialogue begun by the phone',
      )
    }
    const text = only.attributes['string']
    if (only.name !== ASKS && only.name !== RELEASES) {
      return malformed(`the answer's operation must be ${ASKS} or ${RELEASES}`)
    }
    if (text === undefined) return malformed("the answer's operation has no string")
    const { userObject } = attributes
    const cookie = cookiesIn(response.headers?.['set-cookie'] ?? '').join('; ')
    return {
      kind: 'answer',
      answer: { text, waits: only.name === ASKS },
      echo: { ...(userObject !== undefined && { userObject }), ...(cookie !== '' && { cookie }) },
    }
  },

  formatEnd(turn, end) {
    const why = {
      cancelled: { mapUserAbortChoice: 'isUserSpecificReason' },
      'timed-out': { dialogTimedOut: 'true' },
      failed: { mapAbortProviderReason: 'SupportingDialogueTransactionReleased' },
      completed: undefined,
    }[end]
    if (!why) return undefined
    const elements: readonly Markup[] = [...originOf(turn), ['errComponents', {}]]
    return formatCall(turn, { type: 'Abort', mapMessagesSize: '0', ...why }, elements)
  },
}

/** Returns the `name=value` pairs of `Set-Cookie` headers (RFC 6265, 5.2), which are separated by line feeds. */
const cookiesIn = (setCookie: string): readonly string[] =>
  setCookie
    .split('\n')
    .map((line) => (line.split(';')[0] ?? '').trim())
    .filter((pair) => pair.indexOf('=') > 0)

/** Returns the latest value of every cookie that the application set. */
function cookieOf({ answers }: NetworkTurn): string | undefined {
  const pairs = answers.flatMap(({ echo }) => echo['cookie']?.split('; ') ?? [])
  const byName = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair]))
  return byName.size === 0 ? undefined : [...byName.values()].join('; ')
}

/** Returns the application's latest `userObject`. */
const userObjectOf = ({ answers }: NetworkTurn): string | undefined =>
  answers.findLast(({ echo }) => echo['userObject'] !== undefined)?.echo['userObject']

const numberOf = (turn: NetworkTurn) => ({
  number: turn.msisdn.slice(1),
  nai: 'international_number',
  npi: 'ISDN',
})

/** Names the subscriber for an application that sets no `userObject`. */
const originOf = (turn: NetworkTurn): readonly Markup[] =>
  userObjectOf(turn) === undefined ? [['originationReference', numberOf(turn)]] : []

/** Returns the attributes of an operation. Data coding scheme 15 is GSM 7-bit, 72 is UCS-2. */
const operation = (invokeId: string, string: string) => ({
  invokeId,
  dataCodingScheme: String(measure(string).dcs),
  string,
})

const formatResponse = (
  status: number,
  attributes: Readonly<Record<string, string | undefined>>,
  operations: readonly Markup[],
): WireResponse => xmlResponse(status, ['dialog', attributes, operations])

/** Formats the result of the begin, under its invoke id. `prearrangedEnd="false"` delivers it before the dialogue closes. */
const formatRelease = (status: number, text: string, beginId: string): WireResponse =>
  formatResponse(status, { mapMessagesSize: '1', prearrangedEnd: 'false' }, [
    [RELEASES, operation(beginId, text)],
  ])

function formatCall(
  turn: NetworkTurn,
  attributes: Readonly<Record<string, string>>,
  elements: readonly Markup[],
): WireCall {
  const [localId = '', ...rest] = turn.sessionId.split(':')
  const { type: kind, mapMessagesSize, ...more } = attributes
  const cookie = cookieOf(turn)
  const dialog = {
    type: kind,
    appCntx: 'networkUnstructuredSsContext_version2',
    networkId: '0',
    localId,
    remoteId: rest.length === 0 ? undefined : rest.join(':'),
    mapMessagesSize,
    returnMessageOnError: 'false',
    ...more,
    userObject: userObjectOf(turn),
  }
  return postXml(['dialog', dialog, elements], {
    accept: 'text/xml',
    // RestComm sends the charset as the content encoding.
    'content-encoding': 'utf-8',
    ...(cookie !== undefined && { cookie }),
  })
}
