import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Change, CommitResult, Store, Version, Versioned } from '../../src/gateway/ports.ts'

export interface StoreUnderTest {
  readonly store: Store
  /** Resolves when the store's clock has advanced by more than `ms`. */
  readonly elapse: (ms: number) => Promise<void>
  /** Cleans up after the suite. */
  readonly close: () => Promise<void>
}

let buckets = 0
/** Returns an empty bucket. */
const freshBucket = () => ++buckets

/** The store under test and what the tests need of it. */
interface Suite {
  readonly store: () => Store
  readonly elapse: (ms: number) => Promise<void>
  /** Opens an empty bucket with helpers for it. */
  readonly open: () => ReturnType<typeof openBucket>
  /** Creates another store. */
  readonly create: () => Promise<StoreUnderTest>
}

/** The conformance suite of every store. */
export function conforms(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`the ${name} store`, () => {
    let under: StoreUnderTest
    beforeAll(async () => {
      under = await create()
    })
    afterAll(() => under.close())

    const suite: Suite = {
      store: () => under.store,
      elapse: (ms) => under.elapse(ms),
      open: () => openBucket(under.store),
      create,
    }
    testLoads(suite)
    testCommits(suite)
    testRejections(suite)
    testExpiry(suite)
    testLifecycle(suite)
  })
}

async function openBucket(store: Store) {
  const bucket = freshBucket()
  const { nowMs } = await store.load(bucket, [])
  const deadlineMs = nowMs + 3_600_000
  const read = async (record: string) => (await store.load(bucket, [record])).records[0]
  const commit = (changes: readonly Change[], journal: readonly string[] = [], until = deadlineMs) =>
    store.commit({ bucket, changes, journal, deadlineMs: until })
  const put = async (record: string, value: string, ttlMs?: number): Promise<Version> => {
    // A record with a short TTL may expire between the load and the commit.
    for (;;) {
      const { kind } = await commit([write(record, (await read(record))?.version, value, ttlMs)])
      if (kind === 'ok') return (await read(record))?.version ?? ''
    }
  }
  const journal = async (after?: string, limit = 1000) => store.readJournal(bucket, after, limit)
  return { bucket, read, commit, put, journal, nowMs }
}

function testLoads(suite: Suite): void {
  const { open } = suite

  it('loads missing records as undefined, and its clock', async () => {
    const { bucket } = await open()
    const { records, nowMs } = await suite.store().load(bucket, ['session:1', 'subscriber:1'])
    expect(records).toEqual([undefined, undefined])
    expect(Number.isSafeInteger(nowMs)).toBe(true)
    await suite.elapse(2)
    expect((await suite.store().load(bucket, [])).nowMs).toBeGreaterThan(nowMs)
  })

  it('loads records in the order of the names, each with a version of 16 digits', async () => {
    const { bucket, put } = await open()
    const version = await put('session:1', 'one')
    await put('subscriber:1', 'two')
    const { records } = await suite.store().load(bucket, ['subscriber:1', 'missing:1', 'session:1'])
    expect(records).toEqual([
      { version: expect.stringMatching(/^\d{16}$/), value: 'two' },
      undefined,
      { version, value: 'one' },
    ])
  })

  it('keeps any text unchanged', async () => {
    const { put, read } = await open()
    for (const text of [
      '',
      '|',
      'a|b',
      '{"a":"\\n"}\r\n',
      'Дзякуй, ў',
      '\u0000',
      '€😀',
      'x'.repeat(100_000),
    ]) {
      await put('session:1', text)
      expect((await read('session:1'))?.value).toBe(text)
    }
  })

  it('separates buckets', async () => {
    const { put } = await open()
    await put('session:1', 'mine')
    const other = await open()
    expect(await other.read('session:1')).toBeUndefined()
  })
}

