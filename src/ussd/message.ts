/**
 * A USSD message as it goes over the air: a data coding scheme octet and 1-160 octets of string
 * (`USSD-String ::= OCTET STRING (SIZE (1..160))`, 3GPP TS 29.002). GSM 7-bit where the text allows it: 182 septets;
 * else UCS-2: 80 UTF-16 units. USSD does not segment: what is longer must be paged by the menu.
 */
import { countSeptets, septetsToText, textToSeptets } from './alphabet.ts'
import { parseDataCoding, type Alphabet } from './dcs.ts'
import { pack, septetsIn, unpackSms, unpackUssd, ussdOctets } from './packing.ts'

/** Octets in the longest USSD string. */
const maxOctets = 160
/** Septets in the longest GSM 7-bit USSD string. */
export const maxSeptets = septetsIn(maxOctets)

/** GSM 7-bit, language unspecified. */
const dcsGsm7 = 0x0f
const dcsUcs2 = 0x48

/** What a text takes on the air. */
export type Measure = {
  alphabet: 'gsm7' | 'ucs2'
  /** Data coding scheme octet: 15 or 72. */
  dcs: number
  /** Septets, ESC counted; or UTF-16 units. */
  units: number
  /** Octets sent, padding and the second CR of 3GPP TS 23.038 6.1.2.3.1 counted. */
  octets: number
  /** At most 160 octets. */
  fits: boolean
}

/**
 * What a text takes on the air, in one pass over it. The text is measured as it stands: a decomposed letter (и, U+0306)
 * is two units, for that is what is sent. Normalise to NFC where texts are made.
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

/** A text as it is sent, however long: whether one message takes it, `measure` tells. */
export function encodeMessage(text: string): { dcs: number; octets: Uint8Array } {
  const coded = textToSeptets(text)
  return coded.kind === 'septets'
    ? { dcs: dcsGsm7, octets: pack(coded.septets, 'ussd') }
    : { dcs: dcsUcs2, octets: textToUcs2(text) }
}

export type DecodedMessage =
  /** `language`: the two letters that a message of 0x10 or 0x11 begins with; they are not in the text. */
  | { kind: 'text'; alphabet: 'gsm7' | 'ucs2'; text: string; language?: string }
  /** 8-bit data, or compressed text, which is handed on as it came. */
  | { kind: 'bytes'; alphabet: Alphabet; bytes: Uint8Array }
  /** `why`: a sentence. */
  | { kind: 'malformed'; why: string }

/**
 * What was received. A reserved data coding scheme reads as 0x0F; a user data header is passed over; length is not held
 * against the limit.
 * @param dcs 0-255
 */
export function decodeMessage(dcs: number, octets: Uint8Array): DecodedMessage {
  const coding = parseDataCoding(dcs)
  const { alphabet } = coding
  if (alphabet === '8bit' || coding.compressed) return { kind: 'bytes', alphabet, bytes: octets }
  const headerOctets = coding.userDataHeader ? (octets[0] ?? 0) + 1 : 0
  if (headerOctets > Math.max(octets.length, 1))
    return { kind: 'malformed', why: 'the user data header is longer than the message' }
  if (alphabet === 'gsm7') {
    // After a header, text begins at the next septet boundary.
    const septets = unpackUssd(octets).subarray(Math.ceil((headerOctets * 8) / 7))
    const prefix = coding.languagePrefix ? languageIn(septets, 3) : null
    return prefix
      ? { kind: 'text', alphabet, text: septetsToText(septets.subarray(3)), language: prefix }
      : { kind: 'text', alphabet, text: septetsToText(septets) }
  }
  const prefix = coding.languagePrefix ? ucs2Language(octets) : { octets: headerOctets }
  const body = octets.subarray(prefix.octets)
  if (body.length % 2 !== 0) return { kind: 'malformed', why: 'UCS-2 text takes two octets a unit' }
  const text = ucs2ToText(body)
  return prefix.language === undefined
    ? { kind: 'text', alphabet, text }
    : { kind: 'text', alphabet, text, language: prefix.language }
}

const letters = /^[A-Za-z]{2}$/

/** The two letters that septets begin with; of three, the last is CR, or the LF that some gateways write for it. */
function languageIn(septets: Uint8Array, length: 2 | 3): string | null {
  if (septets.length < length) return null
  const language = septetsToText(septets.subarray(0, 2))
  const closed = length === 2 || septets[2] === 0x0d || septets[2] === 0x0a
  return closed && letters.test(language) ? language : null
}

/** The prefix of 0x11: two letters in two octets; or, from gateways that pack the CR too, three septets in three octets. */
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
