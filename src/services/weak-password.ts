import { FIRST_YEAR, isCommon, KEY_LINES, reversed } from './common-passwords.ts'

/** The handling of weak passwords: `warn` asks for confirmation, `reject` refuses them, `allow` accepts them. */
export type WeakPasswordPolicy = 'warn' | 'reject' | 'allow'

/**
 * The reason why a password is weak. Equality with PUK1 or the current password must not become a reason: the warning would
 * confirm a guess, without limit, to anyone who holds the phone (decision 0008).
 */
export type Weakness = 'repeat' | 'sequence' | 'keypad' | 'date' | 'own-number' | 'common'

/**
 * Returns the first reason why a well-formed password is weak; `undefined` for a strong one. This is the blocklist of NIST
 * SP 800-63B 5.1.1.2. It only classifies; a setting decides whether weak passwords are accepted.
 * `msisdn` is the subscriber's, E.164; `thisYear` is the calendar year.
 */
export function weakness(
  digits: string,
  { msisdn, thisYear }: { msisdn: string; thisYear: number },
): Weakness | undefined {
  if (isRepeat(digits)) return 'repeat'
  if (isSequence(digits)) return 'sequence'
  if (isKeypad(digits)) return 'keypad'
  if (isDate(digits, thisYear)) return 'date'
  if (isOwnNumber(digits, msisdn)) return 'own-number'
  if (isCommon(digits, thisYear)) return 'common'
  return undefined
}

/** Tests for a repeated block of at most half the length; the last one may be cut: 55555, 112112, 12121, 1231231. */
export function isRepeat(digits: string): boolean {
  for (let period = 1; period <= digits.length / 2; period++) {
    if (digits.endsWith(digits.slice(0, digits.length - period))) return true
  }
  return false
}

/** Tests for a constant step of +1, -1, +2 or -2; 0 follows 9: 12345, 890123, 98765, 13579, 24680. */
export function isSequence(digits: string): boolean {
  const step = stepAt(digits, 1)
  if (![1, 2, 8, 9].includes(step)) return false
  for (let at = 2; at < digits.length; at++) if (stepAt(digits, at) !== step) return false
  return true
}

function stepAt(digits: string, at: number): number {
  return (digits.charCodeAt(at) - digits.charCodeAt(at - 1) + 10) % 10
}

/** The straight lines on the keypad 123/456/789/·0·, in both directions. */
const LINES = [...KEY_LINES, '2580', '580', '25800'].flatMap((line) => [line, reversed(line)])
/** Loops on the keypad, repeated to contain any ten digits: the rim, the corners, the cross, the middle column. */
const LOOPS = ['12369874', '1397', '2684', '2580'].flatMap((loop) => {
  const repeated = loop.repeat(5)
  return [repeated, reversed(repeated)]
})

/**
 * Tests for a shape on the keypad: a chain of straight lines (147258369, 789456123, 159753) or a loop (23698, 139713, 258025).
 * Two lines may share a corner (14789), and the last may be cut (14725). A line there and back is not a shape (123321 is
 * `common`).
 */
export function isKeypad(digits: string): boolean {
  return LOOPS.some((loop) => loop.includes(digits)) || isChainOfLines(digits, 0, '')
}

function isChainOfLines(digits: string, from: number, before: string): boolean {
  const rest = digits.slice(from)
  return LINES.some((line) => {
    if (before && line === reversed(before)) return false
    // A single digit after one line has no direction: 1234 is not a shape.
    if ((from >= 6 || (from > 0 && rest.length >= 2)) && line.startsWith(rest)) return true
    if (!rest.startsWith(line)) return false
    const end = from + line.length
    return end === digits.length || isChainOfLines(digits, end, line) || isChainOfLines(digits, end - 1, line)
  })
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Tests for a calendar date from 1930 to next year: DDMMYY, YYMMDD, MMDDYY, DDMMYYYY, YYYYMMDD or MMDDYYYY. A two-digit year
 * may be of the 1900s or the 2000s.
 */
export function isDate(digits: string, thisYear: number): boolean {
  const yearLength = digits.length - 4
  if (yearLength !== 2 && yearLength !== 4) return false
  const n = (from: number, length: number) => Number(digits.slice(from, from + length))
  const isDay = (year: number, month: number, day: number) => {
    if (month < 1 || month > 12 || day < 1 || day > 31) return false
    const years = yearLength === 4 ? [year] : [1900 + year, 2000 + year]
    return years.some((y) => y >= FIRST_YEAR && y <= thisYear + 1 && day <= daysIn(y, month))
  }
  return (
    isDay(n(4, yearLength), n(2, 2), n(0, 2)) ||
    isDay(n(4, yearLength), n(0, 2), n(2, 2)) ||
    isDay(n(0, yearLength), n(yearLength, 2), n(yearLength + 2, 2))
  )
}

function daysIn(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return (DAYS[month - 1] ?? 0) + (leap ? 1 : 0)
}

/** Tests for a part of the subscriber's own number, in either direction, or a password that contains its last seven digits. */
export function isOwnNumber(digits: string, msisdn: string): boolean {
  const own = msisdn.replace(/[^0-9]/g, '')
  return (
    own.includes(digits) ||
    reversed(own).includes(digits) ||
    (own.length >= 7 && digits.includes(own.slice(-7)))
  )
}
