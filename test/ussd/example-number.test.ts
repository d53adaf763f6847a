import { describe, expect, it } from '@jest/globals'
import { createNumbers, exampleNumber } from '../../src/ussd/example-number.ts'
import { createNumbering } from '../../src/ussd/numbering.ts'

describe('exampleNumber', () => {
  it('is a demo subscriber in Belarus, and without a home country', () => {
    expect(exampleNumber(createNumbering({ countries: ['BY'] }))).toBe('+375291234567')
    expect(exampleNumber(createNumbering({ countries: 'any' }))).toBe('+375291234567')
  })

  it('is a number of the home country, or of one that is served', () => {
    expect(exampleNumber(createNumbering({ countries: ['KE'] }))).toMatch(/^\+254/)
    expect(exampleNumber(createNumbering({ countries: 'any', default: 'GH' }))).toMatch(/^\+233/)
    expect(exampleNumber(createNumbering({ countries: ['UG'], default: 'KE' }))).toMatch(/^\+256/)
  })
})

describe('createNumbers', () => {
  it('gives different numbers of the numbering', () => {
    for (const country of ['BY', 'KE', 'CI', 'US'] as const) {
      const numbering = createNumbering({ countries: [country] })
      const next = createNumbers(numbering)
      const numbers = Array.from({ length: 50 }, next)
      expect(new Set(numbers).size).toBe(50)
      for (const number of numbers) expect(numbering.parse(number)).toMatchObject({ e164: number, country })
    }
  })
})
