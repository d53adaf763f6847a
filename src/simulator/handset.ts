import { randomBytes } from 'node:crypto'
import type { Dialect, NetworkTurn } from '../dialects/dialect.ts'
import { measure } from '../ussd/message.ts'
import { createApplication } from './application.ts'
import { dial, reply } from './dial-pad.ts'

/** What a phone shows. */
export interface Screen {
  /** The dialogue's session id; empty where the screen is of no dialogue. */
  readonly session: string
  /** `waiting`: the dialogue goes on with an answer. */
  readonly state: 'waiting' | 'ended'
  readonly text: string
  readonly alphabet: 'gsm7' | 'ucs2'
  /** What the text takes on the air; above 160 a real network could not send it. */
  readonly octets: number
  /** Why the dialogue broke off: one English sentence, never what was typed. */
  readonly problem?: string
}

/** What became of an input. */
type Typed =
  | { readonly kind: 'screen'; readonly screen: Screen }
  /** Nothing was sent and the screen stays as it is; `sentence` says why. */
  | { readonly kind: 'refused'; readonly sentence: string }

/** Simulated phones, one per MSISDN (E.164 with `+`). */
export interface Handsets {
  /**
   * Types a line and sends it: a code on an idle phone, an answer in a dialogue. Inputs of one phone are carried out one
   * after another; those of a dialogue that was hung up meanwhile are dropped. Does not reject: what goes wrong is shown.
   */
  type(msisdn: string, text: string): Promise<Typed>
  /** What is on the screen now. */
  screen(msisdn: string): Screen
  /** Clears the screen; a dialogue ends at once, also where its answer is still awaited. */
  hangUp(msisdn: string): void
}

/** A dialogue in progress: the turn that was sent last, and when the network breaks it off. */
interface Dialogue extends NetworkTurn {
  readonly endsAtMs: number
}

interface Phone {
  screen: Screen
  dialogue: Dialogue | undefined
  /** Aborted and renewed when the phone is hung up. */
  line: AbortController
  /** Settles behind the last input. */
  inputs: Promise<unknown>
  waiting: number
}

/** What a phone shows when the network has no answer for it. */
const CONNECTION_PROBLEM = 'Connection problem or invalid MMI code.'

/** More than any menu asks; an endless dialogue would be kept, and sent again with every answer. */
const MOST_REPLIES = 500

/**
 * Phones and the network between them and an application: the callback goes over HTTP in the dialect's own form, so that
 * nothing here knows how the application is made. Only as much is remembered as `maxPhones` phones need: the one that was
 * least recently used goes first, and its dialogue with it.
 *
 * @param dialogueLimitMs how long the network keeps a dialogue, from its begin; it is looked at on use, no timer runs
 * @param now milliseconds of a clock that does not jump
 */
export function createHandsets(options: {
  readonly dialect: Dialect
  readonly callbackUrl: string | (() => string)
  readonly token?: string | undefined
  readonly dialogueLimitMs?: number
  readonly maxPhones?: number
  readonly now?: () => number
}): Handsets {
  const { dialogueLimitMs = 180_000, maxPhones = 10_000, now = () => performance.now() } = options
  const application = createApplication(options)
  const phones = new Map<string, Phone>()

  return {
    type(msisdn, text) {
      const phone = phoneOf(msisdn)
      const { line } = phone
      phone.waiting += 1
      const typed = phone.inputs.then(() =>
        line.signal.aborted ? shown(phone.screen) : take(phone, msisdn, text),
      )
      const settle = () => void (phone.waiting -= 1)
      phone.inputs = typed.then(settle, settle)
      return typed
    },

    screen(msisdn) {
      const phone = phones.get(msisdn)
      if (phone?.waiting === 0) breakOff(phone)
      return phone?.screen ?? screenOf({ session: '', text: '', state: 'ended' })
    },

    hangUp(msisdn) {
      const phone = phones.get(msisdn)
      if (!phone) return
      phone.line.abort()
      phone.line = new AbortController()
      phone.dialogue = undefined
      phone.screen = screenOf({ session: phone.screen.session, text: '', state: 'ended' })
    },
  }

  function phoneOf(msisdn: string): Phone {
    const phone = phones.get(msisdn) ?? {
      screen: screenOf({ session: '', text: '', state: 'ended' }),
      dialogue: undefined,
      line: new AbortController(),
      inputs: Promise.resolve(),
      waiting: 0,
    }
    // A Map keeps the order of insertion: the least recently used come first.
    phones.delete(msisdn)
    phones.set(msisdn, phone)
    for (const [other, { waiting }] of phones) {
      if (phones.size <= maxPhones) break
      // One that is busy stays, or its next input would overtake this one.
      if (waiting === 0 && other !== msisdn) phones.delete(other)
    }
    return phone
  }

  async function take(phone: Phone, msisdn: string, text: string): Promise<Typed> {
    // It was meant for a dialogue that is no more: as a code it would mean something else.
    if (breakOff(phone) && !text.trimEnd().endsWith('#')) return shown(phone.screen)
    const { dialogue } = phone
    if (dialogue && dialogue.replies.length >= MOST_REPLIES) {
      release(phone, dialogue.sessionId, `The network ended the dialogue after ${MOST_REPLIES} answers.`)
      return shown(phone.screen)
    }
    const pressed = dialogue ? reply(text) : dial(text)
    switch (pressed.kind) {
      case 'refused':
        return pressed
      case 'kept':
        phone.screen = screenOf({ session: '', text: pressed.sentence, state: 'ended' })
        return shown(phone.screen)
      case 'sent':
        return carry(
          phone,
          dialogue
            ? { ...dialogue, replies: [...dialogue.replies, pressed.text] }
            : {
                // The form that Africa's Talking's own have.
                sessionId: `ATUid_${randomBytes(16).toString('hex')}`,
                msisdn,
                dialled: pressed.text,
                replies: [],
                endsAtMs: now() + dialogueLimitMs,
              },
        )
    }
  }

  async function carry(phone: Phone, dialogue: Dialogue): Promise<Typed> {
    const { line } = phone
    const session = dialogue.sessionId
    const called = await application.call(dialogue, line.signal)
    // Nobody looks at what the application says to somebody who has hung up.
    if (line.signal.aborted) return shown(phone.screen)
    if (called.kind === 'failed') {
      release(phone, session, called.problem)
      return shown(phone.screen)
    }
    const { text, waits } = called.answer
    phone.dialogue = waits ? dialogue : undefined
    phone.screen = screenOf({ session, text, state: waits ? 'waiting' : 'ended' })
    return shown(phone.screen)
  }

  /** Whether the network ends the phone's dialogue now: it lasted too long. The application is not told. */
  function breakOff(phone: Phone): boolean {
    const { dialogue } = phone
    if (!dialogue || now() < dialogue.endsAtMs) return false
    release(phone, dialogue.sessionId, `The network ended the dialogue after ${dialogueLimitMs / 1000} s.`)
    return true
  }
}

function release(phone: Phone, session: string, problem: string): void {
  phone.dialogue = undefined
  phone.screen = { ...screenOf({ session, text: CONNECTION_PROBLEM, state: 'ended' }), problem }
}

function screenOf({ session, state, text }: Pick<Screen, 'session' | 'state' | 'text'>): Screen {
  const { alphabet, octets } = measure(text)
  return { session, state, text, alphabet, octets }
}

const shown = (screen: Screen): Typed => ({ kind: 'screen', screen })
