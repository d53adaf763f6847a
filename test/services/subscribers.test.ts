import project from '../../menus/index.ts'
import { demoOf } from '../../src/project.ts'
import { subscriberInput } from '../../src/services/subscriber-input.ts'
import { beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { languages } from '../../menus/languages.ts'
import { Secret } from '../../src/engine/secret.ts'
import { accessStates, record } from '../../menus/record.ts'
import { newSubscriber } from '../support/record.ts'
import type { JournalRecord } from '../../src/gateway/records/draft.ts'
import { demoSubscribers } from '../../menus/demo.ts'
import { registerDemoSubscribers } from '../../src/services/demo.ts'
import type { SubscriberPatch } from '../../src/services/subscriber-input.ts'
import { allowsPasswordByPuk1 } from '../../menus/services/tariffs.ts'
import { createBench } from '../support/self-care.ts'

const msisdn = '+375291234567'
const secrets = /12345678|80291|hash|key|Generation/

let bench: ReturnType<typeof createBench>
beforeEach(() => {
  bench = createBench()
})

const newView = {
  msisdn,
  language: 'ru',
  tariff: '',
  client: null,
  role: 'subscriber',
  registrationByPuk1: false,
  access: 'open',
  closedBecause: null,
  puk1AttemptsLeft: 10,
  hasPuk1: false,
  hasPassword: false,
}

const fields = fc.record<Required<Omit<SubscriberPatch, 'puk1' | 'password' | 'puk1AttemptsLeft'>>, never>(
  {
    language: fc.constantFrom(...languages),
    tariff: fc.string(),
    client: fc.option(fc.string({ minLength: 1 })),
    role: fc.constantFrom('subscriber', 'administrator'),
    registrationByPuk1: fc.boolean(),
    access: fc.constantFrom(...accessStates),
    closedBecause: fc.constantFrom('sim-lost', 'restricted', null),
  },
  { requiredKeys: [] },
)

/** Patches that the routes accept, as the schema completes them. */
const input = subscriberInput(record, languages)
const sent = fields.filter((patch) => input.safeParse(patch).success).map((patch) => input.parse(patch))

describe('putting a subscriber', () => {
  it('creates one with open access and no password (L1)', async () => {
    expect(await bench.subscribers.put(msisdn, {})).toEqual({ created: true, view: newView })
    expect(await bench.subscribers.get(msisdn)).toEqual(newView)
  })

  it('keeps fields absent from the patch, and drops closedBecause unless the operator closed access', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { minLength: 1, maxLength: 5 }), async (patches) => {
        bench = createBench()
        let expected: Record<string, unknown> = newView
        for (const [i, patch] of patches.entries()) {
          expected = { ...expected, ...patch }
          if (expected['access'] !== 'closed-by-operator') expected = { ...expected, closedBecause: null }
          expect(await bench.subscribers.put(msisdn, patch)).toEqual({ created: i === 0, view: expected })
          expect(await bench.subscribers.get(msisdn)).toEqual(expected)
        }
      }),
    )
  })

  it('changes access only when the patch contains it (L1)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...accessStates), fields, async (access, patch) => {
        bench = createBench()
        await bench.subscribers.put(msisdn, { access })
        const { access: _access, ...rest } = patch
        expect((await bench.subscribers.put(msisdn, rest)).view.access).toBe(access)
      }),
    )
  })

  it('reveals only the presence of secrets', async () => {
    const put = await bench.register(msisdn, { puk1: '12345678', password: '80291' })
    expect(put.view).toEqual({ ...newView, hasPuk1: true, hasPassword: true })
    for (const shown of [put, await bench.subscribers.get(msisdn), await bench.journalOf(msisdn)]) {
      expect(JSON.stringify(shown).replace(/hasP\w+/g, '')).not.toMatch(secrets)
    }
    for (const commit of bench.written) expect(commit).not.toMatch(/12345678"|"80291"/)
  })

  it('restores ten attempts for a new PUK1, or when the operator unlocks it', async () => {
    await bench.register(msisdn, { tariff: 'Интернет', puk1: '12345678' })
    const guess = (puk1: string) => bench.selfCare.setPassword(msisdn, new Secret(puk1), new Secret('80291'))
    for (let i = 0; i < 10; i++) await guess('00000000')
    expect(await bench.subscribers.get(msisdn)).toMatchObject({ puk1AttemptsLeft: 0 })
    await bench.register(msisdn, { tariff: 'Интернет-2' })
    expect(await bench.subscribers.get(msisdn)).toMatchObject({ puk1AttemptsLeft: 0 })
    await bench.register(msisdn, { puk1AttemptsLeft: 10 })
    expect(await guess('12345678')).toBe(true)
    for (let i = 0; i < 10; i++) await guess('00000000')
    await bench.register(msisdn, { puk1: '87654321' })
    expect(await bench.subscribers.get(msisdn)).toMatchObject({ puk1AttemptsLeft: 10 })
    expect(await guess('12345678')).toBe(false)
    expect(await guess('87654321')).toBe(true)
  })

  it('creates one record when called concurrently', async () => {
    const tariffs = Array.from({ length: 20 }, (_, i) => `Комфорт ${i}`)
    const puts = await Promise.all(tariffs.map((tariff) => bench.subscribers.put(msisdn, { tariff })))
    expect(puts.filter(({ created }) => created)).toHaveLength(1)
    expect(await bench.journalOf(msisdn)).toHaveLength(20)
    expect(await bench.subscribers.get(msisdn)).toMatchObject({ tariff: 'Комфорт 19' })
  })
})

