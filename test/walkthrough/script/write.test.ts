import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { record } from '../../../menus/record.ts'
import { formatProblem, readScripts } from '../../../src/walkthrough/script/read.ts'
import type { Action, Expectation, Step, Walkthrough } from '../../../src/walkthrough/script/walkthrough.ts'
import { writeScript } from '../../../src/walkthrough/script/write.ts'

const step = (action: Action, expectation?: Expectation, who = 'subscriber'): Step => ({
  who,
  action,
  expectation,
  line: 0,
})

const walkthrough = (steps: readonly Step[], rest: Partial<Walkthrough> = {}): Walkthrough => ({
  title: 'T',
  rules: [],
  file: '',
  line: 0,
  handsets: { subscriber: { msisdn: '+375291234567', fixture: undefined } },
  steps,
  after: [],
  secrets: record.secrets,
  performed: undefined,
  ...rest,
})

const sees = (text: string): Expectation => ({
  kind: 'screen',
  state: 'waiting',
  text: { kind: 'whole', text },
})

const AWKWARD = [
  '',
  '01',
  '+375',
  'null',
  '~',
  'true',
  'no',
  'y',
  '0x1F',
  '1:30',
  '12_000',
  '*115#',
  '#1',
  '- a',
  'a: b',
  'a #b',
  '[a]',
  '{a',
  '"',
  "'",
  '|-',
  '>',
  '%a',
  '@a',
  '`',
  '&a',
  '!a',
  '? a',
  ' a',
  'a ',
  'a\n',
  '\na',
  ' \n',
  '  \n  a',
  'a\n\n  b\n',
  ' \n a',
  '\ta\n\tb',
  'a\r\nb',
  'a\u0085b',
  '\u2028',
  '\ufeff',
  '---',
  '...',
  'a\n---\nb',
  '1 Да\n2 Нет\n0 Назад',
  '=',
  '<<',
  '2001-01-01',
  '.inf',
  '\u0007',
  'rules: [ a ]',
  'a\n  performed: [ b ]\nrules: [ c ]',
  'x'.repeat(200),
  'слово '.repeat(40),
  'a\n'.repeat(20),
  '\\n',
  '{{',
  ':',
]

/** Reads the walkthroughs of a script, without line numbers. */
function readAgain(script: string): readonly Walkthrough[] {
  const scripts = readScripts(script, '', record)
  if (scripts.kind === 'malformed')
    throw new Error(`${scripts.problems.map(formatProblem).join('\n')}\n${script}`)
  return scripts.walkthroughs.map((one) => ({
    ...one,
    line: 0,
    steps: one.steps.map((each) => ({ ...each, line: 0 })),
    after: one.after.map((each) => ({ ...each, line: 0 })),
  }))
}

