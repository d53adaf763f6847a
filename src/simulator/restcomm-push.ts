/**
 * The push of the RestComm (Mobicents) USSD gateway: an application posts a `<dialog>` with a question or a notification, the
 * answer comes back in the response, and a cookie holds the posts of a dialogue together.
 */
import { randomBytes } from 'node:crypto'
import { msisdn } from '../dialects/encoding/fields.ts'
import { parseXml, writeXml } from '../dialects/encoding/xml.ts'
import type { Element, Markup } from '../dialects/encoding/xml.ts'
import { measure } from '../ussd/message.ts'
import type { Handsets } from './handset.ts'
import type { EndReason, Push, PushResult } from './push.ts'

const ASK = 'unstructuredSSRequest'
const NOTIFY = 'unstructuredSSNotify'

/** Local error codes of 3GPP TS 24.080 4.5. How RestComm writes them inside `errComponents` is not documented. */
const errors = { 'ussd-Busy': '72', absentSubscriber: '27', unexpectedDataValue: '36' } as const

/** Of how many dialogues it is remembered that they ended between two posts. */
const MOST_ENDINGS = 1000

/** What is answered to a post. */
export type Posted =
  | { readonly kind: 'dialog'; readonly xml: string; readonly cookie: string | undefined }
  | { readonly kind: 'malformed'; readonly sentence: string }

export interface RestcommPush {
  /**
   * @param session the value of the cookie, which the first post of a dialogue does not have
   * @param gone aborted when the application no longer waits: the phone is then released
   */
  post(body: string, session: string | undefined, gone: AbortSignal): Promise<Posted>
}

export function createRestcommPush(handsets: Handsets): RestcommPush {
  /** Dialogues in progress; a phone has one at most. */
  const pushes = new Map<string, Push>()
  /** How those ended of whose end the application has not heard yet; the oldest go first. */
  const endings = new Map<string, EndReason>()

  return {
    async post(body, session, gone) {
      const xml = parseXml(body, 'dialog')
      if (xml.kind === 'malformed') return malformed(`The body ${xml.problem}.`)
      const dialog = xml.element
      const operations = dialog.elements.filter(({ name }) => name.endsWith('_Request'))
      const [operation] = operations
      const isLast = dialog.attributes['prearrangedEnd'] !== undefined
      const known = session === undefined ? undefined : pushes.get(session)
      if (operations.length > 1) return malformed('There is more than one operation.')
      const ending = session === undefined ? undefined : endings.get(session)
      if (session !== undefined && ending && (operation || isLast)) {
        endings.delete(session)
        return answer(dialog, undefined, ...overWith(ending))
      }
      if (!operation) {
        if (!isLast || session === undefined || !known)
          return malformed('There is no operation, and no dialogue to end.')
        finish(session, known)
        return answer(dialog, undefined, { type: 'End', mapMessagesSize: '0' })
      }
      const [kind] = operation.name.split('_')
      const { string, invokeId = '0' } = operation.attributes
      if ((kind !== ASK && kind !== NOTIFY) || string === undefined)
        return malformed(`The operation is neither ${ASK}_Request nor ${NOTIFY}_Request with a string.`)
      if (session !== undefined && !known) return malformed('The dialogue of this cookie is over.')

      const id = session ?? randomBytes(16).toString('hex')
      const opened = known ? { kind: 'open' as const, push: known } : open(operation, id)
      if (opened === undefined)
        return malformed('The msisdn of the operation is missing, or no mobile number of Belarus.')
      if (opened.kind !== 'open') {
        const error = opened.kind === 'busy' ? 'ussd-Busy' : 'absentSubscriber'
        return answer(dialog, undefined, { type: 'End', mapMessagesSize: '1' }, failing(invokeId, error))
      }
      const { push } = opened
      if (!known) keep(id, push)
      const leave = () => finish(id, push)
      gone.addEventListener('abort', leave)
      const shown = kind === ASK ? await push.ask(string) : push.notify(string)
      gone.removeEventListener('abort', leave)
      // The one that asked still waits: what is done here must not end its dialogue.
      if (shown.kind === 'busy') return malformed('A question of this dialogue waits for its answer.')
      if (isLast || shown.kind !== 'answered') finish(id, push)
      return answer(dialog, id, ...resultOf(shown, `${kind}_Response`, invokeId))
    },
  }

  function open(operation: Element, id: string) {
    const number = operation.elements.find(({ name }) => name === 'msisdn')?.attributes['number']
    const whose = msisdn.safeParse(number)
    return whose.success ? handsets.push(whose.data, id) : undefined
  }

  function keep(id: string, push: Push): void {
    pushes.set(id, push)
    push.onOver((how) => {
      // One that the application itself finished is not here any more.
      if (!pushes.delete(id)) return
      endings.set(id, how)
      const [oldest] = endings.keys()
      if (endings.size > MOST_ENDINGS && oldest !== undefined) endings.delete(oldest)
    })
  }

  /** For an application that knows how it ended, or does not want to. */
  function finish(id: string, push: Push): void {
    pushes.delete(id)
    endings.delete(id)
    push.release()
  }
}

type Attributes = Readonly<Record<string, string>>

/** What the dialog of the answer says of itself, and what is in it. */
function resultOf(
  shown: Exclude<PushResult, { kind: 'busy' }>,
  name: string,
  invokeId: string,
): readonly [Attributes, ...Markup[]] {
  switch (shown.kind) {
    case 'answered': {
      const { text } = shown
      const said = text === undefined ? {} : { dataCodingScheme: String(measure(text).dcs), string: text }
      return [
        { type: 'Continue', mapMessagesSize: '1' },
        ['errComponents', {}],
        [name, { invokeId, ...said }],
      ]
    }
    case 'cancelled':
    case 'timed-out':
      return overWith(shown.kind)
    case 'too-long':
      return [{ type: 'End', mapMessagesSize: '1' }, failing(invokeId, 'unexpectedDataValue')]
  }
}

function overWith(how: EndReason): readonly [Attributes, ...Markup[]] {
  const why: Attributes =
    how === 'cancelled' ? { mapUserAbortChoice: 'isUserSpecificReason' } : { dialogTimedOut: 'true' }
  return [{ type: 'Abort', mapMessagesSize: '0', ...why }, ['errComponents', {}]]
}

const failing = (invokeId: string, error: keyof typeof errors): Markup => [
  'errComponents',
  {},
  [['errComponent', { invokeId, errorCode: errors[error], error }]],
]

/** What an application had the gateway remember comes back with every answer. */
function answer(
  { attributes: { userObject } }: Element,
  cookie: string | undefined,
  attributes: Attributes,
  ...elements: readonly Markup[]
): Posted {
  const appCntx = 'networkUnstructuredSsContext_version2'
  return {
    kind: 'dialog',
    cookie,
    xml: writeXml(['dialog', { ...attributes, appCntx, userObject }, elements]),
  }
}

const malformed = (sentence: string): Posted => ({ kind: 'malformed', sentence })
