/**
 * The push of the RestComm (Mobicents) USSD gateway. An application posts a `<dialog>` with a question or a notification, and
 * receives the reply in the response. A cookie identifies the dialogue.
 */
import { randomBytes } from 'node:crypto'
import { malformed } from '../dialects/dialect.ts'
import type { Malformed } from '../dialects/dialect.ts'
import { parseXml, writeXml } from '../dialects/encoding/xml.ts'
import type { Element, Markup } from '../dialects/encoding/xml.ts'
import { measure } from '../ussd/message.ts'
import { createNumbering } from '../ussd/numbering.ts'
import type { Handsets } from './handset.ts'
import type { EndReason, Push, PushResult } from './push.ts'

const ASK = 'unstructuredSSRequest'
const NOTIFY = 'unstructuredSSNotify'

/** Local error codes of 3GPP TS 24.080, 4.5. RestComm does not document their form in `errComponents`. */
const errors = { 'ussd-Busy': '72', absentSubscriber: '27', unexpectedDataValue: '36' } as const

/** `nai` is international, and a phone that called another application has a number of any country. */
const numbering = createNumbering({ countries: 'any' })

/** The number of remembered dialogues that ended between two posts. */
const MAX_ENDINGS = 1000

/** The response to a post. */
export type Posted =
  { readonly kind: 'dialog'; readonly xml: string; readonly cookie: string | undefined } | Malformed

export interface RestcommPush {
  /**
   * Handles a post of an application.
   *
   * @param session the value of the cookie; undefined for the first post of a dialogue
   * @param gone aborted when the application disconnects: the phone is released
   */
  post(body: string, session: string | undefined, gone: AbortSignal): Promise<Posted>
}

export function createRestcommPush(handsets: Handsets): RestcommPush {
  /** Dialogues in progress, at most one per phone. */
  const pushes = new Map<string, Push>()
  /** The ends that were not yet reported to the application; the oldest are dropped first. */
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
        return answer(dialog, undefined, ...abort(ending))
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
        return malformed(`The operation must be ${ASK}_Request or ${NOTIFY}_Request, with a string.`)
      if (session !== undefined && !known) return malformed('The dialogue of this cookie is over.')

      const id = session ?? randomBytes(16).toString('hex')
      const opening = known ? { kind: 'open' as const, push: known } : open(handsets, operation, id)
      if (opening === undefined) return malformed(`The msisdn of the operation ${numbering.requirement}.`)
      if (opening.kind !== 'open') {
        const error = opening.kind === 'busy' ? 'ussd-Busy' : 'absentSubscriber'
        return answer(
          dialog,
          undefined,
          { type: 'End', mapMessagesSize: '1' },
          errComponents(invokeId, error),
        )
      }
      const { push } = opening
      if (!known) remember(id, push)
      const leave = () => finish(id, push)
      gone.addEventListener('abort', leave)
      const result = kind === ASK ? await push.ask(string) : push.notify(string)
      gone.removeEventListener('abort', leave)
      // The pending question keeps its dialogue.
      if (result.kind === 'busy') return malformed('Another question of this dialogue is pending.')
      if (isLast || result.kind !== 'answered') finish(id, push)
      return answer(dialog, id, ...contentOf(result, `${kind}_Response`, invokeId))
    },
  }

  function remember(id: string, push: Push): void {
    pushes.set(id, push)
    push.onOver((how) => {
      // A dialogue that the application finished is already removed.
      if (!pushes.delete(id)) return
      endings.set(id, how)
      const [oldest] = endings.keys()
      if (endings.size > MAX_ENDINGS && oldest !== undefined) endings.delete(oldest)
    })
  }

  /** Releases the phone of an application that knows about the end or has disconnected. */
  function finish(id: string, push: Push): void {
    pushes.delete(id)
    endings.delete(id)
    push.release()
  }
}

/** Begins a dialogue with the operation's subscriber; returns undefined if it names none. */
function open(handsets: Handsets, operation: Element, id: string) {
  const number = operation.elements.find(({ name }) => name === 'msisdn')?.attributes['number']
  const subscriber = numbering.parse(number ?? '')
  return subscriber.kind === 'msisdn' ? handsets.push(subscriber.e164, id) : undefined
}

type Attributes = Readonly<Record<string, string>>

/** Returns the attributes and elements of the answer to a post. */
function contentOf(
  result: Exclude<PushResult, { kind: 'busy' }>,
  name: string,
  invokeId: string,
): readonly [Attributes, ...Markup[]] {
  switch (result.kind) {
    case 'answered': {
      const { text } = result
      const reply = text === undefined ? {} : { dataCodingScheme: String(measure(text).dcs), string: text }
      return [
        { type: 'Continue', mapMessagesSize: '1' },
        ['errComponents', {}],
        [name, { invokeId, ...reply }],
      ]
    }
    case 'cancelled':
    case 'timed-out':
      return abort(result.kind)
    case 'too-long':
      return [{ type: 'End', mapMessagesSize: '1' }, errComponents(invokeId, 'unexpectedDataValue')]
  }
}

function abort(how: EndReason): readonly [Attributes, ...Markup[]] {
  const why: Attributes =
    how === 'cancelled' ? { mapUserAbortChoice: 'isUserSpecificReason' } : { dialogTimedOut: 'true' }
  return [{ type: 'Abort', mapMessagesSize: '0', ...why }, ['errComponents', {}]]
}

const errComponents = (invokeId: string, error: keyof typeof errors): Markup => [
  'errComponents',
  {},
  [['errComponent', { invokeId, errorCode: errors[error], error }]],
]

/** Formats the answer to a dialog. It returns the application's `userObject`. */
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
