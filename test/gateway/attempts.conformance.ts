import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { createDigestArgon2 } from '../support/digest-argon2.ts'
import { UssdError } from '../../src/engine/errors.ts'
import { createKeyring } from '../../src/gateway/records/keyring.ts'
import type { Commit, Store } from '../../src/gateway/ports.ts'
import { bucketOf, subscriberName } from '../../src/gateway/records/records.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import type { Subscriber } from '../../menus/record.ts'
import { parseSubscriber } from '../support/record.ts'
import type { Argon2 } from '../../src/services/hashing/hashing.ts'
import { assemble, dialogue } from '../support/gateway.ts'
import type { StoreUnderTest } from '../support/redis/stores.ts'

let numbers = 0
const freshMsisdn = () => `+37529${String(5_000_000 + numbers++)}`

/** An Argon2 that counts comparisons. */
function createCountedArgon2() {
  const quick = createDigestArgon2()
  const counted = { compared: 0 }
  const argon2: Argon2 = {
    ...quick,
    verify(phc, digest) {
      counted.compared += 1
      return quick.verify(phc, digest)
    },
  }
  return { argon2, counted }
}

/** A store with a switchable fault in its commits. */
function createFaultyStore(store: Store) {
  let fault:
    | ((commit: Commit, commitNow: () => ReturnType<Store['commit']>) => ReturnType<Store['commit']>)
    | undefined
  const faulty: Store = {
    ...store,
    commit: (commit) => (fault ? fault(commit, () => store.commit(commit)) : store.commit(commit)),
  }
  return { store: faulty, use: (next: typeof fault) => void (fault = next) }
}

const rejectWrites = () => Promise.reject(new UssdError('USSD_STORE_REFUSED', { detail: 'OOM' }))
const isReserving = ({ changes }: Commit) =>
  changes.length === 1 && changes.some(({ write }) => write.kind === 'put' && /"owner"/.test(write.value))