function testCommits(suite: Suite): void {
  const { open } = suite

  it('returns the version of the records put', async () => {
    const { read, commit } = await open()
    const committed = await commit([
      write('session:1', undefined, 'a', 60_000),
      write('subscriber:1', undefined, 'b'),
    ])
    const version = committed.kind === 'ok' ? committed.version : ''
    expect(await read('session:1')).toEqual({ version, value: 'a' })
    expect(await read('subscriber:1')).toEqual({ version, value: 'b' })
    expect(await commit([write('session:1', version, 'c')])).toMatchObject({ kind: 'ok' })
  })

  it('writes records and journal entries in one commit', async () => {
    const { read, commit, journal } = await open()
    const changes = [write('session:1', undefined, 'a'), write('subscriber:1', undefined, 'b')]
    expect(await commit(changes, ['{"n":1}', '{"n":2}'])).toMatchObject({ kind: 'ok' })
    expect((await read('session:1'))?.value).toBe('a')
    expect((await read('subscriber:1'))?.value).toBe('b')
    expect((await journal()).map(({ entry }) => entry)).toEqual(['{"n":1}', '{"n":2}'])
  })

  it('commits journal entries without records', async () => {
    const { commit, journal } = await open()
    expect(await commit([], ['alone'])).toMatchObject({ kind: 'ok' })
    expect((await journal()).map(({ entry }) => entry)).toEqual(['alone'])
  })

  it('deletes a record, and accepts the deletion of a missing one', async () => {
    const { put, read, commit } = await open()
    const version = await put('session:1', 'a')
    const remove = (name: string, expected?: Version): Change => ({
      name,
      expectedVersion: expected,
      write: { kind: 'delete' },
    })
    expect(await commit([remove('session:1', version), remove('session:2')])).toMatchObject({ kind: 'ok' })
    expect(await read('session:1')).toBeUndefined()
  })

  it('ensures replication without changing records or their TTLs', async () => {
    const { bucket, put, read } = await open()
    await put('subscriber:1', 'stays')
    await put('session:1', 'goes', 100)
    const before = [await read('subscriber:1'), await read('session:1')]
    const records = [
      { name: 'subscriber:1', expectedVersion: before[0]?.version },
      { name: 'session:1', expectedVersion: before[1]?.version },
      { name: 'login:1', expectedVersion: undefined },
    ]
    if (before[1]) expect(await suite.store().ensureReplicated(bucket, records)).toMatchObject({ kind: 'ok' })
    expect(await read('subscriber:1')).toEqual(before[0])
    expect(await read('login:1')).toBeUndefined()
    await suite.elapse(100)
    expect(await read('session:1')).toBeUndefined()
  })

  it('reads the journal in order, in pages, after an entry', async () => {
    const { commit, journal } = await open()
    for (let i = 0; i < 12; i += 3) await commit([], [`${i}`, `${i + 1}`, `${i + 2}`])
    const all = await journal()
    expect(all.map(({ entry }) => Number(entry))).toEqual([...Array(12).keys()])
    expect(new Set(all.map(({ id }) => id)).size).toBe(12)
    expect(await journal(undefined, 5)).toEqual(all.slice(0, 5))
    expect(await journal(all[4]?.id, 5)).toEqual(all.slice(5, 10))
    expect(await journal(all[10]?.id)).toEqual(all.slice(11))
    expect(await journal(all[11]?.id)).toEqual([])
  })
}

