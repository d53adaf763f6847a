import { describe, expect, it } from '@jest/globals'
import { networkCodeOf } from '../../src/ussd/network-codes.ts'

describe('networkCodeOf', () => {
  it.each([
    ['+375291234567', '25701'],
    ['+254712345678', '63902'],
    ['+233241234567', '62001'],
    ['+2250712345678', '61205'],
    ['+12025550123', '310410'],
  ])('%s: %s', (e164, code) => {
    expect(networkCodeOf(e164)).toBe(code)
  })

  it('is a test network for other countries and for what is no number', () => {
    expect(networkCodeOf('+6591234567')).toBe('00101')
    expect(networkCodeOf('+375171234567')).toBe('00101')
  })
})
