/** Records the dialogues of a phone as a walkthrough. */
import { createHmac, randomBytes } from 'node:crypto'
import type { InputObserver, Screen } from '../simulator/screen.ts'
import { attemptsLeftOf, digitsPattern } from '../gateway/records/record.ts'
import type { RecordDefinition } from '../gateway/records/record.ts'
import { subscriberSchema } from '../gateway/records/subscriber.ts'
import { subscriberForms } from './script/schema-subscriber.ts'
import type { WeaknessOf } from './script/secrets.ts'
import type { SubscriberView } from './run/target.ts'
import type { Action, Expectation, Fixture, Step, Walkthrough } from './script/walkthrough.ts'

/**
 * A recorder never stores a secret, only a placeholder: a secret of the record, or the number of digits, a letter for equal entries and the reason
 * a password was weak. A run of the walkthrough generates new secrets for the placeholders.
 */
export interface Recorder extends InputObserver {
  /** The number of dialogues not recorded: the dialled string may be a secret, or the recording is full. */
  skippedDialogues(): number
  /** The recording so far; undefined if nothing was dialled. */
  walkthrough(): Walkthrough | undefined
}

/** A longer pause is deliberate and becomes a wait. */
const MIN_WAIT_MS = 20_000

/** Recordings are for people to read. After this many steps, no new dialogue is recorded. */
const MAX_STEPS = 200

/**
 * @param options `codes`: the codes of the menus, which may be recorded with their choices; `look`: reads the current record, if
 * it is visible. The record becomes the fixture, and its changes identify a correct guess. `record`: that of the project; `now`: monotonic milliseconds
 */
export function createRecorder(options: {
  readonly msisdn: string
  readonly codes: readonly string[]
  readonly record: RecordDefinition
  readonly look: () => Promise<SubscriberView | undefined>
  readonly weaknessOf: WeaknessOf
  readonly now?: () => number
}): Recorder {
  const { msisdn, codes, record: definition, look, weaknessOf, now = () => performance.now() } = options
  const placeholderOf = createPlaceholders(msisdn, definition, weaknessOf)
  const steps: Step[] = []
  let fixture: Fixture | undefined
  let record: SubscriberView | undefined
  let title: string | undefined
  let lastMs = now()
  let isRecording = false
  let leftOut = 0

  const add = (action: Action, expectation?: Expectation) => void steps.push(stepOf(action, expectation))

  return {
    async recordInput({ text, before, after }) {
      const idleMs = now() - lastMs
      lastMs = now()
      const isAnswer = before.state === 'waiting'
      if (!isAnswer && after.session === '') return
      const recordBefore = record
      record = await look()
      const code = isAnswer ? undefined : recordableCode(text, codes)
      if (!isAnswer) {
        isRecording = code !== undefined && steps.length < MAX_STEPS
        if (!isRecording) leftOut += 1
      }
      // The dialogue began before the recording, or is left out.
      if (!isRecording) return
      title ??= `What ${code} shows`
      if (steps.length === 0 && record) fixture = fixtureOf(msisdn, recordBefore ?? record, definition)
      // A network timeout comes before the input is sent.
      if (isAnswer && idleMs >= MIN_WAIT_MS) {
        const hasTimedOut = after.problem !== undefined && /^The network (waited|ended)/.test(after.problem)
        const ms = Math.ceil(idleMs / 1000) * 1000
        add({ kind: 'wait', ms }, hasTimedOut ? expectationOf(after) : undefined)
        if (hasTimedOut) return
      }
      if (code !== undefined) add({ kind: 'dial', code }, expectationOf(after))
      else if (!isSecret(text, before)) add({ kind: 'send', text, isSecret: false }, expectationOf(after))
      else {
        const unasked = before.asks === 'plain' && { unasked: true as const }
        const placeholder = placeholderOf(text, recordBefore, record)
        add({ kind: 'send', text: placeholder, isSecret: true, ...unasked }, expectationOf(after))
      }
    },

    recordHangUp() {
      if (isRecording && steps.at(-1)?.action.kind !== 'hang-up') add({ kind: 'hang-up' })
    },

    skippedDialogues: () => leftOut,

    walkthrough() {
      if (title === undefined) return undefined
      const handsets = { subscriber: { msisdn, fixture } }
      const closed = isOpen(steps) ? [...steps, stepOf({ kind: 'hang-up' })] : [...steps]
      return {
        title,
        rules: [],
        file: '',
        line: 0,
        handsets,
        steps: closed,
        after: [],
        secrets: definition.secrets,
        performed: undefined,
      }
    },
  }
}

const stepOf = (action: Action, expectation?: Expectation): Step => ({
  who: 'subscriber',
  action,
  expectation,
  line: 0,
})

