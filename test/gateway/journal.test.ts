import { expect, it } from '@jest/globals'
import { bucketOf } from '../../src/gateway/records/records.ts'
import type { JournalRecord } from '../../src/gateway/records/draft.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { assemble } from '../support/gateway.ts'

it('gives every journal entry a unique id in latest-only dialects', async () => {
  let nowMs = 1_700_000_000_000
  const store = createMemoryStore({ now: () => nowMs })
  const assembled = assemble(store)
  const { gateway } = assembled
  const msisdn = '+375291234567'
  await assembled.register(msisdn, { access: 'closed-by-subscriber', puk1: '12345678' })

  for (const typed of [undefined, '1', '00000000', '00000001']) {
    nowMs += 3500
    const reported = { kind: 'latest-only', typed } as const
    await gateway.turn({ dialect: 'test', sessionId: 'one', msisdn, dialled: '*141*3*6#', reported })
  }

  const entries = await store.readJournal(bucketOf(msisdn), undefined, 100)
  const refused = entries
    .map(({ entry }) => JSON.parse(entry) as JournalRecord)
    .filter(({ change }) => change === 'puk1-refused')
  expect(refused).toHaveLength(2)
  expect(new Set(refused.map(({ id }) => id)).size).toBe(2)
})