describe('removing a subscriber', () => {
  it('deletes the record and returns true, then false', async () => {
    await bench.register(msisdn, { puk1: '12345678' })
    expect(await bench.subscribers.remove(msisdn)).toBe(true)
    expect(await bench.subscribers.get(msisdn)).toBeUndefined()
    expect(await bench.subscribers.remove(msisdn)).toBe(false)
  })

  it('leaves nothing for a new subscriber with the same number', async () => {
    await bench.register(msisdn, { tariff: 'Комфорт', client: 'acme', puk1: '12345678', password: '80291' })
    await bench.subscribers.remove(msisdn)
    expect(await bench.subscribers.put(msisdn, {})).toEqual({ created: true, view: newView })
  })

  it('returns false for an unknown number', async () => {
    expect(await bench.subscribers.get(msisdn)).toBeUndefined()
    expect(await bench.subscribers.remove(msisdn)).toBe(false)
    expect(await bench.journalOf(msisdn)).toEqual([])
  })
})

describe('the journal', () => {
  it('records changes by the operator and their time', async () => {
    await bench.register(msisdn)
    bench.elapse(1000)
    await bench.register(msisdn, { tariff: 'Комфорт', password: '80291' })
    bench.elapse(1000)
    await bench.subscribers.remove(msisdn)
    const journal = await bench.journalOf(msisdn)
    const startMs = journal[0]?.atMs ?? 0
    expect(journal.map(({ change, by, atMs }) => [change, by, atMs - startMs])).toEqual([
      ['subscriber-created', 'operator', 0],
      ['subscriber-changed', 'operator', 1000],
      ['password-set', 'operator', 1000],
      ['subscriber-removed', 'operator', 2000],
    ])
  })

  it('gives every change a unique id, even across numbers in the same millisecond', async () => {
    const numbers = Object.keys(demoSubscribers)
    for (const number of numbers) await bench.register(number)
    for (const number of numbers) await bench.register(number, { tariff: 'Комфорт', password: '80291' })
    for (const number of numbers) await bench.subscribers.remove(number)
    const entries = (await Promise.all(numbers.map((number) => bench.journalOf(number)))).flat()
    expect(entries).toHaveLength(4 * numbers.length)
    expect(repeatedIds(entries)).toEqual([])
  })

  it('gives unique ids when a number is registered again in the same millisecond', async () => {
    for (let i = 0; i < 3; i++) {
      await bench.register(msisdn)
      await bench.subscribers.remove(msisdn)
    }
    expect(repeatedIds(await bench.journalOf(msisdn))).toEqual([])
  })
})

const repeatedIds = (entries: JournalRecord[]) =>
  entries.map(({ id }) => id).filter((id, i, ids) => ids.indexOf(id) !== i)

describe('setting PUK1', () => {
  it('restores ten attempts for a different PUK1, and none for the same one', async () => {
    await bench.register(msisdn, { puk1: '12345678', registrationByPuk1: true })
    const guess = () => bench.selfCare.setPassword(msisdn, new Secret('00000000'), new Secret('80291'))
    await guess()
    await bench.register(msisdn, { puk1: '12345678' })
    expect(await bench.subscribers.get(msisdn)).toMatchObject({ puk1AttemptsLeft: 9 })
    await bench.register(msisdn, { puk1: '87654321' })
    expect(await bench.subscribers.get(msisdn)).toMatchObject({ puk1AttemptsLeft: 10 })
  })
})

describe('the demo subscribers', () => {
  it('are registered once, and changed records stay unchanged', async () => {
    await registerDemoSubscribers(bench.subscribers, demoOf(project))
    for (const [number, { puk1, ...patch }] of Object.entries(demoSubscribers)) {
      const {
        puk1: _puk1,
        puk1Pending: _pending,
        password: _password,
        passwordGeneration: _generation,
        ...open
      } = newSubscriber
      const hasPuk1 = puk1 !== undefined
      const view = { msisdn: number, ...open, language: 'ru', ...patch, hasPuk1, hasPassword: false }
      expect(await bench.subscribers.get(number)).toEqual(view)
    }
    await bench.register(msisdn, { access: 'closed-by-subscriber' })
    await registerDemoSubscribers(bench.subscribers, demoOf(project))
    expect(await bench.subscribers.get(msisdn)).toMatchObject({ access: 'closed-by-subscriber' })
  })

  it('have the documented PUK1', async () => {
    await registerDemoSubscribers(bench.subscribers, demoOf(project))
    const set = bench.selfCare.setPassword('+375291234560', new Secret('56789012'), new Secret('80291'))
    expect(await set).toBe(true)
  })
})

describe('a tariff plan', () => {
  it.each([
    'Видеонаблюдение',
    'СПУТНИКОВЫЙ МОНИТОРИНГ',
    ' видеонаблюдение',
    'Мобильный интернет',
    'ИНТЕРНЕТ 50',
    'Internet',
  ])('"%s" allows setting the password with PUK1', (tariff) =>
    expect(allowsPasswordByPuk1(tariff)).toBe(true),
  )

  it.each(['', 'Комфорт', 'Видео', 'Мониторинг', 'Инет'])('"%s" does not', (tariff) =>
    expect(allowsPasswordByPuk1(tariff)).toBe(false),
  )
})
