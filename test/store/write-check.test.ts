import { describe, expect, it } from '@jest/globals'
import { UssdError } from '../../src/engine/errors.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createWriteCheck } from '../../src/store/write-check.ts'

describe('the write check', () => {
  it('passes repeatedly and keeps one record, which expires', async () => {
    let nowMs = 1000
    const store = createMemoryStore({ now: () => nowMs })
    const check = createWriteCheck(store)
    for (let round = 0; round < 5; round++) expect(await check()).toBeUndefined()
    expect(store.size()).toBe(1)
    nowMs += 60_000
    expect((await store.load(0, ['probe'])).records).toEqual([undefined])
  })

  it('rejects with the store error when the store rejects commits', async () => {
    const full = async () => {
      throw new UssdError('USSD_STORE_REFUSED', { detail: 'full' })
    }
    const check = createWriteCheck({ ...createMemoryStore(), commit: full })
    await expect(check()).rejects.toMatchObject({ code: 'USSD_STORE_REFUSED' })
  })
})
