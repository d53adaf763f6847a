import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { countSeptets, septetsToText, textToSeptets } from '../../src/ussd/alphabet.ts'

const ESC = 0x1b
const extension: [number, string][] = [
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{'],
  [0x29, '}'],
  [0x2f, '\\'],
  [0x3c, '['],
  [0x3d, '~'],
  [0x3e, ']'],
  [0x40, '|'],
  [0x65, '€'],
]

/** Code points of the default table in 3GPP TS 23.038 6.2.1, except the runs equal to ASCII. */
const defaultTable: Record<number, number> = {
  0x00: 0x40,
  0x01: 0xa3,
  0x02: 0x24,
  0x03: 0xa5,
  0x04: 0xe8,
  0x05: 0xe9,
  0x06: 0xf9,
  0x07: 0xec,
  0x08: 0xf2,
  0x09: 0xc7,
  0x0a: 0x0a,
  0x0b: 0xd8,
  0x0c: 0xf8,
  0x0d: 0x0d,
  0x0e: 0xc5,
  0x0f: 0xe5,
  0x10: 0x394,
  0x11: 0x5f,
  0x12: 0x3a6,
  0x13: 0x393,
  0x14: 0x39b,
  0x15: 0x3a9,
  0x16: 0x3a0,
  0x17: 0x3a8,
  0x18: 0x3a3,
  0x19: 0x398,
  0x1a: 0x39e,
  0x1c: 0xc6,
  0x1d: 0xe6,
  0x1e: 0xdf,
  0x1f: 0xc9,
  0x24: 0xa4,
  0x40: 0xa1,
  0x5b: 0xc4,
  0x5c: 0xd6,
  0x5d: 0xd1,
  0x5e: 0xdc,
  0x5f: 0xa7,
  0x60: 0xbf,
  0x7b: 0xe4,
  0x7c: 0xf6,
  0x7d: 0xf1,
  0x7e: 0xfc,
  0x7f: 0xe0,
}
const single = Array.from({ length: 0x80 }, (_, septet) => septet).filter((septet) => septet !== ESC)
const character = (septet: number) => String.fromCharCode(defaultTable[septet] ?? septet)
const alphabet = [...single.map(character), ...extension.map(([, shown]) => shown)]
const gsmText = fc.array(fc.constantFrom(...alphabet)).map((characters) => characters.join(''))

describe('GSM 7-bit default alphabet', () => {
  it('encodes and decodes every septet of the default table', () => {
    for (const septet of single) {
      expect(septetsToText(Uint8Array.of(septet))).toBe(character(septet))
      expect(textToSeptets(character(septet))).toEqual({ kind: 'septets', septets: Uint8Array.of(septet) })
    }
  })

  it('encodes and decodes every extension character as two septets', () => {
    for (const [septet, shown] of extension) {
      expect(septetsToText(Uint8Array.of(ESC, septet))).toBe(shown)
      expect(textToSeptets(shown)).toEqual({ kind: 'septets', septets: Uint8Array.of(ESC, septet) })
      expect(countSeptets(shown)).toBe(2)
    }
  })

  it('decodes an unknown extension code as the default character', () => {
    const extended = new Set(extension.map(([septet]) => septet))
    for (const septet of single)
      if (!extended.has(septet)) expect(septetsToText(Uint8Array.of(ESC, septet))).toBe(character(septet))
  })

  it('decodes ESC ESC as a space, and ESC at the end as nothing', () => {
    expect(septetsToText(Uint8Array.of(0x41, ESC, ESC, 0x65))).toBe('A e')
    expect(septetsToText(Uint8Array.of(0x41, ESC, ESC, ESC, 0x65))).toBe('A €')
    expect(septetsToText(Uint8Array.of(0x41, ESC))).toBe('A')
    expect(septetsToText(Uint8Array.of(ESC, ESC, ESC))).toBe(' ')
    expect(septetsToText(new Uint8Array())).toBe('')
  })

  it('lists each unencodable character once, in order', () => {
    expect(textToSeptets('a«😀ж»ж😀`\t\0\u00a0ç')).toEqual({
      kind: 'unencodable',
      characters: ['«', '😀', 'ж', '»', '`', '\t', '\0', '\u00a0', 'ç'],
    })
    expect(countSeptets('Оplata')).toBeNull()
  })

  it('never encodes a literal ESC', () => {
    expect(textToSeptets('a\u001be')).toEqual({ kind: 'unencodable', characters: ['\u001b'] })
  })

  it('contains exactly 137 characters', () => {
    const found: string[] = []
    for (let unit = 0; unit < 0x10000; unit += 1)
      if (countSeptets(String.fromCharCode(unit)) !== null) found.push(String.fromCharCode(unit))
    expect(found.sort()).toEqual([...alphabet].sort())
  })

  it('round-trips every encodable text with the counted septets', () => {
    fc.assert(
      fc.property(gsmText, (text) => {
        const coded = textToSeptets(text)
        expect(coded.kind).toBe('septets')
        if (coded.kind !== 'septets') return
        expect(coded.septets).toHaveLength(countSeptets(text) ?? -1)
        expect(septetsToText(coded.septets)).toBe(text)
      }),
    )
  })
})
