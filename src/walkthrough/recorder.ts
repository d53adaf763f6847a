/** Writes down what is done on a phone, as a walkthrough that can be walked again. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Screen } from '../simulator/screen.ts'
import { parseDialled } from '../ussd/mmi.ts'
import type { WeaknessOf } from './secrets.ts'
import type { Looked } from './target.ts'
import type { Action, Expectation, Fixture, Step, Walkthrough } from './walkthrough.ts'

/**
 * What was typed as a secret is nowhere in it, and not kept: a placeholder says that it was PUK1, or how many digits it had,
 * which of the entries were the same, and why it was easily guessed. What it stands for is made up when it is walked again.
 */
export interface Recorder {
  /** The phone showed `before`; `text` was typed, and then it showed `after`. In the order in which it happened. */
  typed(entry: { readonly text: string; readonly before: Screen; readonly after: Screen }): Promise<void>
  hungUp(): void
  /** What was recorded so far; undefined before anything was dialled. */
  walkthrough(): Walkthrough | undefined
}

/** The record of a subscriber, as far as a fixture can say it. */
export type Seen = Looked & { readonly registrationByPuk1: boolean }

/** A screen that waited longer than this was left waiting on purpose. */
const PAUSE_MS = 20_000

/** A recording is for reading; a longer one is cut here. */
const MOST_STEPS = 200

/**
 * @param options `look`: the subscriber's record as it is, if it can be seen: then it is made again for the walkthrough, and a
 * PUK1 that was right is known by what it did. `now`: milliseconds of a clock that does not jump
 */
export function createRecorder(options: {
  readonly msisdn: string
  readonly look: () => Promise<Seen | undefined>
  readonly weaknessOf: WeaknessOf
  readonly now?: () => number
}): Recorder {
  const { msisdn, look, weaknessOf, now = () => performance.now() } = options
  const key = randomBytes(32)
  const letters = new Map<string, string>()
  const steps: Step[] = []
  let fixture: Fixture | undefined
  let record: Seen | undefined
  let title: string | undefined
  let lastMs = now()

  const add = (action: Action, expectation?: Expectation) =>
    void (steps.length < MOST_STEPS && steps.push({ who: 'subscriber', action, expectation, line: 0 }))

  /** The same letter for the same entry. What is kept is a digest under a key that nobody else has. */
  const letterOf = (secret: string): string => {
    const digest = createHmac('sha256', key).update(secret).digest('base64')
    const known = letters.get(digest)
    if (known !== undefined) return known
    const letter = 'abcdefghijklmnopqrstuvwxyz'.charAt(Math.min(letters.size, 25))
    letters.set(digest, letter)
    return letter
  }

  const placeholderOf = (typed: string, was: Seen | undefined, is: Seen | undefined): string => {
    const secret = typed.trim()
    const isEightDigits = /^[0-9]{8}$/.test(secret)
    if (isEightDigits && was && is && hasProved(was, is)) return '{{puk1}}'
    const { length } = Array.from(secret)
    if (!/^[0-9]+$/.test(secret)) return `{{${length} characters ${letterOf(secret)}}}`
    const reason = length >= 5 && length <= 10 ? weaknessOf(secret, msisdn) : undefined
    if (reason === undefined) return `{{${length} digits ${letterOf(secret)}}}`
    // Why it is easily guessed stands on the screen; with its length, there would be little left to guess. Eight are a PUK1.
    return `{{${length === 8 ? 8 : 6} digits ${letterOf(secret)}, ${reason}}}`
  }

  return {
    async typed({ text, before, after }) {
      const idleMs = now() - lastMs
      lastMs = now()
      const isAnswer = before.state === 'waiting'
      if (!isAnswer && after.session === '') return
      const was = record
      record = await look()
      if (!isAnswer) {
        title ??= `What ${parseDialled(text).kind === 'ussd' ? dialledAs(text) : 'was dialled'} shows`
        if (steps.length === 0 && record) fixture = fixtureOf(msisdn, was ?? record)
      }
      // The network had ended the dialogue before what was typed could be sent.
      if (isAnswer && idleMs >= PAUSE_MS) {
        const isBroken = after.problem !== undefined && /^The network (waited|ended)/.test(after.problem)
        add({ kind: 'wait', ms: Math.ceil(idleMs / 1000) * 1000 }, isBroken ? seen(after) : undefined)
        if (isBroken) return
      }
      add(isAnswer ? answerOf(text, before, was) : { kind: 'dial', code: dialledAs(text) }, seen(after))
    },

    hungUp() {
      if (title !== undefined && steps.at(-1)?.action.kind !== 'hang-up') add({ kind: 'hang-up' })
    },

    walkthrough() {
      if (title === undefined) return undefined
      const last = steps.findLast(({ expectation }) => expectation?.kind === 'screen')?.expectation
      const isOpen =
        last?.kind === 'screen' && last.state === 'waiting' && steps.at(-1)?.action.kind !== 'hang-up'
      const leaving: Step = {
        who: 'subscriber',
        action: { kind: 'hang-up' },
        expectation: undefined,
        line: 0,
      }
      return {
        title,
        rules: [],
        file: '',
        line: 0,
        handsets: { subscriber: { msisdn, fixture } },
        steps: isOpen ? [...steps, leaving] : [...steps],
        after: [],
        performed: undefined,
      }
    },
  }

  function answerOf(text: string, before: Screen, was: Seen | undefined): Action {
    if (!isSecret(text, before)) return { kind: 'send', text, isSecret: false }
    return { kind: 'send', text: placeholderOf(text, was, record), isSecret: true }
  }
}

/** The attempts began anew, or access was opened: then the eight digits were PUK1 (L7). */
const hasProved = (was: Seen, is: Seen): boolean =>
  is.puk1AttemptsLeft > was.puk1AttemptsLeft ||
  (was.access === 'closed-by-subscriber' && is.access === 'open')

/**
 * Whether an answer is to be kept from everybody. A digit alone is a choice, or no secret worth the name; of an application
 * that does not say what it asks for, all that its screen does not list.
 */
function isSecret(text: string, { asks }: Screen): boolean {
  if (/^\s*[0-9*#]?\s*$/.test(text)) return false
  return asks !== 'open'
}

/** What is dialled behind a code may be a secret, too, unless it is made of choices. */
function dialledAs(text: string): string {
  const code = text.trim()
  return /^[*#]\d{2,4}(\*\d{1,2})*#$/.test(code) ? code : code.replace(/^([*#]\d*).*$/su, '$1#')
}

function seen(screen: Screen): Expectation {
  const { state, text, problem } = screen
  if (problem !== undefined) return { kind: 'failure', sentence: { kind: 'whole', text: problem } }
  return { kind: 'screen', state, text: { kind: 'whole', text } }
}

function fixtureOf(msisdn: string, record: Seen): Fixture {
  const { language, tariff, client, role, access, closedBecause, puk1AttemptsLeft, registrationByPuk1 } =
    record
  return {
    msisdn,
    language: language as 'ru',
    ...(tariff !== '' && { tariff }),
    ...(client !== null && { client }),
    ...(role !== 'subscriber' && { role: role as 'administrator' }),
    ...(registrationByPuk1 && { registrationByPuk1 }),
    access: access as 'open',
    ...(closedBecause !== null && { closedBecause: closedBecause as 'restricted' }),
    ...(puk1AttemptsLeft !== 10 && { puk1AttemptsLeft }),
  }
}
