// Passwords people choose that are no repeat, sequence, shape or date: made by rule where a rule makes them, listed where
// only habit does. The rules follow what leaked lists of numeric passwords show (DataGenetics 2012; Wang et al. 2017).

/** The oldest year anyone is taken to have been born in. */
export const FIRST_YEAR = 1930

/** The lines of three on a phone's keys. */
export const KEY_LINES = ['123', '456', '789', '147', '258', '369', '159', '357']

const SHORTEST = 5
const LONGEST = 10
const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

/** Whose first 5, 6 … 10 digits are common. */
const BEGINNINGS = [
  // pi, e, the golden ratio, the roots of 2 and 3
  ['3141592653', '1415926535', '2718281828', '7182818284', '1618033988', '1414213562', '1732050807'],
  // Fibonacci, primes, squares, powers of two
  ['1123581321', '2357111317', '1491625364', '1248163264'],
  // two runs in turns, odd and even, digits pressed once, twice, three times
  ['1425364758', '1526374859', '1627384950', '1928374650', '1029384756', '0192837465', '1324354657'],
  ['1357924680', '1357986420', '2468013579', '2468097531', '1223334444', '1223344556', '1245780369'],
  ['1238904567', '1239874560', '1230987654'],
  // every other key, the keypad after 0, James Bond, "I love you for ever" in Chinese
  ['1346798520', '0147258369', '0070070070', '5201314520', '1314520131'],
].flat()

/**
 * Common as they are: words, jokes, numbers of computers, this operator's own codes (*141*0#, *141*3*6#) and
 * prefixes.
 */
const LISTED = [
  ['90210', '31337', '13370', '80085', '58008', '5318008', '55378008', '8675309', '69420', '42069', '66613'],
  ['100500', '13666', '52013', '20131', '20134', '5201314', '1314520', '31416', '3141593', '27183', '16384'],
  ['32768', '65536', '131072', '262144', '1048576', '299792458', '7894561230', '1472583690', '9638527410'],
  ['14100', '14101', '14110', '14103', '14136', '141000', '141036', '141360', '1410141', '14101411'],
  ['37525', '37529', '37533', '37544', '375000', '3752900', '3753300', '3754400', '37500'],
].flat()

const byLength = new Map<number, ReadonlySet<string>>()
for (let length = SHORTEST; length <= LONGEST; length++) byLength.set(length, new Set(generate(length)))

/** Whether a password of 5 to 10 digits is one that many people choose. One to two thousand of each length are. */
export function isCommon(digits: string, thisYear: number): boolean {
  return (byLength.get(digits.length)?.has(digits) ?? false) || isMadeOfYears(digits, thisYear)
}

export function reversed(text: string): string {
  return Array.from(text).reverse().join('')
}

function* generate(length: number): Generator<string> {
  for (const text of BEGINNINGS) yield text.slice(0, length)
  for (const text of LISTED) if (text.length === length) yield text
  for (const first of DIGITS) {
    // 11122, 100000, 000001
    for (const second of DIGITS) {
      for (let cut = 1; cut < length; cut++) yield run(first, 0, cut) + run(second, 0, length - cut)
    }
    for (const step of [1, -1, 2, -2]) {
      const whole = run(first, step, length)
      // 11223, 112233, 111222333
      for (let times = 2; times < length - 1; times++) yield stretched(whole, times).slice(0, length)
      yield mirrored(whole, length)
      // 10203, 0102030405, 100200300
      for (const zeros of length > 5 ? ['0', '00'] : ['0']) {
        yield Array.from(whole).join(zeros).slice(0, length)
        yield (zeros + Array.from(whole).join(zeros)).slice(0, length)
      }
    }
    for (const step of [1, -1]) {
      // 12340, 12346
      for (const last of DIGITS) yield run(first, step, length - 1) + last
      // 12312, 123412
      for (let period = 3; period < length; period++) {
        yield run(first, step, period).repeat(length).slice(0, length)
      }
    }
    // the counting of 2, 5, 25 …: 246810, 510152025
    for (const step of DIGITS) yield counting(first, step, 1).slice(0, length)
  }
  // 14741, 147741
  for (const line of [...KEY_LINES, '2580']) {
    if (line.length !== Math.ceil(length / 2)) continue
    yield mirrored(line, length)
    yield mirrored(reversed(line), length)
  }
  // 010203, 121314, 203040: in whole pairs, since 47484 is not seen as 47, 48, 4…
  for (let first = 0; first < 100 && length % 2 === 0; first++) {
    for (const step of [1, 10]) yield counting(first, step, 2).slice(0, length)
  }
  // 12300, 00123, 99321
  for (let cut = 3; cut < length; cut++) {
    for (const counted of [run(1, 1, cut), reversed(run(1, 1, cut))]) {
      for (const padding of DIGITS) {
        yield counted + run(padding, 0, length - cut)
        yield run(padding, 0, length - cut) + counted
      }
    }
  }
}

/** Digits of a constant step, 0 after 9. */
function run(first: number, step: number, length: number): string {
  let text = ''
  for (let at = 0; at < length; at++) text += (first + at * step + 100) % 10
  return text
}

function stretched(text: string, times: number): string {
  return Array.from(text)
    .map((digit) => digit.repeat(times))
    .join('')
}

/** 123 → 12321 or 123321. */
function mirrored(text: string, length: number): string {
  const half = text.slice(0, Math.ceil(length / 2))
  return half + reversed(half.slice(0, Math.floor(length / 2)))
}

/** Ten numbers of a constant step, each of two digits (`width` 2, 00 after 99) or as many as it has (`width` 1). */
function counting(first: number, step: number, width: 1 | 2): string {
  const numbers = DIGITS.map((n) => first + n * step)
  return numbers.map((n) => String(width === 2 ? n % 100 : n).padStart(width, '0')).join('')
}

/** Two years (19871990), or one with zeros, ones or a count before or after it: 19900, 001990, 1990123. */
function isMadeOfYears(digits: string, thisYear: number): boolean {
  const isYear = (text: string) => Number(text) >= FIRST_YEAR && Number(text) <= thisYear + 1
  const isFiller = (text: string) => /^(?:0+|1+)$/.test(text) || '123456'.startsWith(text)
  const [head, tail] = [digits.slice(0, 4), digits.slice(-4)]
  if (digits.length === 8 && isYear(head) && isYear(tail)) return true
  return (isYear(head) && isFiller(digits.slice(4))) || (isYear(tail) && isFiller(digits.slice(0, -4)))
}
