/** Converts a parsed script into a walkthrough. */
import type { SecretForms } from '../../gateway/records/record.ts'
import { DEMO_MSISDN } from '../../ussd/example-number.ts'
import { ONLY_PHONE } from './phone-issues.ts'
import type { Script } from './schema.ts'
import type { SourceDocument } from './yaml-source.ts'
import type {
  Action,
  Postcondition,
  Expectation,
  Phone,
  Step,
  Walkthrough,
  TextMatch,
} from './walkthrough.ts'

type Turn = Script['turns'][number]
type ScriptPhone = NonNullable<Script['subscriber']>

/** @param from `document`: the positions of the script's parts; `secrets`: those of the project's record */
export function toWalkthrough(
  script: Script,
  from: { readonly document: SourceDocument; readonly file: string; readonly secrets: SecretForms },
): Walkthrough {
  const { document, file, secrets } = from
  const lineOf = (key: string) => document.keyAt([], key).line
  const handsets = handsetsOf(script)
  const [first = ONLY_PHONE] = Object.keys(handsets)
  const steps: Step[] = script.turns.map((turn, at) => ({
    who: turn.as ?? first,
    action: actionOf(turn),
    expectation: expectationOf(turn),
    line: document.at(['turns', at]).line,
  }))
  if (script.dial !== undefined) {
    const action = { kind: 'dial', code: script.dial } as const
    steps.unshift({ who: first, action, expectation: undefined, line: lineOf('dial') })
  }
  if (script['hangs up']) {
    const who = steps.at(-1)?.who ?? first
    steps.push({ who, action: { kind: 'hang-up' }, expectation: undefined, line: lineOf('hangs up') })
  }
  return {
    title: script.title,
    rules: script.rules ?? [],
    file,
    line: document.at([]).line,
    handsets,
    steps,
    after: afterOf(script, first, document),
    secrets,
    performed: script.after?.performed,
  }
}

function handsetsOf({ subscriber, handsets }: Script): Walkthrough['handsets'] {
  if (handsets === undefined && subscriber === undefined) {
    return { [ONLY_PHONE]: { msisdn: DEMO_MSISDN, fixture: undefined, isDefault: true } }
  }
  const phones = handsets ?? { [ONLY_PHONE]: subscriber ?? DEMO_MSISDN }
  return Object.fromEntries(Object.entries(phones).map(([name, phone]) => [name, phoneOf(phone)]))
}

const phoneOf = (phone: ScriptPhone): Phone =>
  typeof phone === 'string' ? { msisdn: phone, fixture: undefined } : { msisdn: phone.msisdn, fixture: phone }

function afterOf({ after = {} }: Script, first: string, document: SourceDocument): readonly Postcondition[] {
  const { subscriber, handsets = {} } = after
  if (subscriber)
    return [{ who: first, record: subscriber, line: document.keyAt(['after'], 'subscriber').line }]
  return Object.entries(handsets).map(([who, record]) => ({
    who,
    record,
    line: document.keyAt(['after', 'handsets'], who).line,
  }))
}

function actionOf(turn: Turn): Action {
  const { dials, sends, waits, repeats, manages } = turn
  const { 'logs in': logsIn, 'sets password': setsPassword, 'operator sets': patch } = turn
  if (dials !== undefined) return { kind: 'dial', code: dials }
  if (sends !== undefined) {
    return typeof sends === 'string'
      ? { kind: 'send', text: sends, isSecret: false }
      : { kind: 'send', text: sends.secret, isSecret: true, ...(sends.asked === false && { unasked: true }) }
  }
  if (waits !== undefined) return { kind: 'wait', ms: waits }
  if (repeats) return { kind: 'repeat' }
  if (turn['hangs up']) return { kind: 'hang-up' }
  if (logsIn) return { kind: 'log-in', ...logsIn }
  if (turn['visits self-care']) return { kind: 'visit' }
  if (setsPassword) return { kind: 'set-password', ...setsPassword }
  if (manages) return { kind: 'manage', of: manages.subscriber, access: manages.access }
  return patch ? { kind: 'change', patch } : { kind: 'look' }
}

function expectationOf({ sees, ends, fails, answers }: Turn): Expectation | undefined {
  if (sees !== undefined) return { kind: 'screen', state: 'waiting', text: textMatchOf(sees) }
  if (ends !== undefined) return { kind: 'screen', state: 'ended', text: textMatchOf(ends) }
  // Every message contains the empty text.
  if (fails !== undefined)
    return { kind: 'failure', message: textMatchOf(fails === true ? { contains: '' } : fails) }
  return answers === undefined ? undefined : { kind: 'status', status: answers }
}

function textMatchOf(match: NonNullable<Turn['sees']>): TextMatch {
  if (typeof match === 'string') return { kind: 'whole', text: match }
  return match.matches === undefined
    ? { kind: 'contains', text: match.contains ?? '' }
    : { kind: 'matches', pattern: match.matches }
}