/** Returns true if the last dialogue has not ended. */
function isOpen(steps: readonly Step[]): boolean {
  const last = steps.findLast(({ expectation }) => expectation?.kind === 'screen')?.expectation
  return last?.kind === 'screen' && last.state === 'waiting' && steps.at(-1)?.action.kind !== 'hang-up'
}

/** Creates the placeholders of one recording. Equal secrets get the same letter. */
function createPlaceholders(msisdn: string, definition: RecordDefinition, weaknessOf: WeaknessOf) {
  const key = randomBytes(32)
  const letters = new Map<string, string>()

  /** Keeps only a digest of the secret, under a random key. */
  const letterOf = (secret: string): string => {
    const digest = createHmac('sha256', key).update(secret).digest('base64')
    const known = letters.get(digest)
    if (known !== undefined) return known
    const letter = nthLetter(letters.size)
    letters.set(digest, letter)
    return letter
  }

  return (input: string, before: SubscriberView | undefined, after: SubscriberView | undefined): string => {
    const secret = input.trim()
    const guessed = before && after && guessedSecret(secret, { before, after, definition })
    if (guessed !== undefined) return `{{${guessed}}}`
    const { length } = Array.from(secret)
    if (!/^[0-9]+$/.test(secret)) return `{{${length} characters ${letterOf(secret)}}}`
    const reason = length >= 5 && length <= 10 ? weaknessOf(secret, msisdn) : undefined
    if (reason === undefined) return `{{${length} digits ${letterOf(secret)}}}`
    // The screen shows the reason. Together with the length it would give away a weak password. Eight digits may be a PUK1.
    return `{{${length === 8 ? 8 : 6} digits ${letterOf(secret)}, ${reason}}}`
  }
}

/** Returns the secret of the record that was typed: a correct guess restores the attempts, or something else changed with it. */
function guessedSecret(
  typed: string,
  of: {
    readonly before: SubscriberView
    readonly after: SubscriberView
    readonly definition: RecordDefinition
  },
): string | undefined {
  const { before, after, definition } = of
  const fields = Object.keys(definition.fields.shape)
  const hasChanged = fields.some((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  return Object.entries(definition.secrets).find(([name, form]) => {
    if (form.attempts === undefined || !new RegExp(`^${digitsPattern(form)}$`).test(typed)) return false
    const left = attemptsLeftOf(name)
    return hasChanged || Number(after[left]) > Number(before[left])
  })?.[0]
}

/**
 * Returns true for an answer that must not be recorded. A single key is a choice. On a screen that asks for no secret, four digits
 * in a row may still be a secret typed in the wrong place.
 */
function isSecret(text: string, { asks }: Screen): boolean {
  if (/^\s*[0-9*#]?\s*$/.test(text)) return false
  return asks === 'plain' ? /\d{4}/.test(text) : true
}

/** `a` to `z`, then `aa`, `ab` … */
function nthLetter(index: number): string {
  const letter = (at: number) => String.fromCharCode(97 + (at % 26))
  return index < 26 ? letter(index) : letter(Math.floor(index / 26) - 1) + letter(index)
}

/**
 * Returns the part of a dialled string that may be recorded: a service code of two to four digits with choices of one or two, or
 * a known code without the rest. Undefined for anything else.
 */
function recordableCode(dialled: string, codes: readonly string[]): string | undefined {
  const typed = dialled.trim()
  if (/^[*#]\d{2,4}(\*\d{1,2})*#$/.test(typed)) return typed
  const known = codes
    .filter((code) => typed.slice(1).startsWith(`${code.slice(1, -1)}*`))
    .toSorted((a, b) => b.length - a.length)
  return known[0] === undefined ? undefined : typed.charAt(0) + known[0].slice(1)
}

function expectationOf(screen: Screen): Expectation {
  const { state, text, problem } = screen
  if (problem !== undefined) return { kind: 'failure', message: { kind: 'whole', text: problem } }
  return { kind: 'screen', state, text: { kind: 'whole', text } }
}

/** Undefined for a record that a script cannot express, such as one with a language this version does not know. */
function fixtureOf(msisdn: string, view: SubscriberView, definition: RecordDefinition): Fixture | undefined {
  const { fields, secrets, initial } = definition
  const fresh = subscriberSchema(definition).parse({ ...initial })
  const isFresh = (name: string) =>
    !Object.hasOwn(initial, name) && JSON.stringify(view[name]) === JSON.stringify(fresh[name])
  const attempts = Object.keys(secrets).map(attemptsLeftOf)
  const names = [...Object.keys(fields.shape), ...attempts].filter(
    (name) => view[name] !== undefined && !isFresh(name),
  )
  return subscriberForms(definition).Fixture.safeParse({
    msisdn,
    language: view.language,
    ...Object.fromEntries(names.map((name) => [name, view[name]])),
  }).data as Fixture | undefined
}