describe('a written script', () => {
  it('is formatted as by hand', () => {
    const written = writeScript(
      walkthrough(
        [
          step({ kind: 'dial', code: '*115#' }),
          step({ kind: 'look' }, sees('Пароль\n0 Выход')),
          step({ kind: 'send', text: '1', isSecret: false }, sees('PUK1: 8 digits')),
          step(
            { kind: 'send', text: '{{puk1}}', isSecret: true },
            { kind: 'screen', state: 'ended', text: { kind: 'matches', pattern: '^Paro.' } },
          ),
          step({ kind: 'wait', ms: 90_000 }, { kind: 'failure', message: { kind: 'contains', text: '' } }),
          step({ kind: 'visit' }, { kind: 'status', status: 200 }),
          step({ kind: 'hang-up' }),
        ],
        {
          title: 'A password: set, and used',
          rules: ['L2', 'L4'],
          handsets: {
            subscriber: {
              msisdn: '+375291234567',
              fixture: { msisdn: '+375291234567', language: 'ru', puk1: '12345678', client: 'no' },
            },
          },
          after: [{ who: 'subscriber', record: { closedBecause: null, password: '2580' }, line: 0 }],
          performed: ['verifyPuk1', 'savePassword'],
        },
      ),
      { schema: '../walkthrough.schema.json' },
    )
    expect(written).toBe(`# yaml-language-server: $schema=../walkthrough.schema.json
title: 'A password: set, and used'
rules: [L2, L4]
subscriber: { msisdn: '+375291234567', language: ru, puk1: '12345678', client: 'no' }
dial: '*115#'
turns:
  - sees: |-
      Пароль
      0 Выход
  - sends: '1'
    sees: 'PUK1: 8 digits'
  - sends: { secret: '{{puk1}}' }
    ends: { matches: ^Paro. }
  - waits: 90s
    fails: true
  - visits self-care: true
    answers: 200
hangs up: true
after:
  subscriber: { closedBecause: null, password: '2580' }
  performed: [verifyPuk1, savePassword]
`)
  })

  it('names the phones if there are several', () => {
    const written = writeScript(
      walkthrough(
        [
          step({ kind: 'dial', code: '*1#' }, undefined, 'bob'),
          step({ kind: 'hang-up' }, undefined, 'alice'),
        ],
        {
          handsets: {
            alice: { msisdn: '+375291234567', fixture: { msisdn: '+375291234567', role: 'administrator' } },
            bob: { msisdn: '+375291234568', fixture: undefined },
          },
          after: [{ who: 'bob', record: { access: 'open' }, line: 0 }],
        },
      ),
    )
    expect(written).toBe(`title: T
handsets:
  alice: { msisdn: '+375291234567', role: administrator }
  bob: '+375291234568'
turns:
  - as: bob
    dials: '*1#'
  - as: alice
    hangs up: true
after:
  handsets:
    bob: { access: open }
`)
  })

  it.each([
    [500, '500ms'],
    [20_000, '20s'],
    [900_000, '15m'],
    [7_200_000, '2h'],
    [90_500, '90500ms'],
  ])('writes %d ms as %s', (ms, duration) => {
    expect(writeScript(walkthrough([step({ kind: 'wait', ms })]))).toContain(`waits: ${duration}\n`)
  })

  it('keeps every text that YAML might misread', () => {
    const one = walkthrough(AWKWARD.map((awkward) => step({ kind: 'repeat' }, sees(awkward))))
    expect(readAgain(writeScript(one))).toEqual([one])
  })

  it('omits a look without an expectation', () => {
    expect(readAgain(writeScript(walkthrough([step({ kind: 'look' }), step({ kind: 'repeat' })])))).toEqual([
      walkthrough([step({ kind: 'repeat' })]),
    ])
  })

  it('is read back as the same walkthrough', () => {
    fc.assert(
      fc.property(fc.array(anyWalkthrough, { minLength: 1, maxLength: 3 }), (walkthroughs) => {
        const script = walkthroughs.map((one) => writeScript(one, { schema: 'a.json' })).join('---\n')
        expect(readAgain(script)).toEqual(walkthroughs)
      }),
      { numRuns: 150 },
    )
  })
})

const text = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom('\n', ' ', 'a', '\t', ':', '#', "'", '"', '\\', '-', 'ы'),
    maxLength: 20,
  }),
  fc.string({ unit: 'binary', maxLength: 10 }).filter((one) => !/\p{Cs}/u.test(one)),
)
const line = (max: number) =>
  text.map(
    (one) =>
      one
        .replace(/\p{Cc}/gu, '')
        .slice(0, max)
        .replace(/\p{Cs}/gu, '') || 'x',
  )
const plain = text.map((one) => one.replaceAll('{{', '{'))
const secret = fc.oneof(
  plain,
  fc.constantFrom('{{puk1}}', '{{password}}', '{{8 digits b}}', '{{6 digits, date}}'),
)
const optional = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(shape, { requiredKeys: [] })

const textMatch = fc.oneof(
  fc.record({ kind: fc.constant('whole' as const), text }),
  fc.record({ kind: fc.constant('contains' as const), text }),
  fc.record({
    kind: fc.constant('matches' as const),
    pattern: fc.constantFrom('^a', '[*#]', '\\d{3}: .*', "'", 'a\nb', '(?<a>x)|"', ''),
  }),
)
const screen: fc.Arbitrary<Expectation> = fc.oneof(
  fc.record({
    kind: fc.constant('screen' as const),
    state: fc.constantFrom('waiting' as const, 'ended' as const),
    text: textMatch,
  }),
  // The message `true` is read as any message.
  fc.record({
    kind: fc.constant('failure' as const),
    message: textMatch.filter((one) => one.kind !== 'whole' || one.text !== 'true'),
  }),
)

