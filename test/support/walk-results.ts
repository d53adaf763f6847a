/** Sample results of walkthroughs, as the runner returns them. */
import { screenOf } from '../../src/simulator/screen.ts'
import type { StepFailure, WalkResult, StepResult } from '../../src/walkthrough/run/result.ts'
import type { Action, Expectation, TextMatch } from '../../src/walkthrough/script/walkthrough.ts'

/** Creates the result of a step of the phone `who`. */
export function stepResult(
  who: string,
  action: Action,
  done: string,
  {
    seen,
    failure,
    notes = [],
    line = 1,
  }: Partial<Pick<StepResult, 'seen' | 'failure' | 'notes'>> & { readonly line?: number } = {},
): StepResult {
  const step = { who, action, expectation: failure?.expected, line }
  return { step, done, seen, notes, failure }
}

type Seen = StepResult['seen']

const screen = (text: string, state: 'waiting' | 'ended', problem?: string): Seen => ({
  kind: 'screen',
  screen: screenOf({ session: 's1', state, text, problem }),
})
export const waitingScreen = (text: string): Seen => screen(text, 'waiting')
export const endedScreen = (text: string, problem?: string): Seen => screen(text, 'ended', problem)
const status = (code: number): Seen => ({ kind: 'status', status: code })

export const dial = (code: string): Action => ({ kind: 'dial', code })
const send = (text: string): Action => ({ kind: 'send', text, isSecret: text === '••••' })
export const whole = (text: string): TextMatch => ({ kind: 'whole', text })
export const screenExpected = (text: TextMatch, state: 'waiting' | 'ended' = 'waiting'): Expectation => ({
  kind: 'screen',
  state,
  text,
})
export const differs = (expected: Expectation): StepFailure => ({ message: 'the screen differs', expected })

/** Creates a result with defaults. It failed if a step or a postcondition did. */
export function resultOf(of: {
  readonly title: string
  readonly steps: readonly StepResult[]
  readonly phones?: Readonly<Record<string, string>>
  readonly postconditions?: readonly StepFailure[]
  readonly notes?: readonly string[]
  readonly rules?: readonly string[]
  readonly file?: string
  readonly line?: number
  readonly dialect?: string
  readonly ms?: number
}): WalkResult {
  const { title, phones = { subscriber: '+375291234567' }, postconditions = [], notes = [], rules = [] } = of
  const { file = '', line = 1, dialect = 'africastalking', ms = 12 } = of
  const handsets = Object.fromEntries(
    Object.entries(phones).map(([name, msisdn]) => [name, { msisdn, fixture: undefined }]),
  )
  const steps = of.steps.map(({ step }) => step)
  const failed = postconditions.length > 0 || of.steps.some(({ failure }) => failure)
  const walkthrough = {
    title,
    rules,
    file,
    line,
    handsets,
    steps,
    after: [],
    secrets: {},
    performed: undefined,
  }
  const verdict = failed ? 'failed' : 'passed'
  return { walkthrough, dialect, steps: of.steps, postconditions, notes, verdict, ms }
}

/** The steps of one phone. */
const phone = (who: string) => {
  type Rest = Omit<Parameters<typeof stepResult>[3], 'seen'>
  return {
    dials: (code: string, seen: Seen, rest: Rest = {}) =>
      stepResult(who, dial(code), `☎ ${code}`, { seen, ...rest }),
    types: (text: string, seen: Seen, rest: Rest = {}) =>
      stepResult(who, send(text), `> ${text}`, { seen, ...rest }),
    logsIn: () =>
      stepResult(who, { kind: 'log-in', password: '••••' }, 'POST /self-care/sessions', {
        seen: status(201),
      }),
    closes: (of: string) =>
      stepResult(who, { kind: 'manage', of, access: 'closed' }, `PUT /self-care/subscribers/${of}/access`, {
        seen: status(204),
      }),
    waits: (ms: number) => stepResult(who, { kind: 'wait', ms }, `(${ms / 1000} s pass)`),
    looks: (seen: Seen) => stepResult(who, { kind: 'look' }, '', { seen }),
  }
}
const subscriber = phone('subscriber')
const alice = phone('alice')
const bob = phone('bob')
const twoPhones = { alice: '+375291234561', bob: '+375291234562' }

const closedByOrganisation = 'Access is closed by your organisation. Please ask its administrator'

export const passwordSet = resultOf({
  title: 'A subscriber sets a password',
  rules: ['L2', 'L4'],
  file: 'scripts/walkthroughs/password.yaml',
  ms: 41,
  steps: [
    subscriber.dials('*141*0#', waitingScreen('Личный кабинет. Введите новый пароль: 5-10 цифр\n0 Выход')),
    subscriber.types(
      '••••',
      waitingScreen('Простой пароль (цифры подряд). Повторите его или введите другой\n0 Выход'),
      { notes: ['fault injected: duplicate'] },
    ),
    subscriber.types('••••', waitingScreen('Повторите новый пароль\n0 Выход')),
    subscriber.types('••••', endedScreen('Пароль сохранён. Никому его не сообщайте')),
    subscriber.logsIn(),
  ],
})

