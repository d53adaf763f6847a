/** Walkthroughs that were walked, as the runner would hand them to the reports. */
import { screenOf } from '../../src/simulator/screen.ts'
import type { StepFailure, WalkResult, StepResult } from '../../src/walkthrough/run/result.ts'
import type { Action, Expectation, TextMatch } from '../../src/walkthrough/script/walkthrough.ts'

type Done = Pick<StepResult, 'seen' | 'failure' | 'notes'>

/** A step of `who` as it went. */
export function walked(
  who: string,
  action: Action,
  done: string,
  { seen, failure, notes = [], line = 1 }: Partial<Done> & { readonly line?: number } = {},
): StepResult {
  const step = { who, action, expectation: failure?.expected, line }
  return { step, done, seen, notes, failure }
}

const screenSeen = (text: string, state: 'waiting' | 'ended', problem?: string): StepResult['seen'] => ({
  kind: 'screen',
  screen: screenOf({ session: 's1', state, text, problem }),
})
export const waits = (text: string): StepResult['seen'] => screenSeen(text, 'waiting')
export const ends = (text: string, problem?: string): StepResult['seen'] => screenSeen(text, 'ended', problem)
const status = (code: number): StepResult['seen'] => ({ kind: 'status', status: code })

export const dialled = (code: string): Action => ({ kind: 'dial', code })
const sent = (text: string): Action => ({ kind: 'send', text, isSecret: text === '••••' })
export const whole = (text: string): TextMatch => ({ kind: 'whole', text })
export const screenExpected = (text: TextMatch, state: 'waiting' | 'ended' = 'waiting'): Expectation => ({
  kind: 'screen',
  state,
  text,
})
export const differs = (expected: Expectation): StepFailure => ({ message: 'the screen differs', expected })

/** A result with everything that is not said left out. It failed where a step or the end did. */
export function resultOf(of: {
  readonly title: string
  readonly walked: readonly StepResult[]
  readonly phones?: Readonly<Record<string, string>>
  readonly afterwards?: readonly StepFailure[]
  readonly notes?: readonly string[]
  readonly rules?: readonly string[]
  readonly file?: string
  readonly line?: number
  readonly dialect?: string
  readonly ms?: number
}): WalkResult {
  const { title, phones = { subscriber: '+375291234567' }, afterwards = [], notes = [], rules = [] } = of
  const { file = '', line = 1, dialect = 'africastalking', ms = 12 } = of
  const handsets = Object.fromEntries(
    Object.entries(phones).map(([name, msisdn]) => [name, { msisdn, fixture: undefined }]),
  )
  const steps = of.walked.map(({ step }) => step)
  const failed = afterwards.length > 0 || of.walked.some(({ failure }) => failure)
  const walkthrough = { title, rules, file, line, handsets, steps, after: [], performed: undefined }
  const verdict = failed ? 'failed' : 'passed'
  return { walkthrough, dialect, steps: of.walked, postconditions: afterwards, notes, verdict, ms }
}

const one = 'subscriber'

export const passwordSet = resultOf({
  title: 'A subscriber sets a password',
  rules: ['L2', 'L4'],
  file: 'scripts/walkthroughs/password.yaml',
  ms: 41,
  walked: [
    walked(one, dialled('*141*0#'), '☎ *141*0#', {
      seen: waits('Личный кабинет. Введите новый пароль: 5-10 цифр\n0 Выход'),
    }),
    walked(one, sent('••••'), '> ••••', {
      seen: waits('Простой пароль (цифры подряд). Повторите его или введите другой\n0 Выход'),
      notes: ['The callback came twice, as was asked for.'],
    }),
    walked(one, sent('••••'), '> ••••', { seen: waits('Повторите новый пароль\n0 Выход') }),
    walked(one, sent('••••'), '> ••••', { seen: ends('Пароль сохранён. Никому его не сообщайте') }),
    walked(one, { kind: 'log-in', password: '••••' }, 'POST /self-care/sessions', { seen: status(201) }),
  ],
})

/** A Latin letter stands in a Russian word. */
export const latinLetter = resultOf({
  title: 'Three wrong PUK1 end the dialogue',
  rules: ['L7', 'L8'],
  file: 'scripts/walkthroughs/access.yaml',
  line: 3,
  ms: 87,
  walked: [
    walked(one, dialled('*141*3*6#'), '☎ *141*3*6#', {
      seen: waits('Доступ в личный кабинет закрыт\n1 Открыть по PUK1\n0 Выход'),
    }),
    walked(one, sent('1'), '> 1', { seen: waits('Введите PUK1 вашей SIM-карты: 8 цифр\n0 Выход') }),
    walked(one, sent('••••'), '> ••••', {
      line: 14,
      seen: waits('Неверный PUK1. Осталось попыток: 9. Введите PUK1 eщё раз\n0 Выход'),
      failure: differs(
        screenExpected(whole('Неверный PUK1. Осталось попыток: 9. Введите PUK1 ещё раз\n0 Выход')),
      ),
    }),
  ],
})

export const trailingBlank = resultOf({
  title: 'Access is closed after a confirmation',
  rules: ['L12'],
  file: 'scripts/walkthroughs/access.yaml',
  line: 31,
  dialect: 'hubtel',
  walked: [
    walked(one, dialled('*141*3*6#'), '☎ *141*3*6#', {
      line: 36,
      seen: waits('Access to self-care is open\n1 Close it \n0 Exit'),
      failure: differs(screenExpected(whole('Access to self-care is open\n1 Close it\n0 Exit'))),
    }),
  ],
})

