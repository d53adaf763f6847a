import { randomInt } from 'node:crypto'
import { measure } from '../ussd/message.ts'
import { cookieOf, cookiesIn } from './cookies.ts'
import type { Dialect, NetworkTurn, WireCall, WireResponse } from './dialect.ts'
import { BEGIN, REPLY, malformed, parseDialog } from './restcomm-dialog.ts'
import { parseXml, writeXml } from './encoding/xml.ts'
import type { Markup } from './encoding/xml.ts'

const type = 'text/xml; charset=utf-8'

const RELEASES = 'processUnstructuredSSRequest_Response'
const ASKS = 'unstructuredSSRequest_Request'
const NOTIFIES = 'unstructuredSSNotify_Request'

/** What may stand in a dialog beside its operation. */
const beside: ReadonlySet<string> = new Set([
  'localAddress',
  'remoteAddress',
  'destinationReference',
  'originationReference',
  'errComponents',
])

/**
 * The RestComm (Mobicents) USSD gateway: MAP operations in `<dialog>`, their texts in attributes. A dialogue is its `localId`
 * and `remoteId`. Only the begin has a number, and the gateway gives invoke ids of its own to our questions; so the number
 * and the place in the dialogue come from `userObject`, which the gateway sends back with everything that follows. So it does
 * with the cookies of the answers, by which other applications know their dialogues.
 */
export const restcomm: Dialect = {
  name: 'restcomm',
  methods: ['POST'],
  answerWithinMs: 25_000,
  cannot: [],

  parseRequest({ body }) {
    const xml = parseXml(body, 'dialog')
    if (xml.kind === 'malformed') return malformed(`Bad request: the body ${xml.problem}`)
    return parseDialog(xml.element)
  },

  formatAnswer({ text, waits }, echo) {
    const { msisdn, beginId = '0', number } = echo
    if (!waits) return released(200, text, beginId)
    const place = number === undefined ? '' : `;${Number(number) + 1}`
    return written(200, { mapMessagesSize: '1', userObject: msisdn && `${msisdn};${beginId}${place}` }, [
      [ASKS, message(String((Number(number ?? 0) + 1) % 128), text)],
    ])
  },

  formatEnded() {
    return written(200, { mapMessagesSize: '0' }, [])
  },

  formatError(status, sentence) {
    return released(status, sentence, '0')
  },

  newSessionId: () => `${randomInt(1, 2 ** 31)}:${randomInt(1, 2 ** 31)}`,

  formatRequest(turn) {
    const last = turn.replies.at(-1)
    if (last === undefined) {
      const number = numberOf(turn)
      return calling(turn, { type: 'Begin', mapMessagesSize: '1' }, [
        ['originationReference', number],
        ['errComponents', {}],
        [BEGIN, message('0', turn.dialled), [['msisdn', number]]],
      ])
    }
    // Of its own, as those of the real one are: what the application asked under is not looked at.
    const asked = String(turn.replies.length)
    return calling(turn, { type: 'Continue', mapMessagesSize: '1' }, [
      ...originOf(turn),
      ['errComponents', {}],
      [REPLY, message(asked, last)],
    ])
  },

  parseResponse({ status, headers, body }) {
    if (status !== 200) return malformed(`the application answered with status ${status}`)
    const xml = parseXml(body, 'dialog')
    if (xml.kind === 'malformed') return malformed(`the answer ${xml.problem}`)
    const { attributes, elements } = xml.element
    if (attributes['mapMessagesSize'] === undefined) return malformed('the answer has no mapMessagesSize')
    if (attributes['mapUserAbortChoice'] !== undefined)
      return malformed('the application aborted the dialogue')
    if (attributes['prearrangedEnd'] === 'true') return malformed('the application dropped the dialogue')
    const operations = elements.filter(({ name }) => !beside.has(name))
    const [operation] = operations
    if (!operation || operations.length > 1) return malformed('the answer has no operation, or more than one')
    // Its acknowledgement is no answer that a phone could give.
    if (operation.name === NOTIFIES) {
      return malformed('the answer is a notification, which is not played in a dialogue that the phone began')
    }
    const text = operation.attributes['string']
    if (operation.name !== ASKS && operation.name !== RELEASES) {
      return malformed(`the answer's operation is neither ${ASKS} nor ${RELEASES}`)
    }
    if (text === undefined) return malformed("the answer's operation has no string")
    const { userObject } = attributes
    const cookie = cookiesIn(headers?.['set-cookie'] ?? '').join('; ')
    return {
      kind: 'answer',
      answer: { text, waits: operation.name === ASKS },
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
    return calling(turn, { type: 'Abort', mapMessagesSize: '0', ...why }, elements)
  },
}

/** What the application last wanted back. */
const userObjectOf = ({ answers }: NetworkTurn): string | undefined =>
  answers.findLast(({ echo }) => echo['userObject'] !== undefined)?.echo['userObject']

const numberOf = (turn: NetworkTurn) => ({
  number: turn.msisdn.slice(1),
  nai: 'international_number',
  npi: 'ISDN',
})

/** An application that set no `userObject` could not tell whose turn it is. */
const originOf = (turn: NetworkTurn): readonly Markup[] =>
  userObjectOf(turn) === undefined ? [['originationReference', numberOf(turn)]] : []

/** 15 is GSM 7-bit, 72 is UCS-2. */
const message = (invokeId: string, string: string) => ({
  invokeId,
  dataCodingScheme: String(measure(string).dcs),
  string,
})

const written = (
  status: number,
  attributes: Readonly<Record<string, string | undefined>>,
  operations: readonly Markup[],
): WireResponse => ({ status, type, body: writeXml(['dialog', attributes, operations]) })

/** The result of the begin, under its invoke id; "false" sends it before the dialogue is closed. */
const released = (status: number, text: string, beginId: string): WireResponse =>
  written(status, { mapMessagesSize: '1', prearrangedEnd: 'false' }, [[RELEASES, message(beginId, text)]])

function calling(
  turn: NetworkTurn,
  attributes: Readonly<Record<string, string>>,
  elements: readonly Markup[],
): WireCall {
  const [localId = '', ...rest] = turn.sessionId.split(':')
  const { type: kind, mapMessagesSize, ...more } = attributes
  const cookie = cookieOf(turn)
  return {
    method: 'POST',
    path: '',
    query: '',
    // It calls the charset an encoding.
    headers: {
      'content-type': 'text/xml',
      accept: 'text/xml',
      'content-encoding': 'utf-8',
      ...(cookie !== undefined && { cookie }),
    },
    body: writeXml([
      'dialog',
      {
        type: kind,
        appCntx: 'networkUnstructuredSsContext_version2',
        networkId: '0',
        localId,
        remoteId: rest.length === 0 ? undefined : rest.join(':'),
        mapMessagesSize,
        returnMessageOnError: 'false',
        ...more,
        userObject: userObjectOf(turn),
      },
      elements,
    ]),
  }
}
