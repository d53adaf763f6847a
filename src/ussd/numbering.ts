/**
 * Parses the mobile numbers of a project's countries into E.164. It is strict, because a number identifies who may set a
 * password: it does not search text or read keypad words, and it never chooses between two subscribers.
 */
import {
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/mobile'
import type { CountryCode, PhoneNumber } from 'libphonenumber-js/mobile'
import { belarusianDigits, belarusianNational, rangeOperatorOf } from './belarus.ts'
import type { RangeOperator } from './belarus.ts'
import { dropInvisible } from './invisible.ts'
import { remember } from './recent.ts'

/** An ISO 3166 country code. */
export type Country = CountryCode

export interface NumberingOptions {
  /** The countries whose mobile numbers are accepted. */
  readonly countries: readonly Country[] | 'any'
  /**
   * The country of numbers without a country code. A single country is its own default. If absent, such numbers are
   * rejected.
   */
  readonly default?: Country | undefined
}

export type ParsedNumber =
  /** `e164`: `+` and 7 to 15 digits. `rangeOperator` is set for Belarus only. */
  | {
      readonly kind: 'msisdn'
      readonly e164: string
      readonly country: Country
      readonly rangeOperator?: RangeOperator
    }
  | Rejected

/** `foreign`: of another country. `not-mobile`: the length is possible, but no mobile range has this number. */
export interface Rejected {
  readonly kind: 'reject'
  readonly why: 'empty' | 'not-a-number' | 'length' | 'foreign' | 'not-mobile'
}

/** The numbers that a project serves. */
export interface Numbering extends NumberingOptions {
  /** The end of the sentence "The number …": `must be a mobile number of Kenya`. */
  readonly requirement: string
  /** Parses a number from a user or an aggregator, in any written form. */
  readonly parse: (raw: string) => ParsedNumber
}

const MAX_CACHED_LENGTH = 32
/** Longer digits have a country code, also where no `+` says so. */
const MAX_NATIONAL_DIGITS = 10

/** Creates the parser of a numbering. It remembers the numbers of the last sessions. */
export function createNumbering({ countries, default: given }: NumberingOptions): Numbering {
  const home = given ?? (countries !== 'any' && countries.length === 1 ? countries[0] : undefined)
  const options = { countries, default: home }
  const parse = (raw: string) => parseNumber(raw, options)
  const parseRecent = remember(5000, parse)
  return {
    ...options,
    requirement: `must be a mobile number${describe(countries)}`,
    parse: (raw) => (raw.length <= MAX_CACHED_LENGTH ? parseRecent(raw) : parse(raw)),
  }
}

/** Returns the numbering of phones that call a foreign application: any country, and the same default. */
export const ofAnyCountry = ({ default: home }: NumberingOptions): Numbering =>
  createNumbering({ countries: 'any', default: home })

export const isCountry = (code: string): code is Country => isSupportedCountry(code)

const separators = /[-\u2010-\u2014\u2212.()/]/g
const usual = /^\+?\d+$/

const withoutLabel = (raw: string): string => dropInvisible(raw).replace(/^tel:/i, '')

/** Removes `tel:`, separators and invisible characters. Any other character stays. */
const compact = (raw: string): string => (usual.test(raw) ? raw : withoutLabel(raw).replace(separators, ''))

/** Returns the digits of a number in any written form, with `+` if it has one; undefined for anything else. */
export function digitsOf(raw: string): string | undefined {
  const text = compact(raw)
  return usual.test(text) ? text : undefined
}

/** A mobile number, or the country code of other digits, if there is one. */
type Reading =
  | Extract<ParsedNumber, { kind: 'msisdn' }>
  | { readonly kind: 'other'; readonly callingCode: string | undefined; readonly isPossible: boolean }

function parseNumber(raw: string, options: NumberingOptions): ParsedNumber {
  const text = compact(raw)
  if (!usual.test(text)) return { kind: 'reject', why: withoutLabel(raw) === '' ? 'empty' : 'not-a-number' }
  const readings = readingsOf(text, options.default)
  // Aggregators write country codes without `+`. So the first reading decides, also where only a later one is served: a
  // number that could be two subscribers must not become the one that happens to be served.
  const found = readings.find((reading) => reading.kind === 'msisdn')
  if (found === undefined) return { kind: 'reject', why: reasonOf(text, readings, options) }
  const { countries } = options
  const isServed = countries === 'any' || countries.includes(found.country)
  return isServed ? found : { kind: 'reject', why: 'foreign' }
}

/** The digits after an international prefix. `8~10` is that of Belarus; libphonenumber knows those of other countries. */
function internationalDigits(text: string, home: Country | undefined): string | undefined {
  return (home === 'BY' ? /^(?:\+|00|810)(\d+)$/ : /^(?:\+|00)(\d+)$/).exec(text)?.[1]
}

/** Returns the readings of the digits: with an international prefix, with the country code alone, within the home country. */
function readingsOf(text: string, home: Country | undefined): readonly Reading[] {
  const digits = internationalDigits(text, home)
  return [
    ...(digits === undefined ? [] : [readInternational(digits)]),
    ...(text.startsWith('+') ? [] : [readInternational(text)]),
    ...(text.startsWith('+') || home === undefined ? [] : [readNational(text, home)]),
  ]
}

function readInternational(digits: string): Reading {
  if (digits.startsWith('375')) return belarusian(belarusianDigits(digits))
  return readingOf(parsePhoneNumberFromString(`+${digits}`, { extract: false }))
}

function readNational(digits: string, home: Country): Reading {
  if (home === 'BY') return belarusian(belarusianNational(digits))
  const parsed = parsePhoneNumberFromString(digits, { defaultCountry: home, extract: false })
  return parsed
    ? readingOf(parsed)
    : { kind: 'other', callingCode: getCountryCallingCode(home), isPossible: false }
}

function belarusian(digits: string | undefined): Reading {
  const rangeOperator = digits && rangeOperatorOf(digits)
  return rangeOperator
    ? { kind: 'msisdn', e164: `+375${digits}`, country: 'BY', rangeOperator }
    : { kind: 'other', callingCode: '375', isPossible: digits !== undefined }
}

function readingOf(parsed: PhoneNumber | undefined): Reading {
  if (parsed === undefined) return { kind: 'other', callingCode: undefined, isPossible: false }
  const { country, number: e164, countryCallingCode: callingCode } = parsed
  if (callingCode === '375') return belarusian(belarusianDigits(e164.slice(1)))
  const type = parsed.isValid() ? parsed.getType() : undefined
  return country !== undefined && (type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE')
    ? { kind: 'msisdn', e164, country }
    : { kind: 'other', callingCode, isPossible: parsed.isPossible() }
}

/** Returns the reason why no reading of the digits is a mobile number. */
function reasonOf(
  text: string,
  readings: readonly Reading[],
  { countries, default: home }: NumberingOptions,
): Rejected['why'] {
  const others = readings.flatMap((reading) => (reading.kind === 'other' ? [reading] : []))
  const [first] = others
  const digits = internationalDigits(text, home)
  const hasPrefix = digits !== undefined && first?.callingCode !== undefined
  const hasCountryCode = hasPrefix || (first?.isPossible && text.length > MAX_NATIONAL_DIGITS)
  const { callingCode, isPossible = false } = (hasCountryCode ? first : others.at(-1)) ?? {}
  const isPlausible = /^\+?\d{7,15}$/.test(digits ?? text)
  if (callingCode === undefined) {
    return countries !== 'any' && text.startsWith('+') && isPlausible ? 'foreign' : 'length'
  }
  const isHome = countries === 'any' || countries.some((each) => getCountryCallingCode(each) === callingCode)
  if (isHome) return isPossible ? 'not-mobile' : 'length'
  return isPlausible ? 'foreign' : 'length'
}

/** Names the countries in English; codes if they are many. */
function describe(countries: NumberingOptions['countries']): string {
  if (countries === 'any') return ', with its country code'
  const names = new Intl.DisplayNames('en', { type: 'region' })
  const nameOf = (country: Country) => (countries.length > 4 ? country : (names.of(country) ?? country))
  return ` of ${new Intl.ListFormat('en', { type: 'disjunction' }).format(countries.map(nameOf))}`
}

/** A country code (ITU-T E.164), hidden digits, and the last two. */
const maskable = /^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9]\d\d)\d{2,12}(\d\d)$/
const belarusianMaskable = /^\+(375\d\d)\d{5}(\d\d)$/

/**
 * Masks a number for logs: country code, operator code where it is known, and the last two digits, `+37529•••••67`. Masks any
 * other text completely.
 */
export function maskMsisdn(e164: string): string {
  const [, shown, last] = (e164.startsWith('+375') ? belarusianMaskable : maskable).exec(e164) ?? []
  return shown === undefined ? '•••••' : `+${shown}•••••${last}`
}
