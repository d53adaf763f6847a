import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { decodeMessage, encodeMessage, measure } from '../../src/ussd/message.ts'

const octetsOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const encoded = (text: string) => {
  const { dcs, octets } = encodeMessage(text)
  return { dcs, hex: Buffer.from(octets).toString('hex') }
}
const decoded = (dcs: number, hex: string) => decodeMessage(dcs, octetsOf(hex))
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('a', '€', '@', '\r', '[', 'Z'), maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('a', 'ж', 'ў', '😀', 'й'), maxLength: 100 }),
)

describe('measure', () => {
  it.each([
    ['a'.repeat(182), { alphabet: 'gsm7', dcs: 15, units: 182, octets: 160, fits: true }],
    ['a'.repeat(183), { alphabet: 'gsm7', dcs: 15, units: 183, octets: 161, fits: false }],
    ['€'.repeat(91), { alphabet: 'gsm7', dcs: 15, units: 182, octets: 160, fits: true }],
    [`${'a'.repeat(181)}€`, { alphabet: 'gsm7', dcs: 15, units: 183, octets: 161, fits: false }],
    ['ж'.repeat(80), { alphabet: 'ucs2', dcs: 72, units: 80, octets: 160, fits: true }],
    ['ж'.repeat(81), { alphabet: 'ucs2', dcs: 72, units: 81, octets: 162, fits: false }],
    [`${'a'.repeat(80)}ж`, { alphabet: 'ucs2', dcs: 72, units: 81, octets: 162, fits: false }],
    [`${'ж'.repeat(79)}😀`, { alphabet: 'ucs2', dcs: 72, units: 81, octets: 162, fits: false }],
    ['и\u0306', { alphabet: 'ucs2', dcs: 72, units: 2, octets: 4, fits: true }],
    ['ABCDEFG', { alphabet: 'gsm7', dcs: 15, units: 7, octets: 7, fits: true }],
    ['ABCDEFG\r', { alphabet: 'gsm7', dcs: 15, units: 8, octets: 8, fits: true }],
    [`${'a'.repeat(181)}\r`, { alphabet: 'gsm7', dcs: 15, units: 182, octets: 160, fits: true }],
    ['', { alphabet: 'gsm7', dcs: 15, units: 0, octets: 0, fits: true }],
  ])('measures %j', (text, expected) => {
    expect(measure(text)).toEqual(expected)
  })

  it('agrees with the encoded message for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { dcs, octets } = encodeMessage(text)
        expect(measure(text)).toMatchObject({ dcs, octets: octets.length, fits: octets.length <= 160 })
      }),
    )
  })
})

describe('encodeMessage', () => {
  it.each([
    ['hellohello', 15, 'e8329bfd4697d9ec37'],
    ['Баланс', 72, '04110430043b0430043d0441'],
    ['a№', 72, '00612116'],
    ['😀', 72, 'd83dde00'],
    ['', 15, ''],
  ])('encodes %j', (text, dcs, hex) => {
    expect(encoded(text)).toEqual({ dcs, hex })
  })

  it('round-trips any text, except for a doubled CR at the end', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { dcs, octets } = encodeMessage(text)
        const message = decodeMessage(dcs, octets)
        expect(message.kind).toBe('text')
        const doubled =
          measure(text).alphabet === 'gsm7' && text.endsWith('\r') && measure(text).units % 8 === 0
        if (message.kind === 'text') expect(message.text).toBe(doubled && text !== '' ? `${text}\r` : text)
      }),
    )
  })

  it('keeps a lone surrogate', () => {
    expect(encoded('\ud83d')).toEqual({ dcs: 72, hex: 'd83d' })
    expect(decoded(0x48, 'd83d')).toEqual({ kind: 'text', alphabet: 'ucs2', text: '\ud83d' })
  })
})

describe('decodeMessage', () => {
  it('decodes a reserved coding as GSM 7-bit', () => {
    for (const dcs of [0x13, 0x30, 0x4c, 0x80, 0xff])
      expect(decoded(dcs, 'e8329bfd4697d9ec37')).toEqual({
        kind: 'text',
        alphabet: 'gsm7',
        text: 'hellohello',
      })
  })

  it('strips a language prefix with CR or LF from a message of 0x10', () => {
    const prefixed = (text: string) => Buffer.from(encodeMessage(text).octets).toString('hex')
    const read = { kind: 'text', alphabet: 'gsm7', text: 'Hi', language: 'en' }
    expect(decoded(0x10, prefixed('en\rHi'))).toEqual(read)
    expect(decoded(0x10, prefixed('en\nHi'))).toEqual(read)
    expect(decoded(0x10, prefixed('Hello'))).toEqual({ kind: 'text', alphabet: 'gsm7', text: 'Hello' })
    expect(decoded(0x10, prefixed('12\rHi'))).toEqual({ kind: 'text', alphabet: 'gsm7', text: '12\rHi' })
    expect(decoded(0x10, prefixed('en\r'))).toEqual({ ...read, text: '' })
    expect(decoded(0x0f, prefixed('en\rHi'))).toEqual({ kind: 'text', alphabet: 'gsm7', text: 'en\rHi' })
  })

  it('strips a language prefix of two octets, or three with a packed CR, from a message of 0x11', () => {
    const read = { kind: 'text', alphabet: 'ucs2', text: 'жж', language: 'ru' }
    // r = 0x72, u = 0x75: 0x72 | 0x75 << 7 = 0x3af2, low octet first; CR above them gives a third octet.
    expect(decoded(0x11, 'f23a04360436')).toEqual(read)
    expect(decoded(0x11, 'f27a0304360436')).toEqual(read)
    expect(decoded(0x11, 'f2ba0204360436')).toEqual(read)
    expect(decoded(0x11, '04360436')).toEqual({ kind: 'text', alphabet: 'ucs2', text: 'жж' })
    expect(decoded(0x11, '')).toEqual({ kind: 'text', alphabet: 'ucs2', text: '' })
  })

  it('returns 8-bit data and compressed text unchanged', () => {
    expect(decoded(0x44, '00ff80')).toEqual({ kind: 'bytes', alphabet: '8bit', bytes: octetsOf('00ff80') })
    expect(decoded(0x68, '0436')).toEqual({ kind: 'bytes', alphabet: 'ucs2', bytes: octetsOf('0436') })
  })

  it('skips a user data header', () => {
    expect(decoded(0x99, '0201ff0436')).toEqual({ kind: 'text', alphabet: 'ucs2', text: 'ж' })
    expect(decoded(0x99, '0301ff000436')).toEqual({ kind: 'text', alphabet: 'ucs2', text: 'ж' })
    // 05 00 03 01 02 01, one fill bit, then text at the eighth septet.
    const header = '050003010201'
    const text = (0x41 << 1) | 0
    expect(decoded(0x91, header + text.toString(16))).toEqual({ kind: 'text', alphabet: 'gsm7', text: 'A' })
    expect(decoded(0x99, '0201ff04')).toMatchObject({ kind: 'malformed' })
    expect(decoded(0x91, '09')).toMatchObject({ kind: 'malformed' })
  })

  it('rejects half a UCS-2 unit as malformed', () => {
    expect(decoded(0x48, '043604')).toEqual({
      kind: 'malformed',
      message: 'UCS-2 text has an odd number of octets',
    })
  })

  it('never throws for any octets in any coding', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 255 }),
        fc.uint8Array({ maxLength: 170 }),
        (dcs, octets) => void decodeMessage(dcs, octets),
      ),
    )
  })
})
