import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Change, CommitResult, Store, Version, Versioned } from '../../src/gateway/ports.ts'

export interface StoreUnderTest {
  readonly store: Store
  /** Resolves when the clock of the store has moved on by more than that. */
  readonly elapse: (ms: number) => Promise<void>
  /** Whatever must be undone after the suite. */
  readonly close: () => Promise<void>
}

let buckets = 0
/** A bucket nobody has written to. */
const freshBucket = () => ++buckets

/** The suite that every store passes. */
export function conforms(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`the ${name} store`, () => {
    let under: StoreUnderTest
    let store: Store
    beforeAll(async () => {
      under = await create()
      store = under.store
    })
    afterAll(() => under.close())

    /** A bucket, with what most tests do to it. */
    async function open() {
      const bucket = freshBucket()
      const { nowMs } = await store.load(bucket, [])
      const deadlineMs = nowMs + 3_600_000
      const read = async (record: string) => (await store.load(bucket, [record])).records[0]
      const commit = (changes: readonly Change[], journal: readonly string[] = [], until = deadlineMs) =>
        store.commit({ bucket, changes, journal, deadlineMs: until })
      const put = async (record: string, value: string, ttlMs?: number): Promise<Version> => {
        // A record with a short life may expire between reading and writing.
        for (;;) {
          const { kind } = await commit([write(record, (await read(record))?.version, value, ttlMs)])
          if (kind === 'ok') return (await read(record))?.version ?? ''
        }
      }
      const journal = async (after?: string, limit = 1000) => store.readJournal(bucket, after, limit)
      return { bucket, read, commit, put, journal, nowMs }
    }

    it('loads nothing where nothing is, and its clock', async () => {
      const { bucket } = await open()
      const { records, nowMs } = await store.load(bucket, ['session:1', 'subscriber:1'])
      expect(records).toEqual([undefined, undefined])
      expect(Number.isSafeInteger(nowMs)).toBe(true)
      await under.elapse(2)
      expect((await store.load(bucket, [])).nowMs).toBeGreaterThan(nowMs)
    })

    it('loads records in the order of their names, each with a version of 16 digits', async () => {
      const { bucket, put } = await open()
      const version = await put('session:1', 'one')
      await put('subscriber:1', 'two')
      const { records } = await store.load(bucket, ['subscriber:1', 'nobody:1', 'session:1'])
      expect(records).toEqual([
        { version: expect.stringMatching(/^\d{16}$/), value: 'two' },
        undefined,
        { version, value: 'one' },
      ])
    })

    it('keeps text as it is', async () => {
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

    it('answers a commit with the version of what it has put', async () => {
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

    it('refuses a commit that runs before the moment of its load, because the clock was set back', async () => {
      const { bucket, read, nowMs } = await open()
      const changes = [write('session:1', undefined, 'a')]
      const commitAt = (loadedMs: number) =>
        store.commit({ bucket, changes, journal: [], deadlineMs: nowMs + 7_200_000, loadedMs })
      expect(await commitAt(nowMs + 3_600_000)).toEqual({ kind: 'late' })
      expect(await read('session:1')).toBeUndefined()
      expect(await commitAt(nowMs)).toMatchObject({ kind: 'ok' })
    })

    it('keeps buckets apart', async () => {
      const { put } = await open()
      await put('session:1', 'mine')
      const other = await open()
      expect(await other.read('session:1')).toBeUndefined()
    })

    it('writes records and journal together', async () => {
      const { read, commit, journal } = await open()
      const changes = [write('session:1', undefined, 'a'), write('subscriber:1', undefined, 'b')]
      expect(await commit(changes, ['{"n":1}', '{"n":2}'])).toMatchObject({ kind: 'ok' })
      expect((await read('session:1'))?.value).toBe('a')
      expect((await read('subscriber:1'))?.value).toBe('b')
      expect((await journal()).map(({ entry }) => entry)).toEqual(['{"n":1}', '{"n":2}'])
    })

    it('commits a journal entry alone', async () => {
      const { commit, journal } = await open()
      expect(await commit([], ['alone'])).toMatchObject({ kind: 'ok' })
      expect((await journal()).map(({ entry }) => entry)).toEqual(['alone'])
    })

    it.each<[string, (seen: { old: Version; now: Version }) => Version | undefined]>([
      ['a record that has moved', ({ old }) => old],
      ['a record that was expected not to be there', () => undefined],
      ['a version that never was', () => '0000000000000001'],
    ])('writes nothing on a conflict: %s', async (_, expected) => {
      const { put, read, commit, journal } = await open()
      const old = await put('subscriber:1', 'first')
      const now = await put('subscriber:1', 'second')
      const moved = expected({ old, now })
      const before = [write('session:1', undefined, 'x'), write('subscriber:1', moved, 'third')]
      expect(await commit(before, ['no'])).toEqual({ kind: 'conflict' })
      expect(await commit(before.toReversed(), ['no'])).toEqual({ kind: 'conflict' })
      expect(await read('session:1')).toBeUndefined()
      expect(await read('subscriber:1')).toEqual({ version: now, value: 'second' })
      expect(await journal()).toEqual([])
    })

    it('conflicts with a record that is expected and gone', async () => {
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

    it('writes nothing when it is late, whatever the versions', async () => {
      const { put, read, commit, journal, nowMs } = await open()
      const version = await put('subscriber:1', 'first')
      await under.elapse(1)
      const changes = [write('session:1', undefined, 'x'), write('subscriber:1', version, 'second')]
      expect(await commit(changes, ['no'], nowMs)).toEqual({ kind: 'late' })
      expect(await commit([write('session:1', version, 'x')], [], nowMs)).toEqual({ kind: 'late' })
      expect(await commit(changes, ['no'], Number.NaN)).not.toMatchObject({ kind: 'ok' })
      expect(await read('session:1')).toBeUndefined()
      expect(await read('subscriber:1')).toEqual({ version, value: 'first' })
      expect(await journal()).toEqual([])
    })

    it('checks a record that stays the same and does not touch it', async () => {
      const { put, read, commit } = await open()
      const version = await put('subscriber:1', 'a')
      const same = (expected: Version | undefined): Change => ({
        name: 'subscriber:1',
        expectedVersion: expected,
        write: { kind: 'keep' },
      })
      expect(await commit([same(version), write('session:1', undefined, 'x')])).toMatchObject({ kind: 'ok' })
      expect(await read('subscriber:1')).toEqual({ version, value: 'a' })
      expect(await commit([same(undefined), write('session:2', undefined, 'x')])).toEqual({
        kind: 'conflict',
      })
      expect(await read('session:2')).toBeUndefined()
    })

    it('leaves a record that stays the same its time to live', async () => {
      const { put, read, commit } = await open()
      const version = await put('session:1', 'a', 200)
      await commit([{ name: 'session:1', expectedVersion: version, write: { kind: 'keep' } }])
      await under.elapse(201)
      expect(await read('session:1')).toBeUndefined()
    })

    it('removes a record, and removes none where none is', async () => {
      const { put, read, commit } = await open()
      const version = await put('session:1', 'a')
      const gone = (name: string, expected?: Version): Change => ({
        name,
        expectedVersion: expected,
        write: { kind: 'delete' },
      })
      expect(await commit([gone('session:1', version), gone('session:2')])).toMatchObject({ kind: 'ok' })
      expect(await read('session:1')).toBeUndefined()
    })

    it('lets a record expire, after its time to live and not before', async () => {
      const { put, read } = await open()
      await put('session:1', 'short', 50)
      await put('session:2', 'long', 3_600_000)
      await put('session:3', 'stays')
      expect((await read('session:2'))?.value).toBe('long')
      await under.elapse(51)
      expect(await read('session:1')).toBeUndefined()
      expect((await read('session:2'))?.value).toBe('long')
      expect((await read('session:3'))?.value).toBe('stays')
    })

    it('gives a record that is written again the new time to live, or none', async () => {
      const { put, read } = await open()
      await put('session:1', 'a', 50)
      await put('session:1', 'b')
      await put('session:2', 'a')
      await put('session:2', 'b', 50)
      await under.elapse(51)
      expect((await read('session:1'))?.value).toBe('b')
      expect(await read('session:2')).toBeUndefined()
    })

    it('never gives a version twice, also not after the record expired or was removed', async () => {
      const { put, read, commit } = await open()
      const versions: Version[] = []
      for (let round = 0; round < 3; round++) {
        versions.push(await put('session:1', 'a', 3_600_000), await put('session:1', 'b', 200))
        await under.elapse(201)
        expect(await read('session:1')).toBeUndefined()
        versions.push(await put('session:1', 'c'))
        await commit([{ name: 'session:1', expectedVersion: versions.at(-1), write: { kind: 'delete' } }])
      }
      expect(new Set(versions).size).toBe(versions.length)
      expect(versions.toSorted()).toEqual(versions)
    })

    it('lets one of 64 commits on the same version through', async () => {
      const { put, read, commit, journal } = await open()
      const version = await put('subscriber:1', 'a')
      const all = await Promise.all(
        Array.from({ length: 64 }, (_, i) => commit([write('subscriber:1', version, `${i}`)], [`${i}`])),
      )
      expect(all.filter(({ kind }) => kind === 'ok')).toHaveLength(1)
      expect(all.filter(({ kind }) => kind === 'conflict')).toHaveLength(63)
      const winner = all.findIndex(({ kind }) => kind === 'ok')
      expect((await read('subscriber:1'))?.value).toBe(`${winner}`)
      expect((await journal()).map(({ entry }) => entry)).toEqual([`${winner}`])
    })

    it('settles records that stand, and leaves them as they are, with their times to live', async () => {
      const { bucket, put, read } = await open()
      await put('subscriber:1', 'stays')
      await put('session:1', 'goes', 100)
      const before = [await read('subscriber:1'), await read('session:1')]
      const standing = [
        { name: 'subscriber:1', expectedVersion: before[0]?.version },
        { name: 'session:1', expectedVersion: before[1]?.version },
        { name: 'login:1', expectedVersion: undefined },
      ]
      if (before[1]) expect(await store.ensureReplicated(bucket, standing)).toMatchObject({ kind: 'ok' })
      expect(await read('subscriber:1')).toEqual(before[0])
      expect(await read('login:1')).toBeUndefined()
      await under.elapse(100)
      expect(await read('session:1')).toBeUndefined()
    })

    it('reads the journal in order, in parts, behind an entry', async () => {
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

    it('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined()
    })

    it('behaves as a simple model does, whatever is committed in whatever order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const { bucket, commit, journal, nowMs } = await open()
          const model = createModel()
          for (const { changes, entries, late } of steps) {
            const until = late ? nowMs - 1 : undefined
            const asked = changes.map(({ name, knows, write }) => ({
              name,
              expectedVersion: model.expectation(name, knows),
              write,
            }))
            expect((await commit(asked, entries, until)).kind).toBe(model.commit(asked, entries, late))
            const { records } = await store.load(bucket, names)
            model.verify(records)
          }
          expect((await journal()).map(({ entry }) => entry)).toEqual(model.entries)
        }),
        { numRuns: 60 },
      )
    })

    it('rejects everything once it is closed', async () => {
      const { store: closing, close } = await create()
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

/** What a writer believes about a record: how it is, how it was once, that it is not there. */
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

/** What a store does, said in the simplest way: values by name; versions are only told apart. */
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
      if (changes.some(({ name, expectedVersion: expected }) => versions.get(name) !== expected))
        return 'conflict'
      for (const { name, write: to } of changes) {
        if (to.kind === 'keep') continue
        written.add(name)
        values.delete(name)
        if (to.kind === 'put') values.set(name, to.value)
      }
      entries.push(...journal)
      return 'ok'
    },

    /** Holds what was loaded after the commit against the model, and learns the new versions. */
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
