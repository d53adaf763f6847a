/** The form of a turn: what somebody does, and what is to be seen then. */
import { z } from 'zod'
import { PatchForm } from './schema-subscriber.ts'
import { flag, form, line, oneOf, readAs, secret, text, whole, word } from './schema-values.ts'

const pattern = text.superRefine((source, context) => {
  const problem = patternProblem(source)
  if (problem !== undefined) context.addIssue(`is not a regular expression: ${problem}`)
})

/** Why a regular expression is none; the engine's sentence would quote it. */
function patternProblem(source: string): string | undefined {
  try {
    new RegExp(source, 'su')
    return undefined
  } catch (error) {
    const { message } = error as Error
    const quoted = `/${source}/su: `
    const at = message.indexOf(quoted)
    return at < 0 ? 'it cannot be read' : message.slice(at + quoted.length)
  }
}

const part = form({
  contains: text.exactOptional().meta({ description: 'This is a part of it' }),
  matches: pattern
    .exactOptional()
    .meta({ description: 'A regular expression of JavaScript (flags u and s)', format: 'regex' }),
})
  .check(
    z.refine((given) => Object.keys(given).length === 1, {
      error: 'is either { contains: … } or { matches: … }',
    }),
  )
  .meta({ id: 'Part', minProperties: 1, maxProperties: 1 })

const wantedForms = 'is text, { contains: text } or { matches: regular expression }'
const wanted = (what: string) => z.union([text.meta({ description: what }), part], { error: wantedForms })

const anyOrWanted = z.union([flag.meta({ description: 'For any reason' }), text, part], {
  error: `is true, or ${wantedForms.slice('is '.length)}`,
})

/** Milliseconds in each unit of a duration. */
export const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

const duration = text
  .regex(/^[1-9]\d{0,8}(ms|s|m|h)$/, { error: 'is a duration such as 500ms, 20s, 15m, 2h' })
  .transform((given) => {
    const [, count = '', unit = 'ms'] = /^(\d+)(\w+)$/.exec(given) ?? []
    return Number(count) * units[unit as keyof typeof units]
  })

/** Of a phone: it stands in keys and in sentences. */
export const phoneName = text.regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/, {
  error: 'is a letter and up to 31 more letters, digits, - and _',
})

export const dialled = line(182)

const shown = ['sees', 'ends', 'fails'] as const
const answered = ['answers'] as const

/** What can be done in a turn, and what can be expected of it then. */
const expectationsOf = {
  dials: shown,
  sends: shown,
  waits: shown,
  repeats: shown,
  'hangs up': [],
  'logs in': answered,
  'visits self-care': answered,
  'sets password': answered,
  manages: answered,
  'operator sets': [],
} as const satisfies Readonly<Record<string, readonly string[]>>

const actions = Object.keys(expectationsOf) as readonly (keyof typeof expectationsOf)[]
const expectations = [...shown, ...answered] as const

/** The turn's rule in JSON Schema: the sets of keys that may stand together. */
const turnForms = [
  ...shown.map((expected) => ({ required: [expected], propertyNames: { enum: ['as', expected] } })),
  ...actions.flatMap((action) => {
    const [first, ...rest]: readonly string[] = expectationsOf[action]
    return [[first ?? []].flat(), ...rest.map((one) => [one])].map((expected) => ({
      required: [action],
      propertyNames: { enum: ['as', action, ...expected] },
    }))
  }),
]

/** Why the keys of a turn cannot stand together. */
function turnProblem(keys: readonly string[]): string | undefined {
  const done = actions.filter((action) => keys.includes(action))
  const expected = expectations.filter((expectation) => keys.includes(expectation))
  if (done.length > 1) return `has more than one action: ${done.join(', ')}`
  if (expected.length > 1) return `has more than one expectation: ${expected.join(', ')}`
  const [action] = done
  const [expectation] = expected
  if (action === undefined) {
    if (expectation === 'answers') return 'has answers, and nothing is asked of the self-care site'
    return expectation === undefined ? 'does nothing and expects nothing' : undefined
  }
  const possible: readonly string[] = expectationsOf[action]
  if (expectation === undefined || possible.includes(expectation)) return undefined
  return possible.length === 0
    ? `expects something, and nothing is seen of ${action}`
    : `has ${expectation}, and after ${action} there can be ${possible.join(', ')}`
}

export const TurnForm = form({
  as: phoneName.exactOptional().meta({ description: 'Whose phone it is, where there are several' }),
  dials: dialled.exactOptional().meta({ description: 'What is dialled on an idle phone, in quotes' }),
  sends: z
    .union(
      [
        text
          .regex(/^(?![\s\S]*\{\{)/, {
            error: 'has a placeholder, which stands for a secret: write { secret: … }',
          })
          .meta({ description: 'An answer, in quotes' }),
        form({
          secret: secret.meta({ description: 'An answer that nobody may see: digits, or a placeholder' }),
          asked: readAs(word, z.literal(false, { error: 'is false, or left out' }))
            .exactOptional()
            .meta({ description: 'false: it is typed where no secret is asked for' }),
        }).meta({ id: 'Secret' }),
      ],
      { error: 'is text or { secret: text }' },
    )
    .exactOptional()
    .meta({ description: 'What is answered to a screen that waits' }),
  waits: duration.exactOptional().meta({ description: 'Time passes for everybody: 500ms, 20s, 15m, 2h' }),
  repeats: flag
    .exactOptional()
    .meta({ description: "The aggregator sends this phone's last callback again, byte for byte" }),
  'hangs up': flag.exactOptional().meta({ description: 'The subscriber ends the dialogue' }),
  'logs in': form({ password: secret.meta({ description: 'The self-care password, or a placeholder' }) })
    .exactOptional()
    .meta({ description: 'Logs in at the self-care site' }),
  'visits self-care': flag
    .exactOptional()
    .meta({ description: 'Uses the self-care session that this subscriber began last' }),
  'sets password': form({
    puk1: secret.meta({ description: 'PUK1 as it is given, or a placeholder' }),
    password: secret.meta({ description: 'The new password as it is given, or a placeholder' }),
  })
    .exactOptional()
    .meta({ description: 'Sets the password with PUK1 at the self-care site' }),
  manages: form({
    subscriber: phoneName.meta({ description: 'A phone of this walkthrough' }),
    access: oneOf(['open', 'closed']).meta({ description: 'What the access is to be' }),
  })
    .exactOptional()
    .meta({ description: "An administrator opens or closes somebody's access at the self-care site" }),
  'operator sets': PatchForm.exactOptional(),
  sees: wanted('The whole screen').exactOptional().meta({ description: 'The screen; the dialogue goes on' }),
  ends: wanted('The whole screen').exactOptional().meta({ description: 'The screen; the dialogue is over' }),
  fails: anyOrWanted
    .exactOptional()
    .meta({ description: 'The network broke the dialogue off; the sentence that says why' }),
  answers: whole(100, 599)
    .exactOptional()
    .meta({ description: 'The HTTP status with which the self-care site answers' }),
})
  .check(
    z.superRefine((turn, context) => {
      const problem = turnProblem(Object.keys(turn))
      if (problem !== undefined) context.addIssue(problem)
    }),
  )
  .meta({
    id: 'Turn',
    description: 'What somebody does, and what is to be seen then; without an action, the screen as it is',
    anyOf: turnForms,
  })
