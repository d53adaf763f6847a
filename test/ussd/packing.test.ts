import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { septetsToText, textToSeptets } from '../../src/ussd/alphabet.ts'
import {
  pack,
  septetsIn,
  unpackSms,
  unpackUssd,
  ussdOctets,
  type PackingMode,
} from '../../src/ussd/packing.ts'

const CR = 0x0d
const septetsOf = (text: string): Uint8Array => {
  const coded = textToSeptets(text)
  if (coded.kind === 'unencodable') throw new Error(`not in the alphabet: ${coded.characters.join('')}`)
  return coded.septets
}
const hexOf = (octets: Uint8Array) => Buffer.from(octets).toString('hex')
const octetsOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const packed = (text: string, mode: PackingMode) => hexOf(pack(septetsOf(text), mode))
const unpacked = (hex: string) => septetsToText(unpackUssd(octetsOf(hex)))

/** An independent model: 3GPP TS 23.038 6.1.2 as arithmetic on one large number. */
function packedByArithmetic(septets: readonly number[], mode: PackingMode): string {
  const count = septets.length
  let bits = septets.reduce((sum, septet, at) => sum + (BigInt(septet) << BigInt(7 * at)), 0n)
  let length = Math.ceil((7 * count) / 8)
  if (mode === 'ussd' && count % 8 === 7) bits += BigInt(CR) << BigInt(7 * count)
  if (mode === 'ussd' && count > 0 && count % 8 === 0 && septets[count - 1] === CR) {
    bits += BigInt(CR) << BigInt(7 * count)
    length += 1
  }
  let hex = ''
  for (let at = 0; at < length; at += 1)
    hex += Number((bits >> BigInt(8 * at)) & 0xffn)
      .toString(16)
      .padStart(2, '0')
  return hex
}

// Lengths on both sides of each boundary; CR and @ often, because the padding rule concerns them.
const someSeptets = fc.array(fc.oneof(fc.constantFrom(CR, 0), fc.integer({ min: 0, max: 0x7f })), {
  maxLength: 190,
})

describe('packing', () => {
  it.each([
    ['hellohello', 'e8329bfd4697d9ec37', 'e8329bfd4697d9ec37'],
    ['ABCDEFG', '41e19058341e1b', '41e19058341e01'],
    ['ABCDEFGH', '41e19058341e91', '41e19058341e91'],
    ['12345678', '31d98c56b3dd70', '31d98c56b3dd70'],
    ['*100#', 'aa180c3602', 'aa180c3602'],
    ['@', '00', '00'],
    ['@@@@@@@', '0000000000001a', '00000000000000'],
    ['@@@@@@@@', '00000000000000', '00000000000000'],
    ['€', '9b32', '9b32'],
    ['', '', ''],
    ['\r', '0d', '0d'],
    ['AAAAAAA\r', 'c16030180c061b0d', 'c16030180c061b'],
  ])('packs %j', (text, ussd, sms) => {
    expect(packed(text, 'ussd')).toBe(ussd)
    expect(packed(text, 'sms')).toBe(sms)
  })

  it('pads seven spare bits with CR and strips it', () => {
    expect(unpacked('41e19058341e1b')).toBe('ABCDEFG')
    expect(unpacked(packed('ABCDEF\r', 'ussd'))).toBe('ABCDEF\r')
  })

  it('keeps a genuine @ at the end of eight', () => {
    expect(unpacked(packed('ABCDEFG@', 'ussd'))).toBe('ABCDEFG@')
    expect(unpacked('41e19058341e01')).toBe('ABCDEFG@')
  })

  it('sends a real CR at the end of eight twice, and decodes both', () => {
    expect(unpacked(packed('ABCDEFG\r', 'ussd'))).toBe('ABCDEFG\r\r')
    expect(unpacked(packed('ABCDEF\r\r', 'ussd'))).toBe('ABCDEF\r\r\r')
  })

  it('keeps a CR when septets do not end on an octet boundary', () => {
    expect(unpacked(packed('A\r', 'ussd'))).toBe('A\r')
    // The upper seven bits of the last octet are 0x0D, but it is the ninth septet's tail.
    expect(unpackUssd(octetsOf('41e19058341e911a'))).toHaveLength(9)
  })

  it('strips only one CR of several', () => {
    const eight = Uint8Array.of(0x41, 0x41, 0x41, 0x41, 0x41, CR, CR, CR)
    expect(hexOf(unpackUssd(pack(eight, 'sms')))).toBe('41414141410d0d')
  })

  it('packs like the model in both modes', () => {
    fc.assert(
      fc.property(someSeptets, fc.constantFrom('ussd' as const, 'sms' as const), (septets, mode) => {
        expect(hexOf(pack(Uint8Array.from(septets), mode))).toBe(packedByArithmetic(septets, mode))
      }),
    )
  })

  it('round-trips SMS septets of every length', () => {
    fc.assert(
      fc.property(someSeptets, (septets) => {
        expect([...unpackSms(pack(Uint8Array.from(septets), 'sms'), septets.length)]).toEqual(septets)
      }),
    )
  })

  it('round-trips USSD septets of every length, except for a doubled CR', () => {
    fc.assert(
      fc.property(someSeptets, (septets) => {
        const doubled = septets.length > 0 && septets.length % 8 === 0 && septets.at(-1) === CR
        const octets = pack(Uint8Array.from(septets), 'ussd')
        expect([...unpackUssd(octets)]).toEqual(doubled ? [...septets, CR] : septets)
        expect(octets).toHaveLength(ussdOctets(septets.length, septets.at(-1) === CR))
      }),
    )
  })

  it('counts the septets that fit into octets', () => {
    expect([0, 1, 6, 7, 8, 160].map(septetsIn)).toEqual([0, 1, 6, 8, 9, 182])
  })
})
