import { record } from '../../menus/record.ts'
import { describe, expect, it } from '@jest/globals'
import { createModel } from '../../src/exploration/dialogue.ts'
import type { Move } from '../../src/exploration/dialogue.ts'
import { walkthroughOf } from '../../src/exploration/script.ts'
import { inputs, notUnderstood, safeSpec } from './menus.ts'
import type { Safe } from './menus.ts'

const spec = safeSpec(
  {
    fixture: ({ left }) => ({ puk1: '73519264', puk1AttemptsLeft: left }),
    record: ({ left }) => ({ puk1AttemptsLeft: left }),
    secrets: record.secrets,
  },
  { number: { ru: 'Введите номер\n0 Выход', be: 'Увядзіце нумар\n0 Выхад', en: 'Enter the number\n0 Exit' } },
)
const origin = { name: 'anybody', world: { left: 3, isOpen: false } }
const named = (name: string): Move<Safe> => ({ input: inputs.find((input) => input.name === name) })
const dial = { input: undefined }

const scriptOf = (moves: readonly Move<Safe>[], of: { language?: 'ru' | 'en'; alphabet?: 'latin' } = {}) =>
  walkthroughOf({
    model: createModel(spec, of.language ?? 'en'),
    origin,
    moves,
    msisdn: '+375291234567',
    notUnderstood,
    alphabet: of.alphabet,
  })

describe('a dialogue of the model as a walkthrough', () => {
  it('expects the whole text of every screen, and the final record of the model', () => {
    const change = {
      name: 'uses up attempts',
      patch: { tariff: 'Слабо' },
      apply: (world: Safe) => ({ ...world, left: 2 }),
    }
    expect(scriptOf([dial, { ...named('a wrong number'), change }, named('the right number')])).toEqual({
      title: '*100# en, anybody: a wrong number, when the operator uses up attempts, the right number',
      rules: [],
      file: '',
      line: 1,
      handsets: {
        subscriber: {
          msisdn: '+375291234567',
          fixture: { msisdn: '+375291234567', language: 'en', puk1: '73519264', puk1AttemptsLeft: 3 },
        },
      },
      steps: [
        step(1, { kind: 'dial', code: '*100#' }, 'waiting', 'Enter the number\n0 Exit'),
        { who: 'subscriber', action: { kind: 'change', patch: { tariff: 'Слабо' } }, line: 2 },
        step(3, sends('61840937'), 'waiting', 'Wrong. Attempts left: 1\n0 Exit'),
        step(4, sends('73519264'), 'ended', 'It is open'),
      ],
      after: [{ who: 'subscriber', record: { puk1AttemptsLeft: 3 }, line: 5 }],
      secrets: record.secrets,
      performed: undefined,
    })
  })

  it('leaves out secrets that are not compared, and hangs up on a screen that waits', () => {
    const { handsets, steps } = scriptOf([dial])
    expect(handsets['subscriber']?.fixture).not.toHaveProperty('puk1')
    expect(steps.map(({ action }) => action.kind)).toEqual(['dial', 'hang-up'])
    expect(scriptOf([dial, dial, named('0')]).steps.map(({ action }) => action.kind)).toEqual([
      'dial',
      'hang-up',
      'dial',
      'send',
    ])
  })

  it('dials #…# for Latin letters', () => {
    const [first] = scriptOf([dial], { language: 'ru', alphabet: 'latin' }).steps
    expect(first).toEqual(step(1, { kind: 'dial', code: '#100#' }, 'waiting', 'Vvedite nomer\n0 Vykhod'))
  })
})

const sends = (text: string) => ({ kind: 'send', text, isSecret: true })

const step = (line: number, action: object, state: string, text: string) => ({
  who: 'subscriber',
  action,
  expectation: { kind: 'screen', state, text: { kind: 'whole', text } },
  line,
})
