/** The schema of a turn: an action and its expected result. */
import { z } from 'zod'
import type { subscriberForms } from './schema-subscriber.ts'
import { flag, form, line, oneOf, optional, readAs, secretText, text, whole, word } from './schema-values.ts'

const pattern = text.superRefine((source, context) => {
  const problem = patternProblem(source)
  if (problem !== undefined) context.addIssue(`must be a regular expression: ${problem}`)
})

/** The reason a regular expression is invalid, without the expression that the engine quotes. */
function patternProblem(source: string): string | undefined {
  try {
    new RegExp(source, 'su')
    return undefined
  } catch (error) {
    const { message } = error as Error
    const quoted = `/${source}/su: `
    const at = message.indexOf(quoted)
    return at < 0 ? 'it is invalid' : message.slice(at + quoted.length)
  }
}

const part = form({
  contains: optional(text, 'A part of the text'),
  matches: optional(pattern, 'A JavaScript regular expression (flags s and u)').meta({ format: 'regex' }),
})
  .check(
    z.refine((map) => Object.keys(map).length === 1, {
      error: 'must be either { contains: … } or { matches: … }',
    }),
  )
  .meta({ id: 'Part', minProperties: 1, maxProperties: 1 })

const matchForms = 'text, { contains: text } or { matches: regular expression }'
const textMatch = z.union([text.meta({ description: 'The whole screen' }), part], {
  error: `must be ${matchForms}`,
})

const flagOrTextMatch = z.union([flag.meta({ description: 'For any reason' }), text, part], {
  error: `must be true, ${matchForms}`,
})

/** Milliseconds in each unit of a duration. */
export const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

const duration = text
  .regex(/^[1-9]\d{0,8}(ms|s|m|h)$/, { error: 'must be a duration such as 500ms, 20s, 15m, 2h' })
  .transform((duration) => {
    const [, count = '', unit = 'ms'] = /^(\d+)(\w+)$/.exec(duration) ?? []
    return Number(count) * units[unit as keyof typeof units]
  })

/** The name of a phone. */
export const phoneName = text.regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/, {
  error: 'must be a letter and up to 31 more letters, digits, - and _',
})

export const dialled = line(182)

const screenKeys = ['sees', 'ends', 'fails'] as const
const statusKeys = ['answers'] as const

/** The actions of a turn, each with the expectations that may follow it. */
const expectationsOf = {
  dials: screenKeys,
  sends: screenKeys,
  waits: screenKeys,
  repeats: screenKeys,
  'hangs up': [],
  'logs in': statusKeys,
  'visits self-care': statusKeys,
  'sets password': statusKeys,
  manages: statusKeys,
  'operator sets': [],
} as const satisfies Readonly<Record<string, readonly string[]>>

const actions = Object.keys(expectationsOf) as readonly (keyof typeof expectationsOf)[]
const expectations = [...screenKeys, ...statusKeys] as const

/** The allowed combinations of keys, as JSON Schema. */
const turnForms = [
  ...screenKeys.map((expected) => ({ required: [expected], propertyNames: { enum: ['as', expected] } })),
  ...actions.flatMap((action) => {
    const [first, ...rest]: readonly string[] = expectationsOf[action]
    return [[first ?? []].flat(), ...rest.map((one) => [one])].map((expected) => ({
      required: [action],
      propertyNames: { enum: ['as', action, ...expected] },
    }))
  }),
]

/** The reason the keys of a turn cannot be combined. */
function turnProblem(keys: readonly string[]): string | undefined {
  const done = actions.filter((action) => keys.includes(action))
  const expected = expectations.filter((expectation) => keys.includes(expectation))
  if (done.length > 1) return `has more than one action: ${done.join(', ')}`
  if (expected.length > 1) return `has more than one expectation: ${expected.join(', ')}`
  const [action] = done
  const [expectation] = expected
  if (action === undefined) {
    if (expectation === 'answers') return 'has answers without a self-care action'
    return expectation === undefined ? 'needs an action or an expectation' : undefined
  }
  const possible: readonly string[] = expectationsOf[action]
  if (expectation === undefined || possible.includes(expectation)) return undefined
  return possible.length === 0
    ? `has ${expectation}, but ${action} shows nothing`
    : `has ${expectation}, but after ${action} only ${possible.join(', ')} can follow`
}

/** @param names the secrets of the record */
export const turnForm = (Patch: ReturnType<typeof subscriberForms>['Patch'], names: readonly string[]) => {
  const secret = secretText(names)
  return form({
    as: optional(phoneName, 'The phone, if the script has several'),
    dials: optional(dialled, 'The code to dial on an idle phone, in quotes'),
    sends: optional(
      z.union(
        [
          text
            .regex(/^(?![\s\S]*\{\{)/, {
              error: 'contains a placeholder, which stands for a secret: write { secret: … }',
            })
            .meta({ description: 'An answer, in quotes' }),
          form({
            secret: secret.meta({ description: 'A secret answer: digits or a placeholder' }),
            asked: optional(
              readAs(word, z.literal(false, { error: 'must be false or omitted' })),
              'false: the screen does not ask for a secret',
            ),
          }).meta({ id: 'Secret' }),
        ],
        { error: 'must be text or { secret: text }' },
      ),
      'The answer to a waiting screen',
    ),
    waits: optional(duration, 'Time passes for all phones: 500ms, 20s, 15m, 2h'),
    repeats: optional(flag, "The aggregator sends a duplicate of this phone's last callback, byte for byte"),
    'hangs up': optional(flag, 'The subscriber ends the dialogue'),
    'logs in': optional(
      form({ password: secret.meta({ description: 'The self-care password, or a placeholder' }) }),
      'Logs in to self-care',
    ),
    'visits self-care': optional(flag, 'Uses the latest self-care session of this subscriber'),
    'sets password': optional(
      form({
        puk1: secret.meta({ description: 'PUK1 or a placeholder' }),
        password: secret.meta({ description: 'The new password or a placeholder' }),
      }),
      'Sets the password with PUK1 in self-care',
    ),
    manages: optional(
      form({
        subscriber: phoneName.meta({ description: 'A phone of this walkthrough' }),
        access: oneOf(['open', 'closed']).meta({ description: 'The new access' }),
      }),
      "An administrator opens or closes a subscriber's access in self-care",
    ),
    'operator sets': Patch.exactOptional(),
    sees: optional(textMatch, 'The screen; it waits for an answer'),
    ends: optional(textMatch, 'The screen; the dialogue has ended'),
    fails: optional(flagOrTextMatch, 'The message with which the network ended the dialogue'),
    answers: optional(whole(100, 599), 'The HTTP status of self-care'),
  })
    .check(
      z.superRefine((turn, context) => {
        const problem = turnProblem(Object.keys(turn))
        if (problem !== undefined) context.addIssue(problem)
      }),
    )
    .meta({
      id: 'Turn',
      description: 'An action and its expected result; without an action, the current screen is checked',
      anyOf: turnForms,
    })
}