const two = { alice: '+375291234561', bob: '+375291234562' }

export const interleaved = resultOf({
  title: 'An administrator closes access while the subscriber looks at it',
  rules: ['L9', 'L11'],
  file: 'scripts/walkthroughs/administrator.yaml',
  phones: two,
  ms: 1840,
  notes: ['What was performed cannot be seen over HTTP.'],
  walked: [
    walked('alice', dialled('*141*0#'), '☎ *141*0#', {
      seen: waits('Асабісты кабінет. Увядзіце новы пароль: 5-10 лічбаў\n0 Выхад'),
    }),
    walked('bob', dialled('*141*3*6#'), '☎ *141*3*6#', {
      seen: waits('Access to self-care is open\n1 Close it\n0 Exit'),
    }),
    walked('alice', sent('••••'), '> ••••', { seen: waits('Паўтарыце новы пароль\n0 Выхад') }),
    walked('bob', sent('1'), '> 1', { seen: waits('Close access to self-care?\n2 Yes, close it\n0 No') }),
    walked('alice', sent('••••'), '> ••••', { seen: ends('Пароль захаваны. Нікому яго не паведамляйце') }),
    walked(
      'alice',
      { kind: 'manage', of: 'bob', access: 'closed' },
      'PUT /self-care/subscribers/bob/access',
      {
        seen: status(204),
      },
    ),
    walked('alice', { kind: 'wait', ms: 20_000 }, '(20 s pass)'),
    walked('bob', sent('2'), '> 2', {
      seen: ends('Access is closed by your organisation. Please ask its administrator'),
    }),
    walked('bob', { kind: 'look' }, '', {
      seen: ends('Access is closed by your organisation. Please ask its administrator'),
    }),
  ],
})

export const wrongStatus = resultOf({
  title: 'A session of the site ends with the access',
  rules: ['L6'],
  file: 'scripts/walkthroughs/administrator.yaml',
  line: 40,
  phones: two,
  ms: 640,
  walked: [
    walked('bob', { kind: 'log-in', password: '••••' }, 'POST /self-care/sessions', { seen: status(201) }),
    walked(
      'alice',
      { kind: 'manage', of: 'bob', access: 'closed' },
      'PUT /self-care/subscribers/bob/access',
      {
        seen: status(204),
      },
    ),
    walked('bob', dialled('*141*3*6#'), '☎ *141*3*6#', {
      seen: ends('Access is closed by your organisation. Please ask its administrator'),
    }),
    walked('bob', { kind: 'visit' }, 'GET /self-care/session', {
      line: 58,
      seen: status(200),
      failure: { message: 'the site answers with 200, not 401', expected: { kind: 'status', status: 401 } },
    }),
  ],
})

export const brokenOff = resultOf({
  title: 'The network breaks off a dialogue that is not answered in time',
  file: 'scripts/walkthroughs/time-outs.yaml',
  ms: 9,
  walked: [
    walked(one, dialled('*141*3*6#'), '☎ *141*3*6#', {
      seen: waits('Доступ у асабісты кабінет адкрыты\n1 Закрыць\n0 Выхад'),
    }),
    walked(one, { kind: 'wait', ms: 190_000 }, '(190 s pass)'),
    walked(one, { kind: 'look' }, '', { seen: ends('', 'The network ended the dialogue after 180 s.') }),
  ],
})

export const heldAfterwards = resultOf({
  title: 'Who says no leaves access open',
  rules: ['L12'],
  file: 'scripts/walkthroughs/access.yaml',
  line: 60,
  afterwards: [
    { message: 'access is closed-by-subscriber, not open', expected: undefined },
    { message: 'closeAccess was performed', expected: undefined },
  ],
  walked: [
    walked(one, dialled('*141*3*6*1#'), '☎ *141*3*6*1#', {
      seen: waits('Закрыть доступ в личный кабинет?\n2 Да, закрыть\n0 Нет'),
    }),
    walked(one, sent('0'), '> 0', { seen: ends('Доступ не изменён. До свидания') }),
  ],
})

/** A sample of everything, in the order of the run. */
export const results: readonly WalkResult[] = [
  passwordSet,
  latinLetter,
  interleaved,
  trailingBlank,
  brokenOff,
  wrongStatus,
  heldAfterwards,
]

/** Text as somebody would write it who wants out of the report. */
export const HOSTILE = `</pre></title><script>alert(1)</script>"'><img src=x onerror=alert(1)> & &lt; ]]> # \\ \u202e\u0000\u001b[2J\ud800`

/** Has `said` wherever an application or a person could put a text. */
export const saying = (said: string): WalkResult =>
  resultOf({
    title: said,
    rules: [said],
    file: said,
    dialect: said,
    notes: [said],
    phones: { [said]: said, other: '+375291234562' },
    afterwards: [{ message: said, expected: undefined }],
    walked: [
      walked(said, dialled('*1#'), `☎ ${said}`, { seen: waits(said), notes: [said] }),
      walked('other', sent('1'), `> ${said}`, { seen: ends('', said) }),
      walked(said, sent('1'), '> 1', {
        seen: ends(`${said}.`),
        failure: { message: said, expected: screenExpected(whole(said)) },
      }),
    ],
  })
