import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { transcriptOf } from '../../../src/walkthrough/reports/transcript.ts'
import {
  brokenOff,
  dialled,
  differs,
  ends,
  heldAfterwards,
  interleaved,
  latinLetter,
  passwordSet,
  resultOf,
  saying,
  screenExpected,
  trailingBlank,
  waits,
  walked,
  wrongStatus,
} from '../../support/walked.ts'

const printed = (result: Parameters<typeof transcriptOf>[0]) => `${transcriptOf(result).join('\n')}\n`

describe('the transcript of a walkthrough', () => {
  it('has what was done and each line that was seen, secrets masked', () => {
    expect(printed(passwordSet)).toBe(`\
A subscriber sets a password
  ☎ *141*0#
  | Личный кабинет. Введите новый пароль: 5-10 цифр
  | 0 Выход
  > ••••
  ~ The callback came twice, as was asked for.
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

  it('names whose phone it is where there are several', () => {
    expect(printed(interleaved)).toBe(`\
An administrator closes access while the subscriber looks at it
  ~ What was performed cannot be seen over HTTP.
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

  it('leaves out who looks and finds what was to be there: it is drawn already', () => {
    expect(interleaved.steps.at(-1)?.step.action.kind).toBe('look')
    expect(printed(interleaved)).not.toContain('(bob looks)')
  })

  it('ends with what was expected and what was shown, and points at the letter', () => {
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
    expected, waiting for an answer:
    | Неверный PUK1. Осталось попыток: 9. Введите PUK1 ещё раз
    | 0 Выход
    shown, waiting for an answer:
    | Неверный PUK1. Осталось попыток: 9. Введите PUK1 eщё раз
                                                       ^ line 1, column 50: “е” (U+0435) is expected, “e” (U+0065) is shown
    | 0 Выход
    at scripts/walkthroughs/access.yaml:14
`)
  })

  it('lets a blank at the end of a line be seen', () => {
    expect(transcriptOf(trailingBlank)).toContain('    | 1 Close it␣')
    expect(transcriptOf(trailingBlank)).toContain(
      '                ^ line 2, column 11: a line break (U+000A) is expected, a blank (U+0020) is shown',
    )
    const blanks = resultOf({
      title: 'Blanks',
      walked: [
        walked('subscriber', dialled('*1#'), '☎ *1#', {
          seen: waits('  \na'),
          failure: differs(screenExpected({ kind: 'whole', text: 'a' })),
        }),
      ],
    })
    expect(transcriptOf(blanks)).toContain('    | ␣␣')
  })

  it('says that a dialogue ended which was to go on, though the text is the same', () => {
    const text = 'Goodbye'
    const ended = resultOf({
      title: 'Ended',
      walked: [
        walked('subscriber', dialled('*1#'), '☎ *1#', {
          seen: ends(text),
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
    expected, waiting for an answer:
    | Goodbye
    shown, at the end:
    | Goodbye
`)
  })

  it('gives a part, a pattern, a status and a sentence of the network as what they are', () => {
    const failing = (...of: Parameters<typeof walked>) =>
      transcriptOf(resultOf({ title: 'x', walked: [walked(...of)] })).slice(3)
    const dial = ['subscriber', dialled('*1#'), '☎ *1#'] as const
    expect(
      failing(...dial, {
        seen: waits('Tariff: A'),
        failure: differs(screenExpected({ kind: 'contains', text: 'Tariff: B' })),
      }),
    ).toEqual([
      '    expected, waiting for an answer, a part:',
      '    | Tariff: B',
      '    shown, waiting for an answer:',
      '    | Tariff: A',
    ])
    expect(
      failing(...dial, {
        seen: ends('', 'The answer was lost.'),
        failure: differs(screenExpected({ kind: 'matches', pattern: '^[0-9]+$' }, 'ended')),
      }),
    ).toEqual([
      '    expected, at the end, a pattern:',
      '    | ^[0-9]+$',
      '    shown, at the end:',
      '    ! The answer was lost.',
    ])
    const sentence = { kind: 'whole', text: 'The application did not answer.' } as const
    expect(
      failing(...dial, {
        seen: undefined,
        failure: { message: 'no failure', expected: { kind: 'failure', sentence } },
      }),
    ).toEqual([
      '    expected, that the network says:',
      '    ! The application did not answer.',
      '    shown: nothing',
    ])
    expect(transcriptOf(wrongStatus).slice(-4)).toEqual([
      '  ✗ the site answers with 200, not 401',
      '    expected: 401',
      '    shown: 200',
      '    at scripts/walkthroughs/administrator.yaml:58',
    ])
  })

  it('shows what the network said, and what did not hold in the end', () => {
    expect(transcriptOf(brokenOff).at(-1)).toBe('  ! The network ended the dialogue after 180 s.')
    expect(transcriptOf(heldAfterwards).slice(-3)).toEqual([
      '  ✗ access is closed-by-subscriber, not open',
      '  ✗ closeAccess was performed',
      '    at scripts/walkthroughs/access.yaml:60',
    ])
  })

  it('gives a screen where a step failed for a reason of its own', () => {
    const stuck = resultOf({
      title: 'Stuck',
      walked: [
        walked('subscriber', dialled('*1#'), '☎ *1#', {
          seen: ends('Goodbye'),
          failure: { message: 'the dialogue is over', expected: undefined },
        }),
      ],
    })
    expect(printed(stuck)).toBe('Stuck\n  ☎ *1#\n  | Goodbye\n  ✗ the dialogue is over\n')
  })

  it('holds nothing that a terminal obeys, and no line that is not its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (said) => {
        for (const line of transcriptOf(saying(said))) expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
      }),
    )
  })
})
