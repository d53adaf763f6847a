/**
 * USSD messages on the air: a data coding scheme octet and a string of 1-160 octets
 * (`USSD-String ::= OCTET STRING (SIZE (1..160))`, 3GPP TS 29.002). A text that fits GSM 7-bit has up to 182 septets; any
 * other is UCS-2 with up to 80 UTF-16 units. USSD has no segmentation: a menu must page longer texts.
 */
import { countSeptets, septetsToText, textToSeptets } from './alphabet.ts'
import { parseDataCoding, type Alphabet } from './dcs.ts'
import { pack, septetsIn, unpackSms, unpackUssd, ussdOctets } from './packing.ts'

/** The length limit of a USSD string in octets. */
const maxOctets = 160
/** The length limit of a GSM 7-bit USSD string in septets. */
export const maxSeptets = septetsIn(maxOctets)

/** GSM 7-bit, language unspecified. */
const dcsGsm7 = 0x0f
const dcsUcs2 = 0x48

/** The size of a text on the air. */
export type Measure = {
  alphabet: 'gsm7' | 'ucs2'
  /** Data coding scheme octet: 0x0F or 0x48. */
  dcs: number
  /** Septets including ESC, or UTF-16 units. */
  units: number
  /** Octets sent, including padding and the second CR of 3GPP TS 23.038 6.1.2.3.1. */
  octets: number
  /** True for 160 octets or less. */
  fits: boolean
}

/**
 * Measures a text in one pass, without normalisation: a decomposed letter (и, U+0306) is sent as two units. Normalise texts
 * to NFC at their source.
 */
export function measure(text: string): Measure {
  const septets = countSeptets(text)
  if (septets === null) {
    const octets = text.length * 2
    return { alphabet: 'ucs2', dcs: dcsUcs2, units: text.length, octets, fits: octets <= maxOctets }
  }
  const octets = ussdOctets(septets, text.endsWith('\r'))
  return { alphabet: 'gsm7', dcs: dcsGsm7, units: septets, octets, fits: octets <= maxOctets }
}

/** Encodes a text of any length; `measure` tells if it fits one message. */
export function encodeMessage(text: string): { dcs: number; octets: Uint8Array } {
  const coded = textToSeptets(text)
  return coded.kind === 'septets'
    ? { dcs: dcsGsm7, octets: pack(coded.septets, 'ussd') }
    : { dcs: dcsUcs2, octets: textToUcs2(text) }
}

export type DecodedMessage =
  /** `language`: the two-letter prefix of a message with 0x10 or 0x11, removed from the text. */
  | { kind: 'text'; alphabet: 'gsm7' | 'ucs2'; text: string; language?: string }
  /** 8-bit data or compressed text, unchanged. */
  | { kind: 'bytes'; alphabet: Alphabet; bytes: Uint8Array }
  | { kind: 'malformed'; message: string }

/**
 * Decodes a received message. Treats a reserved data coding scheme as 0x0F, skips a user data header, and accepts any length.
 * @param dcs 0-255
 */
export function decodeMessage(dcs: number, octets: Uint8Array): DecodedMessage {
  const coding = parseDataCoding(dcs)
  const { alphabet } = coding
  if (alphabet === '8bit' || coding.compressed) return { kind: 'bytes', alphabet, bytes: octets }
  const headerOctets = coding.userDataHeader ? (octets[0] ?? 0) + 1 : 0
  if (headerOctets > Math.max(octets.length, 1))
    return { kind: 'malformed', message: 'the user data header is longer than the message' }
  if (alphabet === 'gsm7') {
    // The text begins at the next septet boundary after a header.
    const septets = unpackUssd(octets).subarray(Math.ceil((headerOctets * 8) / 7))
    const prefix = coding.languagePrefix ? languageIn(septets, 3) : null
    return prefix
      ? { kind: 'text', alphabet, text: septetsToText(septets.subarray(3)), language: prefix }
      : { kind: 'text', alphabet, text: septetsToText(septets) }
  }
  const prefix = coding.languagePrefix ? ucs2Language(octets) : { octets: headerOctets }
  const body = octets.subarray(prefix.octets)
  if (body.length % 2 !== 0) return { kind: 'malformed', message: 'UCS-2 text has an odd number of octets' }
  const text = ucs2ToText(body)
  return prefix.language === undefined
    ? { kind: 'text', alphabet, text }
    : { kind: 'text', alphabet, text, language: prefix.language }
}

const letters = /^[A-Za-z]{2}$/

/** Reads a two-letter language prefix. With three septets, the last is CR, or LF from some gateways. */
function languageIn(septets: Uint8Array, length: 2 | 3): string | null {
  if (septets.length < length) return null
  const language = septetsToText(septets.subarray(0, 2))
  const closed = length === 2 || septets[2] === 0x0d || septets[2] === 0x0a
  return closed && letters.test(language) ? language : null
}

/** Reads the prefix of 0x11: two octets, or three from gateways that pack the CR too. */
function ucs2Language(octets: Uint8Array): { octets: number; language?: string } {
  const length = octets.length % 2 === 0 ? 2 : 3
  if (octets.length < length) return { octets: 0 }
  const language = languageIn(unpackSms(octets, length), length)
  return language === null ? { octets: 0 } : { octets: length, language }
}

function textToUcs2(text: string): Uint8Array {
  const octets = new Uint8Array(text.length * 2)
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    octets[at * 2] = unit >> 8
    octets[at * 2 + 1] = unit & 0xff
  }
  return octets
}

function ucs2ToText(octets: Uint8Array): string {
  let text = ''
  for (let at = 0; at + 1 < octets.length; at += 2)
    text += String.fromCharCode(((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0))
  return text
}
