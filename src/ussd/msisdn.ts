/**
 * Parses mobile numbers of Belarus (country code 375), in every form that operators publish, into E.164. It is strict,
 * because a number identifies who may set a password: it does not guess, search text or read keypad words.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/mobile'
import { remember } from './recent.ts'

/**
 * The original operator of the number range. Numbers have been portable since 2012, so use it for display and tests, never
 * for authorisation.
 */
type RangeOperator = 'A1' | 'MTS' | 'life' | 'BelCel'

export type Msisdn =
  /** `e164`: `+375` and nine digits. */
  | { kind: 'msisdn'; e164: string; rangeOperator: RangeOperator }
  | { kind: 'reject'; why: 'empty' | 'not-a-number' | 'length' | 'foreign' | 'not-mobile' }

const marks = /[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g
const separators = /[ \u00a0\u2009\u202f\t\r\n\-\u2010-\u2014\u2212.()/]/g
// International with or without `+`; after 00 or 8~10; with trunk prefix 80 or 0; or the nine digits alone.
const accepted = /^(?:\+?375|00375|810375|80|0|)(\d{9})$/

const MAX_CACHED_LENGTH = 32
const parseRecent = remember(5000, parse)

/** Parses a number from a user or an aggregator. Without a country code, the country is Belarus. */
export const parseMsisdn = (raw: string): Msisdn =>
  raw.length <= MAX_CACHED_LENGTH ? parseRecent(raw) : parse(raw)

function parse(raw: string): Msisdn {
  const text = raw.replace(marks, '').trim().replace(/^tel:/i, '')
  if (text.trim() === '') return { kind: 'reject', why: 'empty' }
  const compact = text.replace(separators, '')
  if (!/^\+?\d+$/.test(compact)) return { kind: 'reject', why: 'not-a-number' }
  const national = accepted.exec(compact)?.[1]
  if (national === undefined) return { kind: 'reject', why: formatReason(compact) }
  const e164 = `+375${national}`
  const rangeOperator = operatorOf(national)
  return rangeOperator && isMobile(e164)
    ? { kind: 'msisdn', e164, rangeOperator }
    : { kind: 'reject', why: 'not-mobile' }
}

/** Masks a number for logs: country, operator code and the last two digits, `+37529•••••67`. Masks any other text completely. */
export const maskMsisdn = (e164: string): string =>
  /^\+375\d{9}$/.test(e164) ? `${e164.slice(0, 6)}•••••${e164.slice(-2)}` : '•••••'

function formatReason(compact: string): 'length' | 'foreign' {
  if (compact.startsWith('+')) return compact.startsWith('+375') ? 'length' : 'foreign'
  const international = /^(?:00|810)(\d*)$/.exec(compact)?.[1]
  if (international !== undefined && compact.length > 11)
    return international.startsWith('375') ? 'length' : 'foreign'
  return compact.length > 10 && !/^(?:375|8?0)/.test(compact) ? 'foreign' : 'length'
}

function operatorOf(national: string): RangeOperator | null {
  switch (national.slice(0, 2)) {
    case '25':
      return /[5679]/.test(national.charAt(2)) ? 'life' : null
    case '29':
      if (/[1369]/.test(national.charAt(2))) return 'A1'
      if (/[2578]/.test(national.charAt(2))) return 'MTS'
      return national.charAt(2) === '4' ? 'BelCel' : null
    case '33':
      return 'MTS'
    case '44':
      return 'A1'
    default:
      return null
  }
}

function isMobile(e164: string): boolean {
  // Without `extract: false` it would search for a number inside other text.
  const parsed = parsePhoneNumberFromString(e164, { defaultCountry: 'BY', extract: false })
  return parsed?.isValid() === true && parsed.getType() === 'MOBILE' && parsed.country === 'BY'
}
