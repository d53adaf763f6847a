import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { getCountries, getCountryCallingCode, getExampleNumber } from 'libphonenumber-js/mobile'
import examples from 'libphonenumber-js/mobile/examples'
import { createNumbering, digitsOf, maskMsisdn, ofAnyCountry } from '../../src/ussd/numbering.ts'
import type { Country, NumberingOptions } from '../../src/ussd/numbering.ts'

const resultOf = (raw: string, numbering: NumberingOptions) => {
  const parsed = createNumbering(numbering).parse(raw)
  return parsed.kind === 'reject' ? parsed.why : `${parsed.e164} ${parsed.country}`
}
const only = (country: Country): NumberingOptions => ({ countries: [country] })
const anywhere: NumberingOptions = { countries: 'any' }

/** A mobile number of each country. */
const mobiles = getCountries().flatMap((country) => {
  const example = getExampleNumber(country, examples)
  // Some islands route all numbers over the Internet, and libphonenumber calls them so.
  return example?.getType()?.includes('MOBILE') ? [{ country, e164: example.number as string }] : []
})

describe('a number of the only country', () => {
  it.each<[Country, string, string]>([
    ['KE', '+254712345678', '+254712345678 KE'],
    ['KE', '254712345678', '+254712345678 KE'],
    ['KE', '00254 712 345 678', '+254712345678 KE'],
    ['KE', '0712345678', '+254712345678 KE'],
    ['KE', '712345678', '+254712345678 KE'],
    ['KE', '0110 123 456', '+254110123456 KE'],
    ['KE', 'tel:0712-345-678', '+254712345678 KE'],
    ['GH', '0241234567', '+233241234567 GH'],
    ['GH', '233241234567', '+233241234567 GH'],
    ['CI', '0712345678', '+2250712345678 CI'],
    ['CI', '+225 07 12 34 56 78', '+2250712345678 CI'],
    ['GB', '07912 345678', '+447912345678 GB'],
    ['GB', '447912345678', '+447912345678 GB'],
    ['AT', '+43 664 1234567', '+436641234567 AT'],
    ['AT', '0664 12345678', '+4366412345678 AT'],
    ['DE', '0151 12345678', '+4915112345678 DE'],
    ['DE', '+49 171 1234567', '+491711234567 DE'],
    ['DE', '0171 1234567', '+491711234567 DE'],
    ['US', '(202) 555-0123', '+12025550123 US'],
    ['US', '1-415-555-2671', '+14155552671 US'],
  ])('%s: %j is %s', (country, raw, expected) => {
    expect(resultOf(raw, only(country))).toBe(expected)
  })

  it.each<[Country, string, string]>([
    ['KE', '', 'empty'],
    ['KE', '0712 CALL', 'not-a-number'],
    ['KE', '+254712345', 'length'],
    ['KE', '+25471234567890', 'length'],
    ['KE', '07123', 'length'],
    ['KE', '+254202012345', 'not-mobile'],
    ['KE', '254202012345', 'not-mobile'],
    ['KE', '020 2012345', 'not-mobile'],
    ['KE', '+233241234567', 'foreign'],
    ['KE', '233241234567', 'foreign'],
    ['KE', '00233241234567', 'foreign'],
    ['KE', '442079460000', 'foreign'],
    ['KE', '+99912345678', 'foreign'],
    ['KE', '+4412', 'length'],
    ['CI', '+22507123456', 'length'],
    // Numbers of the Isle of Man share the country code of the United Kingdom, Canadian ones that of the United States.
    ['GB', '+447624123456', 'foreign'],
    ['US', '+16045550123', 'foreign'],
  ])('%s: %j is rejected: %s', (country, raw, why) => {
    expect(resultOf(raw, only(country))).toBe(why)
  })
})

describe('several countries', () => {
  const numbering: NumberingOptions = { countries: ['KE', 'UG'], default: 'KE' }

  it('share the numbers without a country code of the default', () => {
    expect(resultOf('0712345678', numbering)).toBe('+254712345678 KE')
    expect(resultOf('+256712345678', numbering)).toBe('+256712345678 UG')
    expect(resultOf('256712345678', numbering)).toBe('+256712345678 UG')
    expect(resultOf('+255712345678', numbering)).toBe('foreign')
  })

  it('without a default have no numbers without a country code', () => {
    expect(resultOf('0712345678', { countries: ['KE', 'UG'] })).toBe('length')
  })

  it('leave numbers without a country code to a default that is not among them', () => {
    expect(resultOf('0712345678', { countries: ['UG'], default: 'KE' })).toBe('foreign')
  })
})

describe('any country', () => {
  it('has the mobile numbers of every country, written with and without +', () => {
    const { parse } = createNumbering(anywhere)
    for (const { e164, country } of mobiles) {
      for (const written of [e164, e164.slice(1), `00${e164.slice(1)}`]) {
        // Some countries share their ranges, such as Finland and Åland.
        const parsed = parse(written)
        const callingCode = parsed.kind === 'msisdn' && getCountryCallingCode(parsed.country)
        expect([written, parsed, callingCode]).toEqual([
          written,
          expect.objectContaining({ e164 }),
          getCountryCallingCode(country),
        ])
      }
    }
    expect(mobiles.length).toBeGreaterThan(220)
  })

  it('has no land lines and no free numbers', () => {
    expect(resultOf('+375171234567', anywhere)).toBe('not-mobile')
    expect(resultOf('+80012345678', anywhere)).toBe('not-mobile')
    expect(resultOf('+99912345678', anywhere)).toBe('length')
  })

  it('keeps the strict profile of Belarus', () => {
    expect(createNumbering(anywhere).parse('+375291234567')).toEqual({
      kind: 'msisdn',
      e164: '+375291234567',
      country: 'BY',
      rangeOperator: 'A1',
    })
    expect(resultOf('+3750291234567', anywhere)).toBe('length')
    expect(resultOf('8 029 123-45-67', { countries: 'any', default: 'BY' })).toBe('+375291234567 BY')
    expect(resultOf('8 10 254 712345678', { countries: 'any', default: 'BY' })).toBe('+254712345678 KE')
    expect(resultOf('011 375 17 1234567', { countries: 'any', default: 'US' })).toBe('not-mobile')
  })

  it('is the numbering of a phone that calls another application', () => {
    const { parse, default: home } = ofAnyCountry(createNumbering(only('KE')))
    expect(home).toBe('KE')
    expect(parse('0712345678')).toMatchObject({ e164: '+254712345678' })
    expect(parse('+233241234567')).toMatchObject({ country: 'GH' })
  })
})