/** The suite of PUK1 attempts over a store: at most ten guesses are compared, whatever fails. */
export function attemptsConform(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`attempts at PUK1 over the ${name} store`, () => {
    let under: StoreUnderTest
    beforeAll(async () => {
      under = await create()
    })
    afterAll(() => under.close())

    async function setUp() {
      const { store, use } = createFaultyStore(under.store)
      const { argon2, counted } = createCountedArgon2()
      const gateway = assemble(store, { argon2 })
      const msisdn = freshMsisdn()
      await gateway.register(msisdn, { puk1: '12345678', access: 'closed-by-subscriber' })
      counted.compared = 0
      const asked = async (session?: string) => {
        const phone = dialogue(gateway, msisdn, session)
        await phone.dial('*141*3*6#')
        await phone.type('1')
        return phone
      }
      const record = async (): Promise<Subscriber> => {
        const { records } = await under.store.load(bucketOf(msisdn), [subscriberName(msisdn)])
        return parseSubscriber(records[0]?.value ?? '')
      }
      return { gateway, msisdn, asked, record, counted, use, argon2, store }
    }

    it('compare nothing while the store rejects writes', async () => {
      const { asked, record, counted, use } = await setUp()
      const phones = await Promise.all(Array.from({ length: 20 }, () => asked()))
      use(rejectWrites)
      for (const [at, phone] of phones.entries()) {
        const guess = at === 7 ? '12345678' : String(30_000_000 + at)
        expect(await phone.type(guess)).toEqual({ text: systemMessages.unavailable.en, waits: false })
      }
      expect(counted.compared).toBe(0)
      expect(await record()).toMatchObject({ puk1AttemptsLeft: 10, puk1Pending: [] })
    })

    it('stay counted once when the store rejects the commit that reveals the outcome', async () => {
      const { asked, record, counted, use, gateway } = await setUp()
      const phone = await asked()
      use((commit, commitNow) => (isReserving(commit) ? commitNow() : rejectWrites()))
      expect((await phone.type('00000000')).text).toBe(systemMessages.unavailable.en)
      expect(await record()).toMatchObject({ puk1AttemptsLeft: 9, puk1Pending: [{ left: 9 }] })

      use(undefined)
      // A retry of the callback resumes its attempt.
      const later = await gateway.gateway.turn(phone.lastCallback())
      expect(later.text).toMatch(/^Wrong PUK1. Attempts left: 9\./)
      expect(await record()).toMatchObject({ puk1AttemptsLeft: 9, puk1Pending: [] })
      expect(await gateway.gateway.turn(phone.lastCallback())).toEqual(later)
      expect(counted.compared).toBe(2)
    })

    it('never exceed ten, including those never revealed', async () => {
      const { asked, record, counted, use } = await setUp()
      const phones = await Promise.all(Array.from({ length: 15 }, () => asked()))
      use((commit, commitNow) => (isReserving(commit) ? commitNow() : rejectWrites()))
      for (const [at, phone] of phones.entries()) await phone.type(String(30_000_000 + at))
      expect(counted.compared).toBe(10)
      expect((await record()).puk1AttemptsLeft).toBe(0)
      use(undefined)
      const phone = await asked()
      expect((await phone.type('1')).text).not.toMatch(/^Wrong PUK1/)
      expect(counted.compared).toBe(10)
    })

    it('are compared once per run, despite conflicting commits', async () => {
      const { asked, counted, use, msisdn, gateway } = await setUp()
      const phone = await asked()
      let moves = 3
      use(async (commit, commitNow) => {
        if (isReserving(commit) || moves-- <= 0 || commit.changes.length < 2) return commitNow()
        // Another writer changes the record between load and commit.
        use(undefined)
        await gateway.subscribers.put(msisdn, { tariff: `moved ${moves}` })
        return commitNow()
      })
      expect((await phone.type('00000000')).text).toMatch(/^Wrong PUK1. Attempts left: 9\./)
      expect(counted.compared).toBe(1)
    })

    it('compare again when the operator has replaced PUK1 since the comparison', async () => {
      const { asked, record, counted, use, msisdn, gateway } = await setUp()
      const phone = await asked()
      use(async (commit, commitNow) => {
        if (isReserving(commit)) return commitNow()
        use(undefined)
        await gateway.register(msisdn, { puk1: '87654321' })
        counted.compared = 0
        return commitNow()
      })
      expect((await phone.type('12345678')).text).toMatch(/^Wrong PUK1. Attempts left: 9\./)
      expect(counted.compared).toBe(1)
      expect(await record()).toMatchObject({ access: 'closed-by-subscriber', puk1AttemptsLeft: 9 })
      expect((await phone.type('87654321')).text).toMatch(/^Access to self-care is open/)
    })

    it('are released when no hash was started, without a receipt', async () => {
      const { asked, record, gateway, store } = await setUp()
      const quick = createDigestArgon2()
      let isBusy = true
      const busy: Argon2 = {
        ...quick,
        verify: (...args) =>
          isBusy ? Promise.reject(new UssdError('USSD_BUSY', { detail: 'hashing' })) : quick.verify(...args),
      }
      const other = assemble(store, { argon2: busy })
      const phone = await asked()
      const turn = phone.withInput('1*12345678')
      expect(await other.gateway.turn(turn)).toEqual({ text: systemMessages.busy.en, waits: false })
      expect(other.reports.at(-1)).toMatchObject({ outcome: 'busy', fault: 'USSD_BUSY' })
      expect(await record()).toMatchObject({ puk1AttemptsLeft: 10, puk1Pending: [] })
      isBusy = false
      expect((await other.gateway.turn(turn)).text).toMatch(/^Access to self-care is open/)
      expect(await gateway.journalOf(turn.msisdn)).toContain('access-opened')
    })

    it('are reset to ten by a correct guess, including those of other dialogues', async () => {
      const { asked, record, use } = await setUp()
      const [lost, right] = [await asked(), await asked()]
      use((commit, commitNow) => (isReserving(commit) ? commitNow() : rejectWrites()))
      await lost.type('00000000')
      use(undefined)
      expect((await right.type('12345678')).text).toMatch(/^Access to self-care is open/)
      expect(await record()).toMatchObject({ puk1AttemptsLeft: 10, puk1Pending: [], access: 'open' })
    })

    it('do not count when the secrets key of PUK1 is not configured', async () => {
      const { asked, record, counted, argon2, store } = await setUp()
      const other = createKeyring({ current: randomBytes(32) })
      const elsewhere = assemble(store, { argon2, keyring: other })
      const phone = await asked()
      await phone.type('00000000')
      const began = dialogue(elsewhere, phone.lastCallback().msisdn)
      await began.dial('*141*3*6#')
      await began.type('1')
      counted.compared = 0
      expect(await began.type('12345678')).toEqual({ text: systemMessages.unavailable.en, waits: false })
      expect(elsewhere.reports.at(-1)).toMatchObject({ outcome: 'unavailable', fault: 'USSD_KEY_UNKNOWN' })
      expect(counted.compared).toBe(0)
      expect(await record()).toMatchObject({ puk1AttemptsLeft: 9, puk1Pending: [] })
    })

    it('of duplicates at two processes are compared by one of them', async () => {
      const { asked, counted, argon2, store, gateway, record } = await setUp()
      const other = assemble(store, { argon2 })
      const phone = await asked()
      const turn = phone.withInput('1*00000000')
      const answers = await Promise.all([gateway.gateway.turn(turn), other.gateway.turn(turn)])
      expect(answers[0]).toEqual(answers[1])
      expect(answers[0]?.text).toMatch(/^Wrong PUK1. Attempts left: 9\./)
      expect(counted.compared).toBe(1)
      expect(await record()).toMatchObject({ puk1AttemptsLeft: 9, puk1Pending: [] })
    })
  })
}
