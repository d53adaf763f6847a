import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { UssdError } from '../../src/engine/errors.ts'
import type { Store } from '../../src/gateway/ports.ts'
import type { Access } from '../../src/gateway/records/subscriber.ts'
import type { AdministeredState } from '../../src/services/administration.ts'
import { createOffice, meanwhile } from '../support/administration.ts'
import { dialogue } from '../support/gateway.ts'
import { stores } from '../support/redis/stores.ts'
import type { StoreUnderTest } from '../support/redis/stores.ts'

const puk1 = '12345678'

let numbers = 0
/** A number nobody has. */
const fresh = () => `+37529${String(2_000_000 + numbers++)}`

const opened = 'access-opened by administrator'
const closed = 'access-closed by administrator'

describe.each(Object.entries(stores))('administrators among others, over the %s store', (_name, create) => {
  let under: StoreUnderTest
  let office: ReturnType<typeof createOffice>
  let chief: string
  let member: string
  beforeAll(async () => {
    under = await create()
    office = createOffice(under.store)
  })
  afterAll(() => under.close())
  beforeEach(async () => {
    chief = fresh()
    member = fresh()
    await office.register(chief, { client: 'acme', role: 'administrator' })
    await office.register(member, { client: 'acme', puk1 })
  })

  const set = (access: AdministeredState, msisdn = member) =>
    office.administration.setAccess({ by: chief, msisdn, access })
  const accessOf = async (msisdn: string) => (await office.recordOf(msisdn))?.access

  describe('at the same time', () => {
    /** The administrator's order, with something else between its load and its commit. */
    const setWhile = (access: AdministeredState, happens: () => Promise<unknown>, msisdn = member) =>
      office.another(meanwhile(under.store, happens)).setAccess({ by: chief, msisdn, access })

    /** The subscriber closes access by `*141*3*6#`. */
    async function closeByPhone() {
      const phone = dialogue(office.gateway, member)
      await phone.dial('*141*3*6#')
      await phone.type('1')
      await phone.type('2')
    }

    it('the subscriber opens and closes while the administrator opens: it is opened last', async () => {
      await office.register(member, { access: 'closed-by-subscriber' })
      const done = await setWhile('open', async () => {
        const phone = dialogue(office.gateway, member)
        await phone.dial('*141*3*6#')
        await phone.type('1')
        await phone.type(puk1)
        await closeByPhone()
      })
      expect([done, await accessOf(member)]).toEqual([true, 'open'])
      expect(await office.journalOf(member)).toEqual([
        'access-opened by subscriber',
        'access-closed by subscriber',
        opened,
      ])
    })

    it('the subscriber closes while the administrator closes: PUK1 does not open it', async () => {
      expect(await setWhile('closed', closeByPhone)).toBe(true)
      expect(await accessOf(member)).toBe('closed-by-organisation')
      expect(await office.journalOf(member)).toEqual(['access-closed by subscriber', closed])
    })

    it('the operator closes while the administrator opens: it stays closed by the operator', async () => {
      await set('closed')
      const lost = { access: 'closed-by-operator', closedBecause: 'sim-lost' } as const
      expect(await setWhile('open', () => office.register(member, lost))).toBe(false)
      expect(await office.recordOf(member)).toMatchObject(lost)
      expect(await office.journalOf(member)).toEqual([closed])
    })

    it('the subscriber moves to another client: the next one is not touched', async () => {
      expect(await setWhile('closed', () => office.register(member, { client: 'globex' }))).toBe(false)
      expect(await office.recordOf(member)).toMatchObject({ client: 'globex', access: 'open' })
    })

    it('the administrator is one no more when the order is carried out again', async () => {
      const happens = () =>
        Promise.all([
          office.register(chief, { role: 'subscriber' }),
          office.register(member, { tariff: 'Комфорт' }),
        ])
      expect(await setWhile('closed', happens)).toBe(false)
      expect(await accessOf(member)).toBe('open')
    })

    it('the administrator is one no more before the own record is read, after the subscriber was loaded', async () => {
      const { store } = under
      const late: Store = {
        ...store,
        async load(bucket, names) {
          const loaded = await store.load(bucket, names)
          if (names.join().includes(member.slice(1))) await office.register(chief, { role: 'subscriber' })
          return loaded
        },
      }
      expect(await office.another(late).setAccess({ by: chief, msisdn: member, access: 'closed' })).toBe(
        false,
      )
      expect(await accessOf(member)).toBe('open')
    })

    it('two administrators close at once, in two processes: one change', async () => {
      const second = fresh()
      await office.register(second, { client: 'acme', role: 'administrator' })
      const order = { msisdn: member, access: 'closed' } as const
      const done = await setWhile('closed', () => office.another().setAccess({ by: second, ...order }))
      expect(done).toBe(true)
      expect(await office.journalOf(member)).toEqual([closed])
    })

    it('an administrator loses the own access to another: closing goes through once, opening does not', async () => {
      const second = fresh()
      await office.register(second, { client: 'acme', role: 'administrator' })
      const closeChief = () => office.another().setAccess({ by: second, msisdn: chief, access: 'closed' })
      expect(await setWhile('closed', closeChief, chief)).toBe(true)
      expect(await office.journalOf(chief)).toEqual([closed])
      expect(await set('open', chief)).toBe(false)
    })

    it('whoever asks for whatever, the journal tells how access came to be as it is', async () => {
      const processes = [office.administration, office.another(), office.another()]
      const orders = fc.array(fc.constantFrom('open' as const, 'closed' as const, 'phone' as const), {
        minLength: 2,
        maxLength: 5,
      })
      await fc.assert(
        fc.asyncProperty(orders, async (given) => {
          member = fresh()
          await office.register(member, { client: 'acme', puk1 })
          const order = async (asked: AdministeredState | 'phone', i: number) => {
            if (asked !== 'phone')
              return processes[i % 3]?.setAccess({ by: chief, msisdn: member, access: asked })
            await closeByPhone()
            return true
          }
          const outcomes = await Promise.all(given.map(order))
          expect(outcomes).toEqual(given.map(() => true))
          let access: Access = 'open'
          for (const entry of await office.journalOf(member)) {
            const becomes = became[entry]
            expect(becomes).not.toBe(access)
            access = becomes ?? access
          }
          expect(await accessOf(member)).toBe(access)
        }),
        { numRuns: 25 },
      )
    })
  })

  describe('when the store does not confirm', () => {
    /** The store, whose first commit is carried out and never confirmed. */
    const deafOnce = (store: Store): Store => {
      let heard = true
      return {
        ...store,
        async commit(commit) {
          const committed = await store.commit(commit)
          if (!heard) return committed
          heard = false
          throw new UssdError('USSD_STORE_UNAVAILABLE')
        },
      }
    }

    it.each(['the subscriber', 'the administrator'])('the change of %s stands, once', async (whose) => {
      const msisdn = whose === 'the subscriber' ? member : chief
      const order = { by: chief, msisdn, access: 'closed' } as const
      expect(await office.another(deafOnce(under.store)).setAccess(order)).toBe(true)
      expect(await office.journalOf(msisdn)).toEqual([closed])
    })

    it('rejects when it never answers', async () => {
      const gone: Store = {
        ...under.store,
        load: async () => {
          throw new UssdError('USSD_STORE_UNAVAILABLE')
        },
      }
      const order = { by: chief, msisdn: member, access: 'closed' } as const
      const unavailable = { code: 'USSD_STORE_UNAVAILABLE' }
      await expect(office.another(gone).setAccess(order)).rejects.toMatchObject(unavailable)
    })
  })
})

/** What an entry of the journal says access became. */
const became: Readonly<Record<string, Access>> = {
  [opened]: 'open',
  [closed]: 'closed-by-organisation',
  'access-closed by subscriber': 'closed-by-subscriber',
}