const status: fc.Arbitrary<Expectation> = fc.record({
  kind: fc.constant('status' as const),
  status: fc.integer({ min: 100, max: 599 }),
})
const fields = {
  language: fc.constantFrom('ru', 'be', 'en'),
  tariff: text.map((one) =>
    one
      .replace(/\p{Cc}/gu, '')
      .slice(0, 64)
      .replace(/\p{Cs}/gu, ''),
  ),
  // The word for none.
  client: line(64).filter((text) => text !== 'null'),
  role: fc.constantFrom('subscriber', 'administrator'),
}
const access = fc.oneof(
  optional({ access: fc.constantFrom('open', 'closed-by-subscriber', 'closed-by-organisation') }),
  fc.record({
    access: fc.constant('closed-by-operator'),
    closedBecause: fc.constantFrom('sim-lost', 'restricted'),
  }),
)
const patch = fc
  .tuple(
    optional({
      ...fields,
      registrationByPuk1: fc.boolean(),
      puk1: fc.constantFrom('01234567', '{{puk1}}'),
      password: fc.constantFrom('00000', '{{5 digits}}'),
    }),
    access,
  )
  .map((parts) => Object.assign({}, ...parts) as Extract<Action, { kind: 'change' }>['patch'])

const steps = (names: readonly string[]): fc.Arbitrary<Step> => {
  const kind = <K extends Action['kind']>(name: K) => ({ kind: fc.constant(name) })
  const phone = fc.oneof(
    fc.record({ ...kind('dial'), code: line(182) }),
    fc.record({ ...kind('send'), text: plain, isSecret: fc.constant(false) }),
    fc.record({ ...kind('send'), text: secret, isSecret: fc.constant(true) }),
    fc.record({ ...kind('wait'), ms: fc.integer({ min: 1, max: 999_999_999 }) }),
    fc.record(kind('repeat')),
  ) as fc.Arbitrary<Action>
  const selfCare = fc.oneof(
    fc.record({ ...kind('log-in'), password: secret }),
    fc.record(kind('visit')),
    fc.record({ ...kind('set-password'), puk1: secret, password: secret }),
    fc.record({
      ...kind('manage'),
      of: fc.constantFrom(...names),
      access: fc.constantFrom('open' as const, 'closed' as const),
    }),
  ) as fc.Arbitrary<Action>
  const others = fc.oneof(
    fc.record(kind('hang-up')),
    fc.record({ ...kind('change'), patch: patch.filter((one) => Object.keys(one).length > 0) }),
  ) as fc.Arbitrary<Action>
  const maybe = (expectation: fc.Arbitrary<Expectation>) => fc.option(expectation, { nil: undefined })
  const who = fc.constantFrom(...names)
  const nothing = fc.constant(undefined)
  return fc.oneof(
    fc.record({ who, action: phone, expectation: maybe(screen), line: fc.constant(0) }),
    fc.record({ who, action: selfCare, expectation: maybe(status), line: fc.constant(0) }),
    fc.record({ who, action: others, expectation: nothing, line: fc.constant(0) }),
    fc.record({
      who,
      action: fc.constant<Action>({ kind: 'look' }),
      expectation: screen,
      line: fc.constant(0),
    }),
  )
}

const anyWalkthrough: fc.Arbitrary<Walkthrough> = fc
  .constantFrom<string[]>(['subscriber'], ['alice'], ['alice', 'bob'], ['subscriber', 'no', 'toString'])
  .chain((names) => {
    const phone = (at: number) => {
      const msisdn = `+37529123456${at}`
      const fixture = fc
        .tuple(patch, optional({ puk1AttemptsLeft: fc.integer({ min: 0, max: 10 }) }))
        .map(([fields, attempts]) => ({ msisdn, ...fields, ...attempts }))
      return fc.record({ msisdn: fc.constant(msisdn), fixture: fc.option(fixture, { nil: undefined }) })
    }
    const expected = optional({
      ...fields,
      access: fc.constantFrom('open', 'closed-by-subscriber', 'closed-by-organisation', 'closed-by-operator'),
      closedBecause: fc.constantFrom('sim-lost', 'restricted', null),
      puk1AttemptsLeft: fc.integer({ min: 0, max: 10 }),
      password: secret,
      hasPassword: fc.boolean(),
    }).filter((one) => Object.keys(one).length > 0)
    return fc.record({
      title: line(200),
      rules: fc.array(line(32), { maxLength: 3 }),
      file: fc.constant(''),
      line: fc.constant(0),
      handsets: fc
        .tuple(...names.map((_name, at) => phone(at)))
        .map((phones) => Object.fromEntries(names.map((name, at) => [name, phones[at]]))),
      steps: fc.array(steps(names), { minLength: 1, maxLength: 8 }),
      after: fc
        .subarray(names)
        .chain((those) =>
          fc.tuple(
            ...those.map((who) =>
              fc.record({ who: fc.constant(who), record: expected, line: fc.constant(0) }),
            ),
          ),
        ),
      secrets: fc.constant(record.secrets),
      performed: fc.option(fc.array(line(64), { maxLength: 3 }), { nil: undefined }),
    }) as fc.Arbitrary<Walkthrough>
  })
