import { describe, expect, it } from '@jest/globals'
import { parseDataCoding, type DataCoding } from '../../src/ussd/dcs.ts'

const octets = Array.from({ length: 256 }, (_, octet) => octet)
const between = (first: number, last: number) => octets.filter((octet) => octet >= first && octet <= last)
const plain: DataCoding = {
  alphabet: 'gsm7',
  reserved: false,
  messageClass: null,
  compressed: false,
  languagePrefix: false,
  userDataHeader: false,
  language: null,
}

describe('parseDataCoding', () => {
  it('names the languages of 0x00-0x0F and 0x20-0x24', () => {
    const names = [...between(0x00, 0x0f), ...between(0x20, 0x24)].map(
      (octet) => parseDataCoding(octet).language,
    )
    expect(names.join(' ')).toBe(
      'German English Italian French Spanish Dutch Swedish Danish Portuguese Finnish Norwegian Greek Turkish ' +
        'Hungarian Polish unspecified Czech Hebrew Arabic Russian Icelandic',
    )
  })

  it('parses every reserved value as GSM 7-bit, marked as reserved', () => {
    const reserved = [
      ...between(0x12, 0x1f),
      ...between(0x25, 0x3f),
      ...between(0x40, 0x7f).filter((octet) => (octet & 0x0c) === 0x0c),
      ...between(0x80, 0x8f),
      ...between(0x9c, 0x9f),
      ...between(0xa0, 0xcf),
      ...between(0xf8, 0xff),
    ]
    expect(octets.filter((octet) => parseDataCoding(octet).reserved)).toEqual(reserved)
    for (const octet of reserved) expect(parseDataCoding(octet)).toEqual({ ...plain, reserved: true })
  })

  it.each<[number, Partial<DataCoding>]>([
    [0x0f, { language: 'unspecified' }],
    [0x10, { languagePrefix: true }],
    [0x11, { alphabet: 'ucs2', languagePrefix: true }],
    [0x23, { language: 'Russian' }],
    [0x40, {}],
    [0x41, {}],
    [0x44, { alphabet: '8bit' }],
    [0x48, { alphabet: 'ucs2' }],
    [0x4b, { alphabet: 'ucs2' }],
    [0x50, { messageClass: 0 }],
    [0x59, { alphabet: 'ucs2', messageClass: 1 }],
    [0x60, { compressed: true }],
    [0x76, { alphabet: '8bit', messageClass: 2, compressed: true }],
    [0x90, { userDataHeader: true, messageClass: 0 }],
    [0x9b, { alphabet: 'ucs2', userDataHeader: true, messageClass: 3 }],
    [0xd0, { alphabet: '8bit' }],
    [0xe5, { alphabet: '8bit' }],
    [0xf0, {}],
    [0xf1, { messageClass: 1 }],
    [0xf4, { alphabet: '8bit' }],
    [0xf7, { alphabet: '8bit', messageClass: 3 }],
  ])('parses %i', (octet, differs) => {
    expect(parseDataCoding(octet)).toEqual({ ...plain, ...differs })
  })
})
