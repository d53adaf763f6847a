/** Writes a walkthrough as a script, formatted as by hand. */
import { Document, Pair, isMap, isScalar, visit } from 'yaml'
import type { Scalar, YAMLMap } from 'yaml'
import { ONLY_PHONE } from './phone-issues.ts'
import { units } from './schema-turn.ts'
import type {
  Action,
  Postcondition,
  Expectation,
  Phone,
  Step,
  Walkthrough,
  TextMatch,
} from './walkthrough.ts'

/**
 * Returns the YAML of a walkthrough, ending in a line feed. `readScripts` reads the same walkthrough from it, except for line
 * numbers. Secrets are written unchanged. A look without an expectation is omitted.
 *
 * @param options `schema`: the path of the JSON Schema, for the comment that editors read
 */
export function writeScript(walkthrough: Walkthrough, options: { readonly schema?: string } = {}): string {
  const document = new Document(scriptOf(walkthrough), { aliasDuplicateObjects: false })
  style(document)
  const yaml = document
    .toString({
      lineWidth: 0,
      singleQuote: true,
      // Screens are compared exactly, so they must not be folded.
      blockQuote: 'literal',
    })
    // The style of prettier. No text can start in these columns.
    .replace(/^(rules|  performed): \[ (.*) \]$/gm, '$1: [$2]')
  return options.schema === undefined ? yaml : `# yaml-language-server: $schema=${options.schema}\n${yaml}`
}

function scriptOf({ title, rules, handsets, steps, after, performed }: Walkthrough): object {
  const names = Object.keys(handsets)
  const [only = ONLY_PHONE] = names.length === 1 ? names : []
  const visible = steps.filter(({ action, expectation }) => action.kind !== 'look' || expectation)
  const dial = names.length === 1 && visible.length > 1 ? shortDial(visible[0]) : undefined
  const middle = dial === undefined ? visible : visible.slice(1)
  const hangsUp = middle.length > 1 && isLastHangUp(middle)
  const turns = hangsUp ? middle.slice(0, -1) : middle
  const ends = after.length > 0 || performed !== undefined
  return {
    title,
    ...(rules.length > 0 && { rules }),
    ...phonesOf(handsets),
    ...(dial !== undefined && { dial }),
    turns: turns.map((step) => turnOf(step, names.length > 1)),
    ...(hangsUp && { 'hangs up': true }),
    ...(ends && {
      after: { ...afterOf(after, names.length === 1 ? only : undefined), ...(performed && { performed }) },
    }),
  }
}

/** The code for the key `dial`: a first dial without an expectation. */
const shortDial = (step: Step | undefined): string | undefined =>
  step?.action.kind === 'dial' && !step.expectation ? step.action.code : undefined

/** Returns true if the phone of the last turn hangs up at the end. */
function isLastHangUp(steps: readonly Step[]): boolean {
  const [before, last] = steps.slice(-2)
  return last?.action.kind === 'hang-up' && last.who === before?.who
}

function phonesOf(handsets: Walkthrough['handsets']): object {
  const valueOf = ({ msisdn, fixture }: Phone) => fixture ?? msisdn
  const { [ONLY_PHONE]: subscriber, ...others } = handsets
  if (subscriber && Object.keys(others).length === 0) return { subscriber: valueOf(subscriber) }
  return {
    handsets: Object.fromEntries(Object.entries(handsets).map(([name, phone]) => [name, valueOf(phone)])),
  }
}

function afterOf(after: readonly Postcondition[], only: string | undefined): object {
  if (after.length === 0) return {}
  const [first] = after
  return only !== undefined && first
    ? { subscriber: first.record }
    : { handsets: Object.fromEntries(after.map(({ who, record }) => [who, record])) }
}

const turnOf = ({ who, action, expectation }: Step, hasOthers: boolean): object => ({
  ...(hasOthers && { as: who }),
  ...actionOf(action),
  ...(expectation && expectationOf(expectation)),
})

function actionOf(action: Action): object {
  switch (action.kind) {
    case 'look':
      return {}
    case 'dial':
      return { dials: action.code }
    case 'send':
      if (!action.isSecret) return { sends: action.text }
      return { sends: { secret: action.text, ...(action.unasked && { asked: false }) } }
    case 'wait':
      return { waits: durationOf(action.ms) }
    case 'repeat':
      return { repeats: true }
    case 'hang-up':
      return { 'hangs up': true }
    case 'log-in':
      return { 'logs in': { password: action.password } }
    case 'visit':
      return { 'visits self-care': true }
    case 'set-password':
      return { 'sets password': { puk1: action.puk1, password: action.password } }
    case 'manage':
      return { manages: { subscriber: action.of, access: action.access } }
    case 'change':
      return { 'operator sets': action.patch }
  }
}

/** The duration in the largest unit without a fraction. */
function durationOf(ms: number): string {
  const [unit = 'ms', size = 1] =
    Object.entries(units)
      .toReversed()
      .find(([, each]) => ms % each === 0) ?? []
  return `${ms / size}${unit}`
}

function expectationOf(expectation: Expectation): object {
  switch (expectation.kind) {
    case 'screen':
      return { [expectation.state === 'waiting' ? 'sees' : 'ends']: textMatchOf(expectation.text) }
    case 'failure': {
      const { message } = expectation
      return { fails: message.kind === 'contains' && message.text === '' ? true : textMatchOf(message) }
    }
    case 'status':
      return { answers: expectation.status }
  }
}

function textMatchOf(match: TextMatch): unknown {
  switch (match.kind) {
    case 'whole':
      return match.text
    case 'contains':
      return { contains: match.text }
    case 'matches':
      return { matches: match.pattern }
  }
}

/** Maps that are written on one line. */
const IN_ONE_LINE = new Set([
  'subscriber',
  'sends',
  'sees',
  'ends',
  'fails',
  'logs in',
  'sets password',
  'manages',
  'operator sets',
])

function style(document: Document): void {
  visit(document, {
    Pair(_key, { key, value }, path) {
      const name = isScalar(key) ? String(key.value) : ''
      const owner = path.findLast((node) => node instanceof Pair)
      const isPhone = owner instanceof Pair && isScalar(owner.key) && owner.key.value === 'handsets'
      if (isMap(value) && (isPhone || IN_ONE_LINE.has(name)) && !hasLines(value)) value.flow = true
      if (name === 'rules' || name === 'performed') Object.assign(value as object, { flow: true })
    },
    Scalar(_key, scalar) {
      const type = typeof scalar.value === 'string' ? typeOf(scalar.value) : undefined
      if (type) scalar.type = type
    },
  })
}

const hasLines = ({ items }: YAMLMap): boolean =>
  items.some(({ value }) => isScalar(value) && String(value.value).includes('\n'))

/** The quoting of a text that the library would change, or that another parser would not read as text. */
function typeOf(text: string): Scalar.Type | undefined {
  // Other line breaks and invisible characters.
  if (/[\p{Cc}\u2028\u2029\ufeff]/u.test(text.replaceAll('\n', ''))) return 'QUOTE_DOUBLE'
  // Leading spaces would be read as indentation.
  if (text.includes('\n')) return /^\S/.test(text) ? 'BLOCK_LITERAL' : 'QUOTE_DOUBLE'
  // YAML 1.1 reads yes and no as booleans, and 1:30 as a number.
  return /^(y|n|yes|no|on|off|[-+.\d][\d:._,]*)$/i.test(text) || text.includes('{{')
    ? 'QUOTE_SINGLE'
    : undefined
}