function testRejections(suite: Suite): void {
  const { open } = suite

  it('rejects a commit as late when the clock was set back since the load', async () => {
    const { bucket, read, nowMs } = await open()
    const changes = [write('session:1', undefined, 'a')]
    const commitAt = (loadedMs: number) =>
      suite.store().commit({ bucket, changes, journal: [], deadlineMs: nowMs + 7_200_000, loadedMs })
    expect(await commitAt(nowMs + 3_600_000)).toEqual({ kind: 'late' })
    expect(await read('session:1')).toBeUndefined()
    expect(await commitAt(nowMs)).toMatchObject({ kind: 'ok' })
  })

  it.each<[string, (seen: { old: Version; now: Version }) => Version | undefined]>([
    ['an older version', ({ old }) => old],
    ['an existing record expected to be missing', () => undefined],
    ['a version that never existed', () => '0000000000000001'],
  ])('writes nothing on a conflict: %s', async (_, expectation) => {
    const { put, read, commit, journal } = await open()
    const old = await put('subscriber:1', 'first')
    const now = await put('subscriber:1', 'second')
    const expected = expectation({ old, now })
    const changes = [write('session:1', undefined, 'x'), write('subscriber:1', expected, 'third')]
    expect(await commit(changes, ['no'])).toEqual({ kind: 'conflict' })
    expect(await commit(changes.toReversed(), ['no'])).toEqual({ kind: 'conflict' })
    expect(await read('session:1')).toBeUndefined()
    expect(await read('subscriber:1')).toEqual({ version: now, value: 'second' })
    expect(await journal()).toEqual([])
  })

  it('reports a conflict when the expected record is deleted', async () => {
    const { put, read, commit } = await open()
    const version = await put('session:1', 'a')
    expect(
      await commit([{ name: 'session:1', expectedVersion: version, write: { kind: 'delete' } }]),
    ).toMatchObject({
      kind: 'ok',
    })
    expect(await commit([write('session:1', version, 'b')])).toEqual({ kind: 'conflict' })
    expect(await read('session:1')).toBeUndefined()
  })

  it('writes nothing after the deadline, whatever the versions', async () => {
    const { put, read, commit, journal, nowMs } = await open()
    const version = await put('subscriber:1', 'first')
    await suite.elapse(1)
    const changes = [write('session:1', undefined, 'x'), write('subscriber:1', version, 'second')]
    expect(await commit(changes, ['no'], nowMs)).toEqual({ kind: 'late' })
    expect(await commit([write('session:1', version, 'x')], [], nowMs)).toEqual({ kind: 'late' })
    expect(await commit(changes, ['no'], Number.NaN)).not.toMatchObject({ kind: 'ok' })
    expect(await read('session:1')).toBeUndefined()
    expect(await read('subscriber:1')).toEqual({ version, value: 'first' })
    expect(await journal()).toEqual([])
  })

  it('checks the version of a record to keep, and leaves it unchanged', async () => {
    const { put, read, commit } = await open()
    const version = await put('subscriber:1', 'a')
    const keep = (expected: Version | undefined): Change => ({
      name: 'subscriber:1',
      expectedVersion: expected,
      write: { kind: 'keep' },
    })
    expect(await commit([keep(version), write('session:1', undefined, 'x')])).toMatchObject({ kind: 'ok' })
    expect(await read('subscriber:1')).toEqual({ version, value: 'a' })
    expect(await commit([keep(undefined), write('session:2', undefined, 'x')])).toEqual({
      kind: 'conflict',
    })
    expect(await read('session:2')).toBeUndefined()
  })

  it('accepts exactly one of 64 concurrent commits on the same version', async () => {
    const { put, read, commit, journal } = await open()
    const version = await put('subscriber:1', 'a')
    const results = await Promise.all(
      Array.from({ length: 64 }, (_, i) => commit([write('subscriber:1', version, `${i}`)], [`${i}`])),
    )
    expect(results.filter(({ kind }) => kind === 'ok')).toHaveLength(1)
    expect(results.filter(({ kind }) => kind === 'conflict')).toHaveLength(63)
    const winner = results.findIndex(({ kind }) => kind === 'ok')
    expect((await read('subscriber:1'))?.value).toBe(`${winner}`)
    expect((await journal()).map(({ entry }) => entry)).toEqual([`${winner}`])
  })
}

function testExpiry(suite: Suite): void {
  const { open } = suite

  it('keeps the TTL of a record to keep', async () => {
    const { put, read, commit } = await open()
    const version = await put('session:1', 'a', 200)
    await commit([{ name: 'session:1', expectedVersion: version, write: { kind: 'keep' } }])
    await suite.elapse(201)
    expect(await read('session:1')).toBeUndefined()
  })

  it('expires a record after its TTL and not before', async () => {
    const { put, read } = await open()
    await put('session:1', 'short', 50)
    await put('session:2', 'long', 3_600_000)
    await put('session:3', 'stays')
    expect((await read('session:2'))?.value).toBe('long')
    await suite.elapse(51)
    expect(await read('session:1')).toBeUndefined()
    expect((await read('session:2'))?.value).toBe('long')
    expect((await read('session:3'))?.value).toBe('stays')
  })

  it('replaces or removes the TTL when a record is written again', async () => {
    const { put, read } = await open()
    await put('session:1', 'a', 50)
    await put('session:1', 'b')
    await put('session:2', 'a')
    await put('session:2', 'b', 50)
    await suite.elapse(51)
    expect((await read('session:1'))?.value).toBe('b')
    expect(await read('session:2')).toBeUndefined()
  })

  it('never reuses a version, even after the record expired or was deleted', async () => {
    const { put, read, commit } = await open()
    const versions: Version[] = []
    for (let round = 0; round < 3; round++) {
      versions.push(await put('session:1', 'a', 3_600_000), await put('session:1', 'b', 200))
      await suite.elapse(201)
      expect(await read('session:1')).toBeUndefined()
      versions.push(await put('session:1', 'c'))
      await commit([{ name: 'session:1', expectedVersion: versions.at(-1), write: { kind: 'delete' } }])
    }
    expect(new Set(versions).size).toBe(versions.length)
    expect(versions.toSorted()).toEqual(versions)
  })
}

