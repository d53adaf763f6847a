import { describe, expect, it } from '@jest/globals'
import { slotOf } from '../../../src/store/redis/keys.ts'

describe('slotOf', () => {
  // The expected slots are replies of `CLUSTER KEYSLOT` of Redis 7.0.15.
  it.each([
    [0, 6939],
    [17, 1307],
    [255, 1001],
  ])('returns the cluster slot of bucket %d', (bucket, slot) => {
    expect(slotOf(bucket)).toBe(slot)
  })
})