/** A Latin letter in a Russian word. */
export const latinLetter = resultOf({
  title: 'Three wrong PUK1 end the dialogue',
  rules: ['L7', 'L8'],
  file: 'scripts/walkthroughs/access.yaml',
  line: 3,
  ms: 87,
  steps: [
    subscriber.dials(
      '*141*3*6#',
      waitingScreen('Доступ в личный кабинет закрыт\n1 Открыть по PUK1\n0 Выход'),
    ),
    subscriber.types('1', waitingScreen('Введите PUK1 вашей SIM-карты: 8 цифр\n0 Выход')),
    subscriber.types(
      '••••',
      waitingScreen('Неверный PUK1. Осталось попыток: 9. Введите PUK1 eщё раз\n0 Выход'),
      {
        line: 14,
        failure: differs(
          screenExpected(whole('Неверный PUK1. Осталось попыток: 9. Введите PUK1 ещё раз\n0 Выход')),
        ),
      },
    ),
  ],
})

export const trailingBlank = resultOf({
  title: 'Access is closed after a confirmation',
  rules: ['L12'],
  file: 'scripts/walkthroughs/access.yaml',
  line: 31,
  dialect: 'hubtel',
  steps: [
    subscriber.dials('*141*3*6#', waitingScreen('Access to self-care is open\n1 Close it \n0 Exit'), {
      line: 36,
      failure: differs(screenExpected(whole('Access to self-care is open\n1 Close it\n0 Exit'))),
    }),
  ],
})

export const interleaved = resultOf({
  title: 'An administrator closes access while the subscriber looks at it',
  rules: ['L9', 'L11'],
  file: 'scripts/walkthroughs/administrator.yaml',
  phones: twoPhones,
  ms: 1840,
  notes: ['effects were not checked: they are visible only on a gateway in this process'],
  steps: [
    alice.dials('*141*0#', waitingScreen('Асабісты кабінет. Увядзіце новы пароль: 5-10 лічбаў\n0 Выхад')),
    bob.dials('*141*3*6#', waitingScreen('Access to self-care is open\n1 Close it\n0 Exit')),
    alice.types('••••', waitingScreen('Паўтарыце новы пароль\n0 Выхад')),
    bob.types('1', waitingScreen('Close access to self-care?\n2 Yes, close it\n0 No')),
    alice.types('••••', endedScreen('Пароль захаваны. Нікому яго не паведамляйце')),
    alice.closes('bob'),
    alice.waits(20_000),
    bob.types('2', endedScreen(closedByOrganisation)),
    bob.looks(endedScreen(closedByOrganisation)),
  ],
})

export const wrongStatus = resultOf({
  title: 'A session of the site ends with the access',
  rules: ['L6'],
  file: 'scripts/walkthroughs/administrator.yaml',
  line: 40,
  phones: twoPhones,
  ms: 640,
  steps: [
    bob.logsIn(),
    alice.closes('bob'),
    bob.dials('*141*3*6#', endedScreen(closedByOrganisation)),
    stepResult('bob', { kind: 'visit' }, 'GET /self-care/session', {
      line: 58,
      seen: status(200),
      failure: { message: 'self-care answered 200, not 401', expected: { kind: 'status', status: 401 } },
    }),
  ],
})

export const networkTimeout = resultOf({
  title: 'The network ends a dialogue that is not answered in time',
  file: 'scripts/walkthroughs/time-outs.yaml',
  ms: 9,
  steps: [
    subscriber.dials('*141*3*6#', waitingScreen('Доступ у асабісты кабінет адкрыты\n1 Закрыць\n0 Выхад')),
    subscriber.waits(190_000),
    subscriber.looks(endedScreen('', 'The network ended the dialogue after 180 s.')),
  ],
})

export const failedPostconditions = resultOf({
  title: 'Access stays open without a confirmation',
  rules: ['L12'],
  file: 'scripts/walkthroughs/access.yaml',
  line: 60,
  postconditions: [
    { message: 'access is closed-by-subscriber, not open', expected: undefined },
    { message: 'closeAccess was performed', expected: undefined },
  ],
  steps: [
    subscriber.dials('*141*3*6*1#', waitingScreen('Закрыть доступ в личный кабинет?\n2 Да, закрыть\n0 Нет')),
    subscriber.types('0', endedScreen('Доступ не изменён. До свидания')),
  ],
})

/** One sample of each kind, in the order of a run. */
export const results: readonly WalkResult[] = [
  passwordSet,
  latinLetter,
  interleaved,
  trailingBlank,
  networkTimeout,
  wrongStatus,
  failedPostconditions,
]

/** Text that tries to break out of a report. */
export const HOSTILE = `</pre></title><script>alert(1)</script>"'><img src=x onerror=alert(1)> & &lt; ]]> # \\ \u202e\u0000\u001b[2J\ud800`

/** Creates a result with this text in every field that an application or author controls. */
export const resultWithText = (text: string): WalkResult =>
  resultOf({
    title: text,
    rules: [text],
    file: text,
    dialect: text,
    notes: [text],
    phones: { [text]: text, other: '+375291234562' },
    postconditions: [{ message: text, expected: undefined }],
    steps: [
      stepResult(text, dial('*1#'), `☎ ${text}`, { seen: waitingScreen(text), notes: [text] }),
      stepResult('other', send('1'), `> ${text}`, { seen: endedScreen('', text) }),
      stepResult(text, send('1'), '> 1', {
        seen: endedScreen(`${text}.`),
        failure: { message: text, expected: screenExpected(whole(text)) },
      }),
    ],
  })
