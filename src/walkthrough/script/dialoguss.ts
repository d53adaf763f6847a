/**
 * Scripts of dialoguss (github.com/nndi-oss/dialoguss) as walkthroughs: `url`, `dial` and `phoneNumber`, and `sessions` with
 * `steps` of `userInput` (once named `text`) and `expect`, or the `componentId` of a text under `components`.
 *
 * dialoguss does not say whether a screen waits. Here all screens of a session wait but the last, which ends the dialogue: a
 * session that stops earlier is to be given `sees` and `hangs up: true`. Where it is called is not of a walkthrough, so `url`,
 * `timeout` and a session's `id` are left behind; a line break at the end of an expected text is, too, since no screen has one.
 */
import { z } from 'zod'
import { flawsOf } from './zod-issues.ts'
import { scriptsOf } from './read.ts'
import type { Scripts } from './read.ts'
import { dialled } from './schema-turn.ts'
import { form, text } from './schema-values.ts'
import { readYaml } from './yaml-source.ts'
import type { ScriptIssue, Path, SourceDocument } from './yaml-source.ts'
import { parseMsisdn } from '../../ussd/msisdn.ts'
import { ONLY_PHONE } from './phone-issues.ts'
import { DEFAULT_MSISDN } from './from-script.ts'
import type { Action, Expectation, Step, Walkthrough } from './walkthrough.ts'

const Given = form({
  userInput: text.exactOptional(),
  text: text.exactOptional(),
  expect: text.exactOptional(),
  componentId: text.exactOptional(),
}).check(
  z.refine(({ userInput, text }) => userInput === undefined || text === undefined, {
    error: 'has both userInput and text',
  }),
  z.refine(({ expect, componentId }) => expect === undefined || componentId === undefined, {
    error: 'has both expect and componentId',
  }),
)

const Session = form({
  id: text.exactOptional(),
  phoneNumber: text.exactOptional(),
  description: text.exactOptional(),
  url: text.exactOptional(),
  timeout: text.exactOptional(),
  steps: z.array(Given, { error: 'is a list of steps' }).min(1, { error: 'has no step' }),
})

const Application = form({
  url: text.exactOptional(),
  dial: dialled,
  phoneNumber: text.exactOptional(),
  timeout: text.exactOptional(),
  sessions: z.array(Session, { error: 'is a list of sessions' }).min(1, { error: 'has no session' }),
  components: z
    .array(form({ namespace: text, items: z.array(form({ id: text, expect: text })) }), {
      error: 'is a list of components',
    })
    .exactOptional(),
})
type Application = z.output<typeof Application>

/** Reads the sessions of a file, each as a walkthrough. @param file how the file was named; it is only shown */
export function readDialoguss(text: string, file: string): Scripts {
  const { documents, flaws } = readYaml(text)
  const others: ScriptIssue[] = []
  const walkthroughs = documents.flatMap((document) => {
    const parsed = Application.safeParse(document.value)
    if (parsed.success) return sessionsOf(parsed.data, { document, file, flaws: others })
    others.push(...flawsOf(parsed.error, document))
    return []
  })
  return scriptsOf(walkthroughs, { flaws, others }, file)
}

interface Reading {
  readonly document: SourceDocument
  readonly file: string
  /** Takes what is found on the way. */
  readonly flaws: ScriptIssue[]
}

function sessionsOf(application: Application, reading: Reading): readonly Walkthrough[] {
  const { document, file, flaws } = reading
  const texts = componentsOf(application)
  const usual =
    application.phoneNumber === undefined
      ? DEFAULT_MSISDN
      : phoneAt(['phoneNumber'], application.phoneNumber, reading)
  return application.sessions.map(({ id, description, phoneNumber, steps }, at) => {
    const path = ['sessions', at]
    const msisdn = phoneNumber === undefined ? usual : phoneAt([...path, 'phoneNumber'], phoneNumber, reading)
    const given = steps.map(({ userInput, text, expect, componentId }, step): GivenStep => {
      const component = componentId === undefined ? undefined : texts.get(componentId)
      if (componentId !== undefined && component === undefined)
        flaws.push({
          ...document.at([...path, 'steps', step, 'componentId']),
          message: 'there is no component of this id: it is its namespace, a dot and the id of its item',
        })
      const { line } = document.at([...path, 'steps', step])
      return { input: userInput ?? text, expected: expect ?? component, line }
    })
    return {
      title: titleOf(description ?? '') || `Session ${titleOf(id ?? '') || at + 1}`,
      rules: [],
      file,
      line: document.at(path).line,
      handsets: { [ONLY_PHONE]: { msisdn, fixture: undefined } },
      steps: stepsOf(application.dial, given),
      after: [],
      performed: undefined,
    }
  })
}

/** Expected texts by `namespace.id`, and by the id alone where only one has it. */
function componentsOf({ components = [] }: Application): ReadonlyMap<string, string> {
  const all = components.flatMap(({ namespace, items }) => items.map((item) => ({ namespace, ...item })))
  const alone = all.filter(({ id }) => all.filter((other) => other.id === id).length === 1)
  return new Map([
    ...alone.map(({ id, expect }) => [id, expect] as const),
    ...all.map(({ namespace, id, expect }) => [`${namespace}.${id}`, expect] as const),
  ])
}

/** As E.164, or what was written. */
function phoneAt(path: Path, number: string, { document, flaws }: Reading): string {
  const parsed = parseMsisdn(number)
  if (parsed.kind === 'msisdn') return parsed.e164
  const sentence = `phoneNumber is not a mobile number of Belarus: put that of a test subscriber, such as '${DEFAULT_MSISDN}'`
  flaws.push({ ...document.at(path), message: sentence })
  return number
}

/** One short line, however many code units its characters take. */
const titleOf = (text: string): string =>
  Array.from(text.replace(/[\s\p{Cc}]+/gu, ' ').trim())
    .slice(0, 96)
    .join('')

interface GivenStep {
  readonly input: string | undefined
  readonly expected: string | undefined
  readonly line: number
}

/** The first step is what comes of dialling, whether it names the code or nothing; a first answer is one to a screen unseen. */
function stepsOf(dial: string, given: readonly GivenStep[]): readonly Step[] {
  const [first] = given
  const dials = first?.input === undefined || first.input === '' || /^[*#].*#$/u.test(first.input)
  const all: readonly GivenStep[] = dials
    ? given
    : [{ input: undefined, expected: undefined, line: first?.line ?? 1 }, ...given]
  return all.map(({ input = '', expected, line }, at) => {
    const action: Action =
      at === 0 ? { kind: 'dial', code: dial } : { kind: 'send', text: input, isSecret: false }
    return { who: ONLY_PHONE, action, expectation: expectationOf(expected, at === all.length - 1), line }
  })
}

const expectationOf = (expected: string | undefined, isLast: boolean): Expectation | undefined =>
  expected === undefined
    ? undefined
    : {
        kind: 'screen',
        state: isLast ? 'ended' : 'waiting',
        text: { kind: 'whole', text: expected.replace(/[\r\n]+$/, '') },
      }