describe('digits with two readings', () => {
  // A German mobile number without its 0, and a number of Arizona.
  const digits = '16023456789'

  it('have a country code', () => {
    expect(resultOf(digits, { countries: 'any', default: 'DE' })).toBe('+16023456789 US')
  })

  it('are foreign where only the other reading is served', () => {
    expect(resultOf(digits, only('DE'))).toBe('foreign')
    expect(resultOf(`0${digits}`, only('DE'))).toBe('+4916023456789 DE')
  })
})

const invisible = fc.constantFrom(
  ...Array.from(
    '\u00ad\u034f\u061c\u115f\u180e\u200b\u200d\u200e\u202a\u202c\u2060\u2066\u2069\u3164\ufe0f\ufeff\u{e0001}\u{e0100} \t\n\u0085\u00a0\u1680\u2003\u2028\u202f\u205f\u3000',
  ),
)

describe('the parser', () => {
  it('ignores invisible characters anywhere, whatever Unicode calls them', () => {
    const { parse } = createNumbering(only('KE'))
    const at = fc.integer({ min: 0, max: 13 })
    fc.assert(
      fc.property(fc.array(fc.tuple(at, invisible), { maxLength: 8 }), (added) => {
        const characters = '+254712345678'.split('')
        for (const [position, character] of added) characters.splice(position, 0, character)
        expect(parse(characters.join(''))).toMatchObject({ e164: '+254712345678' })
      }),
    )
  })

  it('parses its own output to itself, in every numbering that accepts it', () => {
    const written = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'+0123456789'.split('')) }),
      fc
        .tuple(fc.constantFrom(...mobiles), fc.nat({ max: 9999 }), fc.constantFrom('+', '00', ''))
        .map(([{ e164 }, tail, before]) => before + e164.slice(1, -4) + String(tail).padStart(4, '0')),
    )
    const home = fc.constantFrom<Country>('KE', 'US', 'DE', 'BY', 'IT', 'CI')
    fc.assert(
      fc.property(written, home, fc.boolean(), (raw, country, isAny) => {
        const numbering: NumberingOptions = { countries: isAny ? 'any' : [country], default: country }
        const { parse } = createNumbering(numbering)
        const parsed = parse(raw)
        if (parsed.kind === 'reject') return
        expect(parsed.e164).toMatch(/^\+[1-9]\d{6,14}$/)
        expect(parsed.e164.slice(1).startsWith(getCountryCallingCode(parsed.country))).toBe(true)
        expect(isAny || parsed.country === country).toBe(true)
        expect(parse(parsed.e164)).toEqual(parsed)
        expect(createNumbering(anywhere).parse(parsed.e164)).toEqual(parsed)
      }),
      { numRuns: 500 },
    )
  })

  it('says which numbers it needs', () => {
    const requirementOf = (options: NumberingOptions) => createNumbering(options).requirement
    expect(requirementOf(only('BY'))).toBe('must be a mobile number of Belarus')
    expect(requirementOf({ countries: ['KE', 'UG', 'TZ'] })).toBe(
      'must be a mobile number of Kenya, Uganda, or Tanzania',
    )
    expect(requirementOf({ countries: ['KE', 'UG', 'TZ', 'RW', 'BI'] })).toBe(
      'must be a mobile number of KE, UG, TZ, RW, or BI',
    )
    expect(requirementOf(anywhere)).toBe('must be a mobile number, with its country code')
  })
})

describe('digitsOf', () => {
  it('returns the digits of a number as written, and nothing for other text', () => {
    expect(digitsOf(' +254 (712) 345\u2011678 ')).toBe('+254712345678')
    expect(digitsOf('0712 345 678')).toBe('0712345678')
    for (const other of ['', '+', 'my phone', '+254+712', '*141#', '0712x'])
      expect(digitsOf(other)).toBe(undefined)
  })
})

describe('maskMsisdn', () => {
  it('shows country, operator code and the last two digits of a number of Belarus', () => {
    expect(maskMsisdn('+375291234567')).toBe('+37529•••••67')
  })

  it('shows the country code and the last two digits of other numbers, whatever their length', () => {
    for (const { country, e164 } of mobiles) {
      if (country === 'BY') continue
      const shown = `+${getCountryCallingCode(country)}`
      expect(maskMsisdn(e164)).toBe(`${shown}•••••${e164.slice(-2)}`)
    }
  })

  it('masks any other text completely', () => {
    for (const other of ['375291234567', '12345678', '', '+3752912345678', '+375291234567\n', '+0123456789'])
      expect(maskMsisdn(other)).toBe('•••••')
  })
})
