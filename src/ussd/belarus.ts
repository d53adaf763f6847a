/**
 * The mobile numbers of Belarus (country code 375). The profile is stricter than the metadata of libphonenumber: it takes no
 * trunk prefix after the country code and no unassigned range of an operator.
 */

/**
 * The original operator of the number range. Numbers have been portable since 2012, so use it for display and tests, never
 * for authorisation.
 */
export type RangeOperator = 'A1' | 'MTS' | 'life' | 'BelCel'

/** The nine digits after an optional trunk prefix 80 or 0. */
const national = /^(?:80|0|)(\d{9})$/

/** Returns the digits after `375`; undefined if they are not nine. */
export const belarusianDigits = (international: string): string | undefined =>
  /^375(\d{9})$/.exec(international)?.[1]

/** Returns the nine digits of a number without a country code; undefined for another form. */
export const belarusianNational = (digits: string): string | undefined => national.exec(digits)?.[1]

/** Returns the operator of the nine digits; undefined for a number that is not mobile. */
export function rangeOperatorOf(digits: string): RangeOperator | undefined {
  switch (digits.slice(0, 2)) {
    case '25':
      return /[5679]/.test(digits.charAt(2)) ? 'life' : undefined
    case '29':
      if (/[1369]/.test(digits.charAt(2))) return 'A1'
      if (/[2578]/.test(digits.charAt(2))) return 'MTS'
      return digits.charAt(2) === '4' ? 'BelCel' : undefined
    case '33':
      return 'MTS'
    case '44':
      return 'A1'
    default:
      return undefined
  }
}
