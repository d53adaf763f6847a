/**
 * The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 6.2.1 and 6.2.1.1): text to septets and back.
 * A character is one septet (0x00-0x7F) or, from the extension table, two: ESC and a code.
 * There is no Cyrillic here and nothing is ever replaced by a look-alike: a character is in the alphabet or it is not.
 */

const ESC = 0x1b

// Row by row, sixteen septets each. 0x1B is ESC and no character, so its place is taken by a NUL that is never looked up.
const defaultTable =
  '@£$¥èéùìòÇ\nØø\rÅå' +
  'Δ_ΦΓΛΩΠΨΣΘΞ\0ÆæßÉ' +
  ' !"#¤%&\'()*+,-./' +
  '0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNO' +
  'PQRSTUVWXYZÄÖÑÜ§' +
  '¿abcdefghijklmno' +
  'pqrstuvwxyzäöñüà'

const extensionTable: Record<number, string> = {
  0x0a: '\f',
  0x14: '^',
  0x28: '{',
  0x29: '}',
  0x2f: '\\',
  0x3c: '[',
  0x3d: '~',
  0x3e: ']',
  0x40: '|',
  0x65: '€',
  [ESC]: ' ', // kept for a table yet to come: a receiver shows a space
}

// One entry for each UTF-16 unit up to €, the highest of the alphabet: septets it takes in the high octet, code in the low.
const codes = new Uint16Array('€'.charCodeAt(0) + 1)
for (let septet = 0; septet < 0x80; septet += 1)
  if (septet !== ESC) codes[defaultTable.charCodeAt(septet)] = 0x100 | septet
for (const [septet, character] of Object.entries(extensionTable))
  if (Number(septet) !== ESC) codes[character.charCodeAt(0)] = 0x200 | Number(septet)

const septetsOf = (unit: number): number => (codes[unit] ?? 0) >> 8

/** Septets that a text takes, ESC counted; `null` when a character of it is outside the alphabet. */
export function countSeptets(text: string): number | null {
  let count = 0
  for (let at = 0; at < text.length; at += 1) {
    const septets = septetsOf(text.charCodeAt(at))
    if (septets === 0) return null
    count += septets
  }
  return count
}

export type Septets =
  | { kind: 'septets'; septets: Uint8Array }
  /** Each character that has no code, once, in the order met; a surrogate pair is one character. */
  | { kind: 'unencodable'; characters: string[] }

/** A text as septets, one an element, extension characters as two; or the characters that stand in the way. */
export function textToSeptets(text: string): Septets {
  const count = countSeptets(text)
  if (count === null) {
    const outside = Array.from(text).filter((character) => septetsOf(character.codePointAt(0) ?? 0) === 0)
    return { kind: 'unencodable', characters: [...new Set(outside)] }
  }
  const septets = new Uint8Array(count)
  let to = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = codes[text.charCodeAt(at)] ?? 0
    if (code >> 8 === 2) septets[to++] = ESC
    septets[to++] = code & 0x7f
  }
  return { kind: 'septets', septets }
}

/**
 * Septets as a phone shows them. ESC before a code that the extension table does not have shows the default table's
 * character of that code, ESC ESC one space, ESC at the very end nothing (3GPP TS 23.038 6.2.1.1).
 */
export function septetsToText(septets: Uint8Array): string {
  let text = ''
  for (let at = 0; at < septets.length; at += 1) {
    const septet = septets[at] ?? 0
    if (septet !== ESC) text += defaultTable.charAt(septet)
    else if (++at < septets.length) {
      const escaped = septets[at] ?? 0
      text += extensionTable[escaped] ?? defaultTable.charAt(escaped)
    }
  }
  return text
}
