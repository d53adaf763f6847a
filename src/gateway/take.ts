import type { Language } from '../engine/authoring.ts'
import { UssdError, asUssdError } from '../engine/errors.ts'
import type { Perform } from '../engine/turn.ts'
import { resume, start } from './dialogue.ts'
import type { Services } from './effects.ts'
import type { Answer, Callback, Ended, Loaded } from './ports.ts'
import { handleOf, sessionName, subscriberName } from './records.ts'
import type { Routing } from './routing.ts'
import { sentences } from './sentences.ts'
import type { Sentence } from './sentences.ts'
import { Session, answered } from './session.ts'
import { Subscriber, createDraft, parseRecord } from './subscriber.ts'
import type { Work } from './transaction.ts'
import type { Transcripts } from './transcript.ts'

/** How a turn came out: `shown` and `not-understood` ran the menu, `repeat` showed a receipt, the others are our sentences. */
export type Outcome =
  | 'shown'
  | 'not-understood'
  | 'repeat'
  | 'not-served'
  | 'unknown-code'
  | 'expired'
  | 'ended'
  | 'out-of-step'
  | 'menu-changed'
  | 'unavailable'
  | 'busy'
  /** The network said that the dialogue is over. */
  | Ended['why']

/** A turn taken: the answer, and what the log may know of how it came about. */
export interface Taken {
  readonly answer: Answer
  readonly outcome: Outcome
  readonly turn?: number
  readonly menu?: string
  readonly screen?: string
  /** What failed, also where the menu had a screen for it. */
  readonly fault?: UssdError
}

const sentenceOf: Record<Exclude<Outcome, 'shown' | 'not-understood' | 'repeat' | Ended['why']>, Sentence> = {
  'not-served': 'notServed',
  'unknown-code': 'unknownCode',
  expired: 'expired',
  ended: 'ended',
  'out-of-step': 'outOfStep',
  'menu-changed': 'menuChanged',
  unavailable: 'unavailable',
  busy: 'busy',
}

/** The gateway ends a dialogue with a sentence of its own; nothing is stored, so the same callback is told the same again. */
export const say = (outcome: keyof typeof sentenceOf, language: Language): Taken => ({
  outcome,
  answer: { text: sentences[sentenceOf[outcome]][language], waits: false },
})

/**
 * What one callback comes to on the records as they are at this moment: an answer, and what a commit would write.
 * `speaks` hears the subscriber's language as soon as it is known, for whatever fails after that.
 */
export type Take = (
  callback: Callback,
  loaded: Loaded,
  signal: AbortSignal,
  speaks: (language: Language) => void,
) => Promise<Work<Taken>>

export function createTake(options: {
  readonly routing: Routing
  readonly transcripts: Transcripts
  readonly services: Services
  readonly sessionIdleMs: number
}): Take {
  const { routing, transcripts, services, sessionIdleMs } = options

  return async (callback, loaded, signal, speaks) => {
    const [sessionRecord, subscriberRecord] = loaded.records
    if (!subscriberRecord) return { outcome: say('not-served', 'ru') }
    const subscriber = parseRecord(Subscriber, subscriberRecord.value)
    const { language } = subscriber
    speaks(language)
    const session = sessionRecord && parseRecord(Session, sessionRecord.value)

    const recognised = transcripts.recognise(callback, session, loaded.nowMs)
    if (recognised.kind === 'repeat') {
      const { turn: _turn, delivery: _delivery, atMs: _atMs, ...answer } = recognised.receipt
      return {
        outcome: { answer, outcome: 'repeat', ...(session && { menu: session.menu }) },
      }
    }
    if (recognised.kind !== 'begin' && recognised.kind !== 'reply') {
      return { outcome: say(recognised.kind, language) }
    }

    const dialogue = handleOf(callback.dialect, callback.sessionId)
    const draft = createDraft({
      subscriber,
      msisdn: callback.msisdn,
      // Where a dialect numbers nothing, the same answer given again has the same turn id, and is another turn.
      idempotencyKey: `${dialogue}:${recognised.id}:${loaded.nowMs}`,
      atMs: loaded.nowMs,
      by: 'subscriber',
    })
    let fault: UssdError | undefined
    const perform: Perform = async ({ name, input }) => {
      try {
        const service = services[name]
        if (!service) throw new UssdError('USSD_MENU_FAULTY', { detail: `there is no service '${name}'` })
        return await service(input, {
          msisdn: callback.msisdn,
          subscriber: draft,
          dialogue,
          nowMs: loaded.nowMs,
          signal,
        })
      } catch (error) {
        // The menu has a screen for it; the log must still say why.
        fault = asUssdError(error, 'USSD_SERVICE_FAILED', name)
        throw fault
      }
    }

    const before = recognised.kind === 'reply' ? session : undefined
    const run = () =>
      recognised.kind === 'reply' && before?.state
        ? resume(routing, before, before.state, recognised.typed, language, perform)
        : start(routing, callback.dialled, language, perform)
    const ran = await run().catch((error: unknown) => asUssdError(error))
    if (ran instanceof UssdError) {
      const outcome = ran.code === 'USSD_BUSY' ? 'busy' : 'unavailable'
      return { outcome: { ...say(outcome, language), fault: ran } }
    }
    if (ran.kind !== 'rested') return { outcome: say(ran.kind, language) }

    const after = answered(before, {
      menu: ran.menu.code,
      revision: ran.menu.revision,
      latin: ran.latin,
      state: ran.state,
      id: recognised.id,
      delivery: recognised.delivery,
      heard: recognised.heard,
      answer: ran.answer,
      nowMs: loaded.nowMs,
      idleMs: sessionIdleMs,
    })
    return {
      outcome: {
        answer: ran.answer,
        outcome: ran.understood ? 'shown' : 'not-understood',
        turn: after.session.turns,
        menu: ran.menu.code,
        screen: ran.screen,
        ...(fault && { fault }),
      },
      changes: [
        {
          name: sessionName(callback.dialect, callback.msisdn, callback.sessionId),
          expect: sessionRecord?.version,
          become: { kind: 'value', value: JSON.stringify(after.session), ttlMs: after.ttlMs },
        },
        {
          name: subscriberName(callback.msisdn),
          expect: subscriberRecord.version,
          become: draft.become(),
        },
      ],
      journal: draft.journal,
    }
  }
}
