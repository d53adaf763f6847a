import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { passwordFormat } from '../../../menus/services/password.ts'

describe('passwordFormat', () => {
  it.each(['00000', '12345', '1234567890', ' 48213 ', '\t48213\n', '\u00a048213'])('accepts %j', (text) => {
    expect(passwordFormat(text)).toBe('ok')
  })

  it.each(['', ' ', '1', '1234', '12345678901', '1'.repeat(100_000)])(
    'reports the wrong length of %j',
    (text) => {
      expect(passwordFormat(text)).toBe('length')
    },
  )

  it.each([
    'abcde',
    '1234a',
    '12 345',
    '+12345',
    '-12345',
    '1234.5',
    '1e5',
    '0x1234',
    '*141*0#',
    '12345\u200b',
    '1234½',
  ])('reports characters other than digits in %j', (text) => {
    expect(passwordFormat(text)).toBe('not-digits')
  })

  it.each(['٤٨٢١٣', '४८२१३', '４８２１３', '𝟒𝟖𝟐𝟏𝟑', '4821３'])(
    'rejects digits of other scripts: %s',
    (text) => {
      expect(passwordFormat(text)).toBe('not-digits')
    },
  )

  it('accepts exactly five to ten ASCII digits', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9 ]{0,12}$/)), (text) => {
        expect(passwordFormat(text) === 'ok').toBe(/^[0-9]{5,10}$/.test(text.trim()))
      }),
    )
  })
})
