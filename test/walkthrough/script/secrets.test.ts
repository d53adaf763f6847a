import { record } from '../../../menus/record.ts'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { weakness } from '../../../src/services/weak-password.ts'
import { fillIn, secretsOf } from '../../../src/walkthrough/script/secrets.ts'
import type { WeaknessOf } from '../../../src/walkthrough/script/secrets.ts'
import { WalkthroughError } from '../../../src/walkthrough/script/walkthrough.ts'
import type { Fixture, Walkthrough } from '../../../src/walkthrough/script/walkthrough.ts'

const msisdn = '+375296418357'
const weaknessOf: WeaknessOf = (digits, number) => weakness(digits, { msisdn: number, thisYear: 2026 })

/** A walkthrough that sends these secrets. */
function sending(secrets: readonly string[], fixture?: Omit<Fixture, 'msisdn'>): Walkthrough {
  return {
    title: 'A title',
    rules: [],
    file: '',
    line: 1,
    handsets: { subscriber: { msisdn, fixture: fixture && { msisdn, ...fixture } } },
    steps: secrets.map((text) => ({
      who: 'subscriber',
      action: { kind: 'send', text, isSecret: true },
      expectation: undefined,
      line: 1,
    })),
    after: [],
    secrets: record.secrets,
    performed: undefined,
  }
}

const secretsSent = ({ steps }: Walkthrough): string[] =>
  steps.map(({ action }) => (action.kind === 'send' ? action.text : ''))

const filled = (secrets: readonly string[], fixture: Omit<Fixture, 'msisdn'> = {}) =>
  secretsSent(fillIn(sending(secrets, fixture), { weaknessOf }))

describe('a placeholder', () => {
  it('becomes strong digits of that length, the same in every run', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (size) => {
        const [first, again, other] = filled([
          `{{${size} digits}}`,
          `{{${size} digits}}`,
          `{{${size} digits b}}`,
        ])
        expect(first).toMatch(new RegExp(`^\\d{${size}}$`))
        expect(again).toBe(first)
        expect(other).not.toBe(first)
        if (size >= 5 && size <= 10) expect(weaknessOf(first ?? '', msisdn)).toBeUndefined()
        expect(filled([`{{${size} digits}}`])).toEqual([first])
      }),
    )
  })

  it.each(['repeat', 'sequence', 'keypad', 'date', 'own-number', 'common'])(
    'becomes digits that are weak for a reason: %s',
    (reason) => {
      for (const size of [6, 8]) {
        const [secret = ''] = filled([`{{${size} digits a, ${reason}}}`])
        expect([secret.length, weaknessOf(secret, msisdn)]).toEqual([size, reason])
      }
    },
  )

  it('becomes letters', () => {
    expect(filled(['{{7 characters}}'])[0]).toMatch(/^[a-z]{7}$/)
  })

  it('{{puk1}} is the PUK1 of the record, or generated without one', () => {
    expect(filled(['{{puk1}}'], { puk1: '12345678' })).toEqual(['12345678'])
    const made = fillIn(sending(['{{puk1}}', '{{8 digits}}'], {}), { weaknessOf })
    const [puk1, other] = secretsSent(made)
    expect(puk1).toMatch(/^\d{8}$/)
    expect(made.handsets['subscriber']?.fixture?.['puk1']).toBe(puk1)
    expect(other).not.toBe(puk1)
  })

  it('in a record has the same value in all inputs', () => {
    const made = fillIn(sending(['{{6 digits}}', '{{password}}'], { password: '{{6 digits}}' }), {
      weaknessOf,
    })
    const [typed, password] = secretsSent(made)
    expect(made.handsets['subscriber']?.fixture?.['password']).toBe(typed)
    expect(password).toBe(typed)
  })

  it('of a registered subscriber is looked up, and rejected if unknown', () => {
    const known = { [msisdn]: { puk1: '87654321' } }
    expect(secretsSent(fillIn(sending(['{{puk1}}']), { known }))).toEqual(['87654321'])
    expect(() => fillIn(sending(['{{puk1}}']))).toThrow(WalkthroughError)
    expect(() => fillIn(sending(['{{password}}']), { known })).toThrow(
      '{{password}} of +375296418357 is unknown: add it to the file of --secrets',
    )
  })

  it('{{password}} is not generated for a subscriber without a password', () => {
    expect(() => fillIn(sending(['{{password}}'], {}))).toThrow(WalkthroughError)
  })
})

describe('other text', () => {
  it('is unchanged, also if it resembles a placeholder', () => {
    const texts = ['80291', '', '{{', '{{0 digits}}', '{{x}}', '{{puk1}} ']
    expect(filled(texts)).toEqual(texts)
  })
})

describe('the secrets of a walkthrough', () => {
  it('are listed without choices, the longest first', () => {
    const walkthrough = sending(['1', '80291', '802917', ' 80291 ', '80291'], { puk1: '12345678' })
    expect(secretsOf(walkthrough)).toEqual(['12345678', ' 80291 ', '802917', '80291'])
  })
})