function testLifecycle(suite: Suite): void {
  const { open } = suite

  it('answers a ping', async () => {
    await expect(suite.store().ping()).resolves.toBeUndefined()
  })

  it('agrees with a simple model for any sequence of commits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { bucket, commit, journal, nowMs } = await open()
        const model = createModel()
        for (const { changes, entries, late } of steps) {
          const until = late ? nowMs - 1 : undefined
          const commitChanges = changes.map(({ name, knows, write }) => ({
            name,
            expectedVersion: model.expectation(name, knows),
            write,
          }))
          expect((await commit(commitChanges, entries, until)).kind).toBe(
            model.commit(commitChanges, entries, late),
          )
          const { records } = await suite.store().load(bucket, names)
          model.verify(records)
        }
        expect((await journal()).map(({ entry }) => entry)).toEqual(model.entries)
      }),
      { numRuns: 60 },
    )
  })

  it('rejects every operation after it is closed', async () => {
    const { store: closing, close } = await suite.create()
    await closing.close()
    const unavailable = expect.objectContaining({ code: 'USSD_STORE_UNAVAILABLE' })
    await expect(closing.load(1, ['session:1'])).rejects.toEqual(unavailable)
    await expect(
      closing.commit({ bucket: 1, changes: [], journal: [], deadlineMs: Infinity }),
    ).rejects.toEqual(unavailable)
    await expect(closing.readJournal(1, undefined, 1)).rejects.toEqual(unavailable)
    await expect(closing.ping()).rejects.toEqual(unavailable)
    await expect(closing.close()).resolves.toBeUndefined()
    await close()
  })
}

function write(name: string, expected: Version | undefined, value: string, ttlMs?: number): Change {
  return {
    name,
    expectedVersion: expected,
    write: { kind: 'put', value, ...(ttlMs === undefined ? {} : { ttlMs }) },
  }
}

const names = ['a:1', 'b:1', 'c:1'] as const

/** A writer's belief about a record: its current version, a past one, or that it is missing. */
type Belief = 'current' | 'past' | 'absent'

const change = fc.record({
  name: fc.constantFrom(...names),
  knows: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Belief>('current') },
    { weight: 1, arbitrary: fc.constantFrom<Belief>('past', 'absent') },
  ),
  write: fc.oneof(
    fc.record({ kind: fc.constant('put' as const), value: fc.string() }),
    fc.record({ kind: fc.constant('put' as const), value: fc.string(), ttlMs: fc.constant(3_600_000) }),
    fc.record({ kind: fc.constant('delete' as const) }),
    fc.record({ kind: fc.constant('keep' as const) }),
  ),
})

const step = fc.record({
  changes: fc.uniqueArray(change, { selector: ({ name }) => name, maxLength: names.length }),
  entries: fc.array(fc.string(), { maxLength: 2 }),
  late: fc.nat(9).map((n) => n === 0),
})

/** The simplest model of a store: values by name. Versions only need to differ. */
function createModel() {
  const values = new Map<string, string>()
  const versions = new Map<string, Version>()
  const past = new Map<string, Version[]>(names.map((name) => [name, []]))
  let written = new Set<string>()
  const entries: string[] = []

  return {
    entries,

    expectation(name: string, knows: Belief): Version | undefined {
      if (knows === 'absent') return undefined
      return knows === 'current' ? versions.get(name) : past.get(name)?.at(0)
    },

    commit(changes: readonly Change[], journal: readonly string[], late: boolean): CommitResult['kind'] {
      written = new Set()
      if (late) return 'late'
      if (changes.some(({ name, expectedVersion }) => versions.get(name) !== expectedVersion)) {
        return 'conflict'
      }
      for (const { name, write } of changes) {
        if (write.kind === 'keep') continue
        written.add(name)
        values.delete(name)
        if (write.kind === 'put') values.set(name, write.value)
      }
      entries.push(...journal)
      return 'ok'
    },

    /** Compares the records loaded after a commit with the model, and learns the new versions. */
    verify(records: readonly (Versioned | undefined)[]): void {
      names.forEach((name, i) => {
        const record = records[i]
        expect(record?.value).toBe(values.get(name))
        if (written.has(name)) {
          if (record) {
            expect(past.get(name)).not.toContain(record.version)
            past.get(name)?.push(record.version)
            versions.set(name, record.version)
          } else versions.delete(name)
        } else expect(record?.version).toBe(versions.get(name))
      })
    },
  }
}
