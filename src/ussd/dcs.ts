/**
 * The data coding scheme octet of USSD: the cell broadcast table of 3GPP TS 23.038 clause 5, not the SMS table of
 * clause 4 (0x48 is UCS-2 in both, 0x0F is GSM 7-bit here alone).
 */

export type Alphabet = 'gsm7' | 'ucs2' | '8bit'

/** A decoded data coding scheme octet. */
export type DataCoding = {
  alphabet: Alphabet
  /** True for a reserved value, which a receiver treats as 0x0F. */
  reserved: boolean
  messageClass: 0 | 1 | 2 | 3 | null
  /** Compressed as in 3GPP TS 23.042. */
  compressed: boolean
  /** The message begins with the two letters of ISO 639 (0x10, 0x11). */
  languagePrefix: boolean
  userDataHeader: boolean
  /** English name; `unspecified` for 0x0F; `null` for groups without a language and for reserved values. */
  language: string | null
}

const languages00 = [
  'German',
  'English',
  'Italian',
  'French',
  'Spanish',
  'Dutch',
  'Swedish',
  'Danish',
  'Portuguese',
  'Finnish',
  'Norwegian',
  'Greek',
  'Turkish',
  'Hungarian',
  'Polish',
  'unspecified',
]
// Russian (0x23) still means the default alphabet, so it suits transliterated text only.
const languages20 = ['Czech', 'Hebrew', 'Arabic', 'Russian', 'Icelandic']
const alphabets: readonly (Alphabet | undefined)[] = ['gsm7', '8bit', 'ucs2', undefined]

const plain: DataCoding = {
  alphabet: 'gsm7',
  reserved: false,
  messageClass: null,
  compressed: false,
  languagePrefix: false,
  userDataHeader: false,
  language: null,
}
const reserved: DataCoding = { ...plain, reserved: true }

const classOf = (octet: number) => (octet & 3) as 0 | 1 | 2 | 3

/** Decodes a data coding scheme octet. Only the low eight bits of `octet` are read. */
export function parseDataCoding(octet: number): DataCoding {
  const low = octet & 0x0f
  const alphabet = alphabets[(octet >> 2) & 3]
  const group = (octet >> 4) & 0x0f
  switch (group) {
    case 0x0:
      return { ...plain, language: languages00[low] ?? null }
    case 0x1:
      if (low > 1) return reserved
      return { ...plain, alphabet: low === 0 ? 'gsm7' : 'ucs2', languagePrefix: true }
    case 0x2:
      return languages20[low] === undefined ? reserved : { ...plain, language: languages20[low] }
    case 0x4:
    case 0x5:
    case 0x6:
    case 0x7:
      if (!alphabet) return reserved
      return {
        ...plain,
        alphabet,
        compressed: (octet & 0x20) !== 0,
        // Without bit 4 the two low bits have no meaning; receivers ignore them.
        messageClass: (octet & 0x10) === 0 ? null : classOf(octet),
      }
    case 0x9:
      if (!alphabet) return reserved
      return { ...plain, alphabet, userDataHeader: true, messageClass: classOf(octet) }
    case 0xd: // I1 protocol, 3GPP TS 24.294
    case 0xe: // WAP Forum
      // Defined by other bodies: plain octets here.
      return { ...plain, alphabet: '8bit' }
    case 0xf:
      if ((octet & 0x08) !== 0) return reserved
      return {
        ...plain,
        alphabet: (octet & 0x04) === 0 ? 'gsm7' : '8bit',
        messageClass: classOf(octet) === 0 ? null : classOf(octet),
      }
    default:
      return reserved
  }
}
