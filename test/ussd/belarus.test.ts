import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { createNumbering } from '../../src/ussd/numbering.ts'

const { parse } = createNumbering({ countries: ['BY'] })

const whyOf = (raw: string) => {
  const parsed = parse(raw)
  return parsed.kind === 'reject' ? parsed.why : parsed.e164
}
const mobile = { kind: 'msisdn', e164: '+375291234567', country: 'BY', rangeOperator: 'A1' }

describe('a number of Belarus', () => {
  it.each([
    '+375291234567',
    '375291234567',
    '00375291234567',
    '810375291234567',
    '80291234567',
    '0291234567',
    '291234567',
    '+375 (29) 123-45-67',
    '(+375 29) 123 45 67',
    '8 (029) 123-45-67',
    '8 029 123.45.67',
    '8 10 375 29 123 45 67',
    '00 375 29 123 45 67',
    '29/123/45/67',
    ' \u202a+375\u00a029\u2009123\u202f45\u201167\u202c\ufeff\n',
    '+375\t29\r\n1234567',
    '+375\u221229\u20101234567',
    'tel:+375-29-123-45-67',
    'TEL: 80291234567',
    '\u200etel:+375291234567',
    '+37529\u00ad123\u206045\u200c67\ufe0f',
    '\u2066+375\u3000291234567\u2069',
  ])('parses %j', (raw) => {
    expect(parse(raw)).toEqual(mobile)
  })

  it('derives the range operator from two or three digits', () => {
    const operators: Record<string, string> = {}
    for (let code = 0; code < 1000; code += 1) {
      const prefix = String(code).padStart(3, '0')
      const parsed = parse(`+375${prefix}123456`)
      if (parsed.kind === 'msisdn' && parsed.rangeOperator)
        operators[parsed.rangeOperator] = `${operators[parsed.rangeOperator] ?? ''} ${prefix}`
      else expect(parsed).toEqual({ kind: 'reject', why: 'not-mobile' })
    }
    expect(operators).toEqual({
      A1: ' 291 293 296 299 440 441 442 443 444 445 446 447 448 449',
      MTS: ' 292 295 297 298 330 331 332 333 334 335 336 337 338 339',
      life: ' 255 256 257 259',
      BelCel: ' 294',
    })
  })

  it('is a mobile number of libphonenumber, too', () => {
    for (let code = 0; code < 1000; code += 1) {
      const parsed = parse(`+375${String(code).padStart(3, '0')}123456`)
      if (parsed.kind !== 'msisdn') continue
      const known = parsePhoneNumberFromString(parsed.e164)
      expect([known?.isValid(), known?.getType(), known?.country]).toEqual([true, 'MOBILE', 'BY'])
    }
  })

  it('parses its own output', () => {
    const national = fc
      .tuple(fc.constantFrom('291', '295', '294', '33', '44', '259'), fc.integer({ min: 0, max: 9_999_999 }))
      .map(
        ([code, rest]) =>
          `${code}${String(rest)
            .padStart(7, '0')
            .slice(code.length - 2)}`,
      )
    const written = fc.constantFrom('+375', '375', '00375', '810375', '80', '0', '')
    fc.assert(
      fc.property(written, national, (before, digits) => {
        const parsed = parse(before + digits)
        expect(parsed).toMatchObject({ kind: 'msisdn', e164: `+375${digits}` })
        if (parsed.kind === 'msisdn') expect(parse(parsed.e164)).toEqual(parsed)
      }),
    )
  })
})

describe('an invalid number of Belarus', () => {
  it.each([
    ['', 'empty'],
    [' \t\u200b\ufeff', 'empty'],
    ['tel:', 'empty'],
    ['+', 'not-a-number'],
    ['()-', 'not-a-number'],
    ['++375291234567', 'not-a-number'],
    ['+375+291234567', 'not-a-number'],
    ['375291234567+', 'not-a-number'],
    ['+37529123456x', 'not-a-number'],
    ['+375291234567 x12', 'not-a-number'],
    ['+375291234567;ext=12', 'not-a-number'],
    ['+375291234567,1', 'not-a-number'],
    ['*100#', 'not-a-number'],
    ['+37529123456O', 'not-a-number'],
    ['"+375291234567"', 'not-a-number'],
    ['%2B375291234567', 'not-a-number'],
    ['29_123_45_67', 'not-a-number'],
    ['+\uff13\uff17\uff15291234567', 'not-a-number'],
    ['call +375291234567', 'not-a-number'],
    ['+37529123456', 'length'],
    ['+3752912345678', 'length'],
    ['37529123456', 'length'],
    ['0037529123456', 'length'],
    ['81037529123456', 'length'],
    ['8029123456', 'length'],
    ['2912345678', 'length'],
    ['8291234567', 'length'],
    ['1234567', 'length'],
    ['112', 'length'],
    ['+375 (0) 29 123-45-67', 'length'],
    ['+79161234567', 'foreign'],
    ['79161234567', 'foreign'],
    ['+380501234567', 'foreign'],
    ['0079161234567', 'foreign'],
    ['81079161234567', 'foreign'],
    ['+80291234567', 'foreign'],
    ['+375171234567', 'not-mobile'],
    ['+375162123456', 'not-mobile'],
    ['+375290123456', 'not-mobile'],
    ['+375251234567', 'not-mobile'],
    ['+375249123456', 'not-mobile'],
    ['000000000', 'not-mobile'],
  ])('rejects %j: %s', (raw, why) => {
    expect(whyOf(raw)).toBe(why)
  })

  it('returns only +375 and nine digits for any input', () => {
    const typed = fc.string({ unit: fc.constantFrom(...'+0123456789 -()ab*#'.split('')), maxLength: 20 })
    fc.assert(
      fc.property(fc.oneof(typed, fc.string({ unit: 'binary' })), (raw) => {
        const parsed = parse(raw)
        if (parsed.kind === 'msisdn') expect(parsed.e164).toMatch(/^\+375\d{9}$/)
      }),
    )
  })
})
