/**
 * Imports dialoguss scripts (github.com/nndi-oss/dialoguss) as walkthroughs: `dial`, `phoneNumber`, and `sessions` with `steps`
 * of `userInput` (formerly `text`) and `expect`, or the `componentId` of a text under `components`.
 *
 * dialoguss does not say if a screen waits. The import assumes that only the last screen of a session ends the dialogue; edit
 * shorter sessions to `sees` and `hangs up: true`. `url`, `timeout`, session ids and final line breaks are dropped.
 */
import { z } from 'zod'
import { issuesOf } from './zod-issues.ts'
import { combineResults } from './read.ts'
import type { ParsedScripts } from './read.ts'
import { dialled } from './schema-turn.ts'
import { form, text } from './schema-values.ts'
import { readYaml } from './yaml-source.ts'
import type { ScriptIssue, Path, SourceDocument } from './yaml-source.ts'
import { DEMO_MSISDN } from '../../ussd/example-number.ts'
import { scriptNumbering } from './numbers.ts'
import { ONLY_PHONE } from './phone-issues.ts'
import type { Action, Expectation, Step, Walkthrough } from './walkthrough.ts'

const SessionStep = form({
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
  steps: z
    .array(SessionStep, { error: 'must be a list of steps' })
    .min(1, { error: 'must have at least one step' }),
})

const Application = form({
  url: text.exactOptional(),
  dial: dialled,
  phoneNumber: text.exactOptional(),
  timeout: text.exactOptional(),
  sessions: z
    .array(Session, { error: 'must be a list of sessions' })
    .min(1, { error: 'must have at least one session' }),
  components: z
    .array(form({ namespace: text, items: z.array(form({ id: text, expect: text })) }), {
      error: 'must be a list of components',
    })
    .exactOptional(),
})
type Application = z.output<typeof Application>

/** Reads the sessions of a file, each as a walkthrough. @param file the path to print in messages */
export function readDialoguss(text: string, file: string): ParsedScripts {
  const { documents, issues } = readYaml(text)
  const content: ScriptIssue[] = []
  const walkthroughs = documents.flatMap((document) => {
    const parsed = Application.safeParse(document.value)
    if (parsed.success) return sessionsOf(parsed.data, { document, file, issues: content })
    content.push(...issuesOf(parsed.error, document))
    return []
  })
  return combineResults(walkthroughs, { yaml: issues, content }, file)
}

interface ImportContext {
  readonly document: SourceDocument
  readonly file: string
  /** Collects the issues of the import. */
  readonly issues: ScriptIssue[]
}

function sessionsOf(application: Application, context: ImportContext): readonly Walkthrough[] {
  const { document, file, issues } = context
  const texts = componentsOf(application)
  const defaultMsisdn =
    application.phoneNumber === undefined
      ? DEMO_MSISDN
      : phoneAt(['phoneNumber'], application.phoneNumber, context)
  return application.sessions.map(({ id, description, phoneNumber, steps }, at) => {
    const path = ['sessions', at]
    const msisdn =
      phoneNumber === undefined ? defaultMsisdn : phoneAt([...path, 'phoneNumber'], phoneNumber, context)
    const parsed = steps.map(({ userInput, text, expect, componentId }, step): ParsedStep => {
      const component = componentId === undefined ? undefined : texts.get(componentId)
      if (componentId !== undefined && component === undefined)
        issues.push({
          ...document.at([...path, 'steps', step, 'componentId']),
          message: 'unknown component: write its namespace, a dot and the id of the item',
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
      steps: stepsOf(application.dial, parsed),
      after: [],
      secrets: {},
      performed: undefined,
    }
  })
}

/** The expected texts by `namespace.id`, and by an id that occurs only once. */
function componentsOf({ components = [] }: Application): ReadonlyMap<string, string> {
  const all = components.flatMap(({ namespace, items }) => items.map((item) => ({ namespace, ...item })))
  const unique = all.filter(({ id }) => all.filter((other) => other.id === id).length === 1)
  return new Map([
    ...unique.map(({ id, expect }) => [id, expect] as const),
    ...all.map(({ namespace, id, expect }) => [`${namespace}.${id}`, expect] as const),
  ])
}

/** Returns the number as E.164; reports an invalid one and returns it unchanged. */
function phoneAt(path: Path, number: string, { document, issues }: ImportContext): string {
  const parsed = scriptNumbering.parse(number)
  if (parsed.kind === 'msisdn') return parsed.e164
  const message = `phoneNumber ${scriptNumbering.requirement}: use a test subscriber such as '${DEMO_MSISDN}'`
  issues.push({ ...document.at(path), message })
  return number
}

/** The first 96 characters on one line. */
const titleOf = (text: string): string =>
  Array.from(text.replace(/[\s\p{Cc}]+/gu, ' ').trim())
    .slice(0, 96)
    .join('')

interface ParsedStep {
  readonly input: string | undefined
  readonly expected: string | undefined
  readonly line: number
}

/** The first step is the dial, if it has the code or no input. Otherwise a dial without an expectation is added. */
function stepsOf(dial: string, parsed: readonly ParsedStep[]): readonly Step[] {
  const [first] = parsed
  const dials = first?.input === undefined || first.input === '' || /^[*#].*#$/u.test(first.input)
  const all: readonly ParsedStep[] = dials
    ? parsed
    : [{ input: undefined, expected: undefined, line: first?.line ?? 1 }, ...parsed]
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
