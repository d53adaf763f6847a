/** Writes down what is done on a phone, as a walkthrough that can be walked again. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Screen } from '../simulator/screen.ts'
import { FixtureForm } from './script/schema-subscriber.ts'
import type { WeaknessOf } from './script/secrets.ts'
import type { SubscriberView } from './run/target.ts'
import type { Action, Expectation, Fixture, Step, Walkthrough } from './script/walkthrough.ts'

/**
 * What was typed as a secret is nowhere in it, and not kept: a placeholder says that it was PUK1, or how many digits it had,
 * which of the entries were the same, and why it was easily guessed. What it stands for is made up when it is walked again.
 */
export interface Recorder {
  /** The phone showed `before`; `text` was typed, and then it showed `after`. In the order in which it happened. */
  typed(entry: { readonly text: string; readonly before: Screen; readonly after: Screen }): Promise<void>
  hungUp(): void
  /** Dialogues that are not written down: what was dialled may be a secret, or there were too many. */
  leftOut(): number
  /** What was recorded so far; undefined before anything was dialled. */
  walkthrough(): Walkthrough | undefined
}

/** The record of a subscriber, as far as a fixture can say it. */
export type RecordedSubscriber = SubscriberView & { readonly registrationByPuk1: boolean }

/** A screen that waited longer than this was left waiting on purpose. */
const PAUSE_MS = 20_000

/** A recording is for reading: behind so many steps no further dialogue is written down. */
const MAX_STEPS = 200

/**
 * @param options `codes`: those that menus are known by. What is dialled is written down as far as it is one of them with
 * choices behind, or a bare service code; `look`: the subscriber's record as it is, if it can be seen: then it is made again for the walkthrough, and a
 * PUK1 that was right is known by what it did. `now`: milliseconds of a clock that does not jump
 */
export function createRecorder(options: {
  readonly msisdn: string
  readonly codes: readonly string[]
  readonly look: () => Promise<RecordedSubscriber | undefined>
  readonly weaknessOf: WeaknessOf
  readonly now?: () => number
}): Recorder {
  const { msisdn, codes, look, weaknessOf, now = () => performance.now() } = options
  const key = randomBytes(32)
  const letters = new Map<string, string>()
  const steps: Step[] = []
  let fixture: Fixture | undefined
  let record: RecordedSubscriber | undefined
  let title: string | undefined
  let lastMs = now()
  let isWritten = false
  let leftOut = 0

  const add = (action: Action, expectation?: Expectation) =>
    void steps.push({ who: 'subscriber', action, expectation, line: 0 })

  /** The same letter for the same entry. What is kept is a digest under a key that nobody else has. */
  const letterOf = (secret: string): string => {
    const digest = createHmac('sha256', key).update(secret).digest('base64')
    const known = letters.get(digest)
    if (known !== undefined) return known
    const letter = lettersOf(letters.size)
    letters.set(digest, letter)
    return letter
  }

  const placeholderOf = (
    typed: string,
    was: RecordedSubscriber | undefined,
    is: RecordedSubscriber | undefined,
  ): string => {
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
      const code = isAnswer ? undefined : writable(text, codes)
      if (!isAnswer) {
        isWritten = code !== undefined && steps.length < MAX_STEPS
        if (!isWritten) leftOut += 1
      }
      // Of a dialogue that began before the recording, or is left out, nothing is written down.
      if (!isWritten) return
      title ??= `What ${code} shows`
      if (steps.length === 0 && record) fixture = fixtureOf(msisdn, was ?? record)
      // The network had ended the dialogue before what was typed could be sent.
      if (isAnswer && idleMs >= PAUSE_MS) {
        const isBroken = after.problem !== undefined && /^The network (waited|ended)/.test(after.problem)
        add({ kind: 'wait', ms: Math.ceil(idleMs / 1000) * 1000 }, isBroken ? seen(after) : undefined)
        if (isBroken) return
      }
      add(code === undefined ? answerOf(text, before, was) : { kind: 'dial', code }, seen(after))
    },

    hungUp() {
      if (isWritten && steps.at(-1)?.action.kind !== 'hang-up') add({ kind: 'hang-up' })
    },

    leftOut: () => leftOut,

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

  function answerOf(text: string, before: Screen, was: RecordedSubscriber | undefined): Action {
    if (!isSecret(text, before)) return { kind: 'send', text, isSecret: false }
    const unasked = before.asks === 'plain' && { unasked: true as const }
    return { kind: 'send', text: placeholderOf(text, was, record), isSecret: true, ...unasked }
  }
}

/** The attempts began anew, or access was opened: then the eight digits were PUK1 (L7). */
const hasProved = (was: RecordedSubscriber, is: RecordedSubscriber): boolean =>
  is.puk1AttemptsLeft > was.puk1AttemptsLeft ||
  (was.access === 'closed-by-subscriber' && is.access === 'open')

/**
 * Whether an answer is to be kept from everybody. A key alone is a choice, or no secret worth the name. Where the screen asks
 * for none, digits may still be one that was typed in the wrong place.
 */
function isSecret(text: string, { asks }: Screen): boolean {
  if (/^\s*[0-9*#]?\s*$/.test(text)) return false
  return asks === 'plain' ? /\d{4}/.test(text) : true
}

/** `a` to `z`, then `aa`, `ab` …; more than anybody types. */
function lettersOf(count: number): string {
  const letter = (at: number) => String.fromCharCode(97 + (at % 26))
  return count < 26 ? letter(count) : letter(Math.floor(count / 26) - 1) + letter(count)
}

/**
 * What may be written down of a dialled string: a code that is known, with choices of one or two digits behind it, or a service
 * code of two to four. What else is dialled behind a known code is left off; of the rest nothing is written down.
 */
function writable(dialled: string, codes: readonly string[]): string | undefined {
  const typed = dialled.trim()
  if (/^[*#]\d{2,4}(\*\d{1,2})*#$/.test(typed)) return typed
  const known = codes
    .filter((code) => typed.slice(1).startsWith(`${code.slice(1, -1)}*`))
    .toSorted((a, b) => b.length - a.length)
  return known[0] === undefined ? undefined : typed.charAt(0) + known[0].slice(1)
}

function seen(screen: Screen): Expectation {
  const { state, text, problem } = screen
  if (problem !== undefined) return { kind: 'failure', sentence: { kind: 'whole', text: problem } }
  return { kind: 'screen', state, text: { kind: 'whole', text } }
}

/** Undefined for a record that a script cannot express, such as one with a language this version does not know. */
function fixtureOf(msisdn: string, record: RecordedSubscriber): Fixture | undefined {
  const { language, tariff, client, role, access, closedBecause, puk1AttemptsLeft, registrationByPuk1 } =
    record
  const fixture = FixtureForm.safeParse({
    msisdn,
    language,
    ...(tariff !== '' && { tariff }),
    ...(client !== null && { client }),
    ...(role !== 'subscriber' && { role }),
    ...(registrationByPuk1 && { registrationByPuk1 }),
    access,
    ...(closedBecause !== null && { closedBecause }),
    ...(puk1AttemptsLeft !== 10 && { puk1AttemptsLeft }),
  })
  return fixture.data
}
