/** Numbers for phones that were given none, and for documents. */
import { getExampleNumber } from 'libphonenumber-js/mobile'
import examples from 'libphonenumber-js/mobile/examples'
import type { Country, Numbering } from './numbering.ts'

/** A demo subscriber. */
export const DEMO_MSISDN = '+375291234567'

/** Returns a mobile number of the numbering: a demo subscriber, or an example of the home country. E.164 with `+`. */
export function exampleNumber({ countries, default: home, parse }: Numbering): string {
  const candidates: readonly Country[] = [home ?? 'BY', ...(countries === 'any' ? [] : countries)]
  const numbers = candidates.map((country) =>
    country === 'BY' ? DEMO_MSISDN : getExampleNumber(country, examples)?.number,
  )
  return numbers.find((number) => number !== undefined && parse(number).kind === 'msisdn') ?? DEMO_MSISDN
}

/** Returns a function that gives a new number of the numbering with every call. */
export function createNumbers(numbering: Numbering): () => string {
  const example = exampleNumber(numbering)
  const width = Math.min(6, example.length - 5)
  let next = 0
  return () => {
    for (; next < 10 ** width;) {
      const number = `${example.slice(0, -width)}${String(next++).padStart(width, '0')}`
      if (numbering.parse(number).kind === 'msisdn') return number
    }
    throw new Error(`there are no more numbers like ${example}`)
  }
}
