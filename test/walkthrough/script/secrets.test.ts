import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { weakness } from '../../../src/services/weak-password.ts'
import { fillIn, secretsOf } from '../../../src/walkthrough/script/secrets.ts'
import type { WeaknessOf } from '../../../src/walkthrough/script/secrets.ts'
import { WalkthroughError } from '../../../src/walkthrough/script/error.ts'
import type { Fixture, Walkthrough } from '../../../src/walkthrough/script/walkthrough.ts'

const msisdn = '+375296418357'
const weaknessOf: WeaknessOf = (digits, number) => weakness(digits, { msisdn: number, thisYear: 2026 })

/** A walkthrough in which these are typed as secrets. */
function typing(secrets: readonly string[], fixture?: Omit<Fixture, 'msisdn'>): Walkthrough {
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
    performed: undefined,
  }
}

const typedIn = ({ steps }: Walkthrough): string[] =>
  steps.map(({ action }) => (action.kind === 'send' ? action.text : ''))

const filled = (secrets: readonly string[], fixture: Omit<Fixture, 'msisdn'> = {}) =>
  typedIn(fillIn(typing(secrets, fixture), { weaknessOf }))

describe('a placeholder', () => {
  it('stands for digits of that number, that are not easily guessed, and always the same', () => {
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
    'stands for digits that are easily guessed: %s',
    (reason) => {
      for (const size of [6, 8]) {
        const [secret = ''] = filled([`{{${size} digits a, ${reason}}}`])
        expect([secret.length, weaknessOf(secret, msisdn)]).toEqual([size, reason])
      }
    },
  )

  it('stands for letters', () => {
    expect(filled(['{{7 characters}}'])[0]).toMatch(/^[a-z]{7}$/)
  })

  it('of PUK1 stands for the one of the record, and is made up where that names none', () => {
    expect(filled(['{{puk1}}'], { puk1: '12345678' })).toEqual(['12345678'])
    const made = fillIn(typing(['{{puk1}}', '{{8 digits}}'], {}), { weaknessOf })
    const [puk1, other] = typedIn(made)
    expect(puk1).toMatch(/^\d{8}$/)
    expect(made.handsets['subscriber']?.fixture?.puk1).toBe(puk1)
    expect(other).not.toBe(puk1)
  })

  it('of a record stands for the same in all that is typed', () => {
    const made = fillIn(typing(['{{6 digits}}', '{{password}}'], { password: '{{6 digits}}' }), {
      weaknessOf,
    })
    const [typed, password] = typedIn(made)
    expect(made.handsets['subscriber']?.fixture?.password).toBe(typed)
    expect(password).toBe(typed)
  })

  it('of a subscriber who is taken as registered is looked up, and is otherwise not usable', () => {
    const known = { [msisdn]: { puk1: '87654321' } }
    expect(typedIn(fillIn(typing(['{{puk1}}']), { known }))).toEqual(['87654321'])
    expect(() => fillIn(typing(['{{puk1}}']))).toThrow(WalkthroughError)
    expect(() => fillIn(typing(['{{password}}']), { known })).toThrow(
      '{{password}} of +375296418357 is not known: name it in the file of --secrets',
    )
  })

  it('of no password is not made up: nobody has set one', () => {
    expect(() => fillIn(typing(['{{password}}'], {}))).toThrow(WalkthroughError)
  })
})

describe('what stands for itself', () => {
  it('is left as it is, also where it looks like a placeholder of another kind', () => {
    const given = ['80291', '', '{{', '{{0 digits}}', '{{x}}', '{{puk1}} ']
    expect(filled(given)).toEqual(given)
  })
})

describe('the secrets of a walkthrough', () => {
  it('are all of its secrets that are no choice, the longest first', () => {
    const walkthrough = typing(['1', '80291', '802917', ' 80291 ', '80291'], { puk1: '12345678' })
    expect(secretsOf(walkthrough)).toEqual(['12345678', ' 80291 ', '802917', '80291'])
  })
})
