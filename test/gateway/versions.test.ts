import { describe, expect, it } from '@jest/globals'
import { createDigestArgon2 } from '../support/digest-argon2.ts'
import type { Commit, Store } from '../../src/gateway/ports.ts'
import { bucketOf, sessionName, subscriberName } from '../../src/gateway/records/records.ts'
import { recordFormats } from '../../src/gateway/records/record-format.ts'
import { parseSubscriber } from '../support/record.ts'
import { assemble, dialogue } from '../support/gateway.ts'
import { openTestStore } from '../support/redis/redis.ts'

/**
 * Simulates the store of a newer version: it adds unknown fields to every record, and reports records that have lost them.
 */
function asNewerVersion(store: Store): Store & { readonly broken: string[] } {
  const broken: string[] = []
  const isOurs = (name: string) => /^(subscriber|session):/.test(name)
  const withNews = (value: string): string => {
    const [json = '', ...receiptLines] = value.split('\n')
    const [tag, header] = json.startsWith('2') ? ['2', json.slice(1)] : ['', json]
    const record = JSON.parse(header) as Record<string, unknown>
    const receipts = record['receipts'] as object[] | undefined
    const newer = JSON.stringify({
      ...record,
      newer: record['newer'] ?? { since: 2 },
      ...(receipts && { receipts: receipts.map((receipt) => ({ shape: 'oval', ...receipt })) }),
    })
    return [tag + newer, ...receiptLines].join('\n')
  }
  return {
    ...store,
    broken,
    async load(bucket, names) {
      const loaded = await store.load(bucket, names)
      for (const [at, record] of loaded.records.entries()) {
        const name = names[at] ?? ''
        if (record && isOurs(name) && !record.value.includes('"newer":{"since":2}')) broken.push(name)
      }
      return loaded
    },
    commit(commit: Commit) {
      const changes = commit.changes.map((change) =>
        isOurs(change.name) && change.write.kind === 'put'
          ? { ...change, write: { ...change.write, value: withNews(change.write.value) } }
          : change,
      )
      return store.commit({ ...commit, changes })
    },
  }
}

describe('two versions side by side on one Redis', () => {
  it.each(recordFormats)(
    'share a dialogue, and neither loses fields of the other: %s',
    async (recordFormat) => {
      const { store, close } = await openTestStore()
      try {
        const argon2 = createDigestArgon2()
        const ours = assemble(store, { argon2, recordFormat })
        const newerStore = asNewerVersion(store)
        const newer = assemble(newerStore, { argon2, recordFormat })
        const msisdn = '+375297654321'
        await newer.register(msisdn, { puk1: '12345678', access: 'closed-by-subscriber' })

        const phone = dialogue(newer, msisdn)
        await phone.dial('*141*3*6#')
        await phone.type('1')
        // This version handles the next turns and writes session and subscriber; the newer one continues.
        expect((await ours.gateway.turn(phone.withInput('1*00000000'))).text).toMatch(/^Wrong PUK1/)
        expect((await newer.gateway.turn(phone.withInput('1*00000000*12345678'))).text).toMatch(
          /^Access to self/,
        )
        await ours.subscribers.put(msisdn, { tariff: 'Комфорт' })
        expect(await newer.subscribers.get(msisdn)).toMatchObject({ tariff: 'Комфорт', access: 'open' })

        expect(newerStore.broken).toEqual([])
        const { records } = await store.load(bucketOf(msisdn), [
          subscriberName(msisdn),
          sessionName('test', msisdn, phone.sessionId),
        ])
        for (const record of records) expect(record?.value).toContain('"newer":{"since":2}')
        if (recordFormat === 'json')
          expect(records[1]?.value.match(/"shape":"oval"/g)?.length).toBeGreaterThan(2)
      } finally {
        await close()
      }
    },
  )

  it('read records of an older version, which lack new fields', async () => {
    const { store, close } = await openTestStore()
    try {
      const ours = assemble(store, { argon2: createDigestArgon2() })
      const msisdn = '+375297654322'
      await ours.register(msisdn, { puk1: '12345678' })
      const [bucket, name] = [bucketOf(msisdn), subscriberName(msisdn)]
      const before = (await store.load(bucket, [name])).records[0]
      const { access, puk1 } = parseSubscriber(before?.value ?? '')
      const change = {
        name,
        expectedVersion: before?.version,
        write: { kind: 'put', value: JSON.stringify({ access, puk1 }) },
      } as const
      await store.commit({ bucket, changes: [change], journal: [], deadlineMs: Infinity })
      expect(await ours.subscribers.get(msisdn)).toMatchObject({
        language: 'ru',
        access: 'open',
        puk1AttemptsLeft: 10,
        hasPuk1: true,
        hasPassword: false,
      })
      expect(await dialogue(ours, msisdn).dial('*141*3*6#')).toMatchObject({ waits: true })
    } finally {
      await close()
    }
  })

  it('write what an older version reads when RECORD_FORMAT is json', async () => {
    const { store, close } = await openTestStore()
    try {
      const argon2 = createDigestArgon2()
      const older = assemble(store, { argon2, recordFormat: 'json' })
      const newer = assemble(store, { argon2 })
      const msisdn = '+375297654323'
      await older.register(msisdn, { puk1: '12345678' })
      const phone = dialogue(older, msisdn)
      await phone.dial('*141*0#')
      await newer.gateway.turn(phone.withInput('80291'))
      const names = [subscriberName(msisdn), sessionName('test', msisdn, phone.sessionId)]
      const formatsOf = async () =>
        (await store.load(bucketOf(msisdn), names)).records.map((record) => record?.value[0])
      // A dialogue keeps its format. A subscriber takes the format of the process that writes it.
      expect(await formatsOf()).toEqual(['{', '{'])
      await newer.gateway.turn(phone.withInput('80291*80291'))
      expect(await formatsOf()).toEqual(['2', '{'])
      await older.subscribers.put(msisdn, { tariff: 'Комфорт' })
      expect(await formatsOf()).toEqual(['{', '{'])
      expect(await newer.matches(msisdn, '80291')).toBe(true)
    } finally {
      await close()
    }
  })
})
