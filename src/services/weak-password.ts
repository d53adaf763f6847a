import { FIRST_YEAR, isCommon, KEY_LINES, reversed } from './common-passwords.ts'

/**
 * Why a password is easily guessed. That it equals PUK1 or the current password is not among the reasons, and must not be: a
 * warning about it would tell whoever holds the phone that a guess was right, as often as they like (decision 0008).
 */
export type Weakness = 'repeat' | 'sequence' | 'keypad' | 'date' | 'own-number' | 'common'

/** Whether a text has the form of a password, and if not, what is wrong with it. */
export type PasswordFormat = 'ok' | 'length' | 'not-digits'

/**
 * The form of a password (rule L2): 5 to 10 of the digits 0-9 and nothing else. Space around it does not count, so the
 * password is `text.trim()`. Digits of other scripts are `not-digits`; an empty entry is `length`.
 */
export function passwordFormat(text: string): PasswordFormat {
  const entry = text.trim()
  if (/[^0-9]/.test(entry)) return 'not-digits'
  return entry.length >= 5 && entry.length <= 10 ? 'ok' : 'length'
}

/**
 * The first reason why a password of the right form is easily guessed, if there is one; it is the blocklist of
 * NIST SP 800-63B 5.1.1.2. It only classifies: whether a weak password is accepted is a setting.
 * `msisdn` is the subscriber's, in E.164; `thisYear` is the calendar year, for dates.
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

/** A block of at most half the length, again and again, the last one perhaps cut: 55555, 112112, 12121, 1231231. */
export function isRepeat(digits: string): boolean {
  for (let period = 1; period <= digits.length / 2; period++) {
    if (digits.endsWith(digits.slice(0, digits.length - period))) return true
  }
  return false
}

/** The same step of +1, -1, +2 or -2 throughout, 0 coming after 9: 12345, 890123, 98765, 13579, 24680. */
export function isSequence(digits: string): boolean {
  const step = stepAt(digits, 1)
  if (![1, 2, 8, 9].includes(step)) return false
  for (let at = 2; at < digits.length; at++) if (stepAt(digits, at) !== step) return false
  return true
}

function stepAt(digits: string, at: number): number {
  return (digits.charCodeAt(at) - digits.charCodeAt(at - 1) + 10) % 10
}

/** The straight lines of the keys 123/456/789/·0·, each in both directions. */
const LINES = [...KEY_LINES, '2580', '580', '25800'].flatMap((line) => [line, reversed(line)])
/**
 * Rounds of the keys, long enough to hold ten digits from any of them: the rim, the corners, the cross, the middle
 * column.
 */
const ROUNDS = ['12369874', '1397', '2684', '2580'].flatMap((round) => {
  const turns = round.repeat(5)
  return [turns, reversed(turns)]
})

/**
 * A shape on the keys of a phone: straight lines one after another (147258369, 789456123, 159753), perhaps sharing a
 * corner (14789) and the last perhaps cut (14725), or a way round (23698, 139713, 258025).
 * A line there and back is not one of these (123321 is `common`).
 */
export function isKeypad(digits: string): boolean {
  return ROUNDS.some((round) => round.includes(digits)) || isChainOfLines(digits, 0, '')
}

function isChainOfLines(digits: string, from: number, before: string): boolean {
  const rest = digits.slice(from)
  return LINES.some((line) => {
    if (before && line === reversed(before)) return false
    // After one line, a single digit shows no direction: 123 and one more is no shape.
    if ((from >= 6 || (from > 0 && rest.length >= 2)) && line.startsWith(rest)) return true
    if (!rest.startsWith(line)) return false
    const end = from + line.length
    return end === digits.length || isChainOfLines(digits, end, line) || isChainOfLines(digits, end - 1, line)
  })
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Six digits as DDMMYY, YYMMDD or MMDDYY, or eight as DDMMYYYY, YYYYMMDD or MMDDYYYY, that are a day of the calendar
 * from 1930 to next year. Two digits of a year may be of either century, 1900 or 2000, that puts it in that range.
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

/**
 * A part of the subscriber's own number, forwards or backwards, or all that tells it from others: its last seven
 * digits.
 */
export function isOwnNumber(digits: string, msisdn: string): boolean {
  const own = msisdn.replace(/[^0-9]/g, '')
  return (
    own.includes(digits) ||
    reversed(own).includes(digits) ||
    (own.length >= 7 && digits.includes(own.slice(-7)))
  )
}
