import { describe, expect, it } from '@jest/globals'
import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { createKeyring, ownPurposes, sameBytes } from '../../../src/gateway/records/keyring.ts'

const key = (n: number) => Buffer.alloc(32, n)
const idOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 8)

/** Two different keys with one id, found after about 80 000 tries. */
function twoKeysOfOneId(): [Buffer, Buffer] {
  const seen = new Map<string, Buffer>()
  for (let n = 0; ; n++) {
    const candidate = Buffer.alloc(32)
    candidate.writeUInt32BE(n)
    const twin = seen.get(idOf(candidate))
    if (twin) return [twin, candidate]
    seen.set(idOf(candidate), candidate)
  }
}

describe('keyring', () => {
  it('names its current key by the first 8 hex digits of its SHA-256', () => {
    expect(createKeyring({ current: key(1), retired: [key(2)] }).id).toBe(idOf(key(1)))
  })

  it('computes HMAC-SHA-256 under a sub-key derived by HKDF, over length-prefixed parts', () => {
    const subkey = Buffer.from(hkdfSync('sha256', key(1), '', 'ussd-gateway/1/puk1', 32))
    const expected = createHmac('sha256', subkey)
      .update(Buffer.from('12:3752912345678:12345678', 'utf16le'))
      .digest()
    expect(createKeyring({ current: key(1) }).mac('puk1', ['375291234567', '12345678'])).toEqual(expected)
  })

  it('computes the same digest in every keyring that holds the key', () => {
    const before = createKeyring({ current: key(1) })
    const after = createKeyring({ current: key(2), retired: [key(1)] })
    expect(after.mac('seal', ['a', 'b'], before.id)).toEqual(before.mac('seal', ['a', 'b']))
    expect(after.mac('seal', ['a', 'b'])).not.toEqual(before.mac('seal', ['a', 'b']))
    expect(after.mac('seal', ['a', 'b'], after.id)).toEqual(after.mac('seal', ['a', 'b']))
  })

  it('computes a different digest for each purpose', () => {
    const keyring = createKeyring({ current: key(1) })
    expect(new Set(ownPurposes.map((purpose) => keyring.mac(purpose, ['a']).toString('hex'))).size).toBe(
      ownPurposes.length,
    )
  })

  it('returns undefined for an unknown key', () => {
    const keyring = createKeyring({ current: key(1), retired: [key(2)] })
    expect(keyring.mac('password', ['a'], idOf(key(3)))).toBeUndefined()
    expect(keyring.mac('password', ['a'], '')).toBeUndefined()
    expect(keyring.mac('password', ['a'], 'constructor')).toBeUndefined()
  })

  it('computes equal digests for equal lists of parts only', () => {
    const keyring = createKeyring({ current: key(1) })
    const parts = fc.array(
      fc.string({ unit: fc.constantFrom('1', '2', ':', '*', '', 'я', '\ud800', '\ufffd') }),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const equal = JSON.stringify(a) === JSON.stringify(b)
        expect(keyring.mac('transcript', a).equals(keyring.mac('transcript', b))).toBe(equal)
      }),
      {
        numRuns: 2000,
        examples: [
          [
            ['12', '3'],
            ['1', '23'],
          ],
          [['1', ''], ['1']],
          [[], ['']],
          [['\ud800'], ['\ufffd']],
        ],
      },
    )
  })

  it('accepts a key listed twice', () => {
    const keyring = createKeyring({ current: key(1), retired: [key(1), key(2), key(2)] })
    expect(keyring.id).toBe(idOf(key(1)))
    expect(keyring.mac('token', ['a'], idOf(key(2)))).toHaveLength(32)
  })

  it('rejects a key that is not 32 bytes', () => {
    const misconfigured = expect.objectContaining({ code: 'USSD_MISCONFIGURED' })
    for (const wrong of [Buffer.alloc(0), Buffer.alloc(31), Buffer.alloc(33)]) {
      expect(() => createKeyring({ current: wrong })).toThrow(misconfigured)
      expect(() => createKeyring({ current: key(1), retired: [wrong] })).toThrow(misconfigured)
    }
  })

  it('rejects two different keys with one id', () => {
    const [current, twin] = twoKeysOfOneId()
    expect(() => createKeyring({ current, retired: [twin] })).toThrow(
      `two secrets keys have the id ${idOf(current)}`,
    )
  })

  it('computes the same digests after the caller wipes the key', () => {
    const bytes = key(7)
    const keyring = createKeyring({ current: bytes })
    const digest = keyring.mac('token', ['a'])
    bytes.fill(0)
    expect(keyring.mac('token', ['a'])).toEqual(digest)
  })

  it('shows no byte of a key when printed', () => {
    const printed = inspect(createKeyring({ current: Buffer.from('0123456789abcdef0123456789abcdef') }), {
      depth: 9,
      showHidden: true,
    })
    expect(printed).not.toMatch(/0123456789|30 31 32|48, 49/)
  })
})

describe('sameBytes', () => {
  it('compares text and bytes of any length', () => {
    const value = fc.oneof(fc.string(), fc.uint8Array())
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(sameBytes(a, a)).toBe(true)
        expect(sameBytes(a, b)).toBe(Buffer.from(a as string).equals(Buffer.from(b as string)))
      }),
    )
    expect(sameBytes('token', Buffer.from('token'))).toBe(true)
    expect(sameBytes('token', 'tokem')).toBe(false)
    expect(sameBytes('token', 'token ')).toBe(false)
    expect(sameBytes('', 'token')).toBe(false)
    expect(sameBytes('', '')).toBe(true)
  })
})
