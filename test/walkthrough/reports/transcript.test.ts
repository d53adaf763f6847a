import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { transcriptOf } from '../../../src/walkthrough/reports/transcript.ts'
import {
  networkTimeout,
  dial,
  differs,
  endedScreen,
  failedPostconditions,
  interleaved,
  latinLetter,
  passwordSet,
  resultOf,
  resultWithText,
  screenExpected,
  trailingBlank,
  waitingScreen,
  stepResult,
  wrongStatus,
} from '../../support/walk-results.ts'

const printed = (result: Parameters<typeof transcriptOf>[0]) => `${transcriptOf(result).join('\n')}\n`

describe('a transcript', () => {
  it('shows actions and screens, with secrets masked', () => {
    expect(printed(passwordSet)).toBe(`\
A subscriber sets a password
  ☎ *141*0#
  | Личный кабинет. Введите новый пароль: 5-10 цифр
  | 0 Выход
  > ••••
  ~ fault injected: duplicate
  | Простой пароль (цифры подряд). Повторите его или введите другой
  | 0 Выход
  > ••••
  | Повторите новый пароль
  | 0 Выход
  > ••••
  | Пароль сохранён. Никому его не сообщайте
  POST /self-care/sessions → 201
`)
  })

  it('names the phone if there are several', () => {
    expect(printed(interleaved)).toBe(`\
An administrator closes access while the subscriber looks at it
  ~ effects were not checked: they are visible only on a gateway in this process
  alice ☎ *141*0#
  | Асабісты кабінет. Увядзіце новы пароль: 5-10 лічбаў
  | 0 Выхад
  bob ☎ *141*3*6#
  | Access to self-care is open
  | 1 Close it
  | 0 Exit
  alice > ••••
  | Паўтарыце новы пароль
  | 0 Выхад
  bob > 1
  | Close access to self-care?
  | 2 Yes, close it
  | 0 No
  alice > ••••
  | Пароль захаваны. Нікому яго не паведамляйце
  alice PUT /self-care/subscribers/bob/access → 204
  (20 s pass)
  bob > 2
  | Access is closed by your organisation. Please ask its administrator
`)
  })

  it('omits a look that passes', () => {
    expect(interleaved.steps.at(-1)?.step.action.kind).toBe('look')
    expect(printed(interleaved)).not.toContain('(bob looks)')
  })

  it('ends with the expected and the actual screen and points at the first difference', () => {
    expect(printed(latinLetter)).toBe(`\
Three wrong PUK1 end the dialogue
  ☎ *141*3*6#
  | Доступ в личный кабинет закрыт
  | 1 Открыть по PUK1
  | 0 Выход
  > 1
  | Введите PUK1 вашей SIM-карты: 8 цифр
  | 0 Выход
  > ••••
  ✗ the screen differs
    expected screen (waiting):
    | Неверный PUK1. Осталось попыток: 9. Введите PUK1 ещё раз
    | 0 Выход
    actual screen (waiting):
    | Неверный PUK1. Осталось попыток: 9. Введите PUK1 eщё раз
                                                       ^ line 1, column 50: expected “е” (U+0435), got “e” (U+0065)
    | 0 Выход
    at scripts/walkthroughs/access.yaml:14
`)
  })

  it('shows trailing spaces', () => {
    expect(transcriptOf(trailingBlank)).toContain('    | 1 Close it␣')
    expect(transcriptOf(trailingBlank)).toContain(
      '                ^ line 2, column 11: expected a line break (U+000A), got a space (U+0020)',
    )
    const blanks = resultOf({
      title: 'Blanks',
      steps: [
        stepResult('subscriber', dial('*1#'), '☎ *1#', {
          seen: waitingScreen('  \na'),
          failure: differs(screenExpected({ kind: 'whole', text: 'a' })),
        }),
      ],
    })
    expect(transcriptOf(blanks)).toContain('    | ␣␣')
  })

  it('reports an unexpected end of the dialogue although the text is equal', () => {
    const text = 'Goodbye'
    const ended = resultOf({
      title: 'Ended',
      steps: [
        stepResult('subscriber', dial('*1#'), '☎ *1#', {
          seen: endedScreen(text),
          failure: {
            message: 'the dialogue is over',
            expected: screenExpected({ kind: 'whole', text }, 'waiting'),
          },
        }),
      ],
    })
    expect(printed(ended)).toBe(`\
Ended
  ☎ *1#
  ✗ the dialogue is over
    expected screen (waiting):
    | Goodbye
    actual screen (ended):
    | Goodbye
`)
  })

  it('labels a part, a pattern, a status and a network failure', () => {
    const failing = (...of: Parameters<typeof stepResult>) =>
      transcriptOf(resultOf({ title: 'x', steps: [stepResult(...of)] })).slice(3)
    const dialStep = ['subscriber', dial('*1#'), '☎ *1#'] as const
    expect(
      failing(...dialStep, {
        seen: waitingScreen('Tariff: A'),
        failure: differs(screenExpected({ kind: 'contains', text: 'Tariff: B' })),
      }),
    ).toEqual([
      '    expected screen (waiting) containing:',
      '    | Tariff: B',
      '    actual screen (waiting):',
      '    | Tariff: A',
    ])
    expect(
      failing(...dialStep, {
        seen: endedScreen('', 'The answer was lost.'),
        failure: differs(screenExpected({ kind: 'matches', pattern: '^[0-9]+$' }, 'ended')),
      }),
    ).toEqual([
      '    expected screen (ended) matching:',
      '    | ^[0-9]+$',
      '    actual screen (ended):',
      '    ! The answer was lost.',
    ])
    const message = { kind: 'whole', text: 'The application did not answer.' } as const
    expect(
      failing(...dialStep, {
        seen: undefined,
        failure: { message: 'no failure', expected: { kind: 'failure', message } },
      }),
    ).toEqual([
      '    expected network failure:',
      '    ! The application did not answer.',
      '    actual: nothing',
    ])
    expect(transcriptOf(wrongStatus).slice(-4)).toEqual([
      '  ✗ self-care answered 200, not 401',
      '    expected: 401',
      '    actual: 200',
      '    at scripts/walkthroughs/administrator.yaml:58',
    ])
  })

  it('shows network failures and failed postconditions', () => {
    expect(transcriptOf(networkTimeout).at(-1)).toBe('  ! The network ended the dialogue after 180 s.')
    expect(transcriptOf(failedPostconditions).slice(-3)).toEqual([
      '  ✗ access is closed-by-subscriber, not open',
      '  ✗ closeAccess was performed',
      '    at scripts/walkthroughs/access.yaml:60',
    ])
  })

  it('shows the screen of a step that failed without an expectation', () => {
    const stuck = resultOf({
      title: 'Stuck',
      steps: [
        stepResult('subscriber', dial('*1#'), '☎ *1#', {
          seen: endedScreen('Goodbye'),
          failure: { message: 'the dialogue is over', expected: undefined },
        }),
      ],
    })
    expect(printed(stuck)).toBe('Stuck\n  ☎ *1#\n  | Goodbye\n  ✗ the dialogue is over\n')
  })

  it('contains no control characters or extra line breaks for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        for (const line of transcriptOf(resultWithText(text)))
          expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
      }),
    )
  })
})
