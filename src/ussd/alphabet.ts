/**
 * The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 6.2.1 and 6.2.1.1): text to septets and back.
 * A character is one septet (0x00-0x7F) or, from the extension table, two: ESC and a code.
 * It has no Cyrillic, and no character is replaced by a look-alike.
 */

const ESC = 0x1b

// Eight rows of sixteen septets. 0x1B is ESC, not a character; a NUL fills its place and is never read.
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
  [ESC]: ' ', // reserved for another table; a receiver shows a space
}

// One entry per UTF-16 unit up to €, the highest of the alphabet: septet count in the high octet, code in the low.
const codes = new Uint16Array('€'.charCodeAt(0) + 1)
for (let septet = 0; septet < 0x80; septet += 1)
  if (septet !== ESC) codes[defaultTable.charCodeAt(septet)] = 0x100 | septet
for (const [septet, character] of Object.entries(extensionTable))
  if (Number(septet) !== ESC) codes[character.charCodeAt(0)] = 0x200 | Number(septet)

const septetsOf = (unit: number): number => (codes[unit] ?? 0) >> 8

/** Counts the septets of a text, including ESC; `null` when a character is outside the alphabet. */
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
  /** The characters outside the alphabet, without repetition, in order; a surrogate pair is one character. */
  | { kind: 'unencodable'; characters: string[] }

/** Encodes a text as septets, one per element; an extension character takes two. */
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
 * Decodes septets as a phone does. ESC before an unknown extension code gives the default table's character, ESC ESC a
 * space, and ESC at the end nothing (3GPP TS 23.038 6.2.1.1).
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
