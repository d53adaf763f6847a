import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { UssdError } from '../../../src/engine/errors.ts'
import type { Store } from '../../../src/gateway/ports.ts'
import type { Access } from '../../../menus/record.ts'
import type { AdministeredState } from '../../../menus/services/administration.ts'
import { createOffice, beforeFirstCommit } from '../../support/administration.ts'
import { dialogue } from '../../support/gateway.ts'
import { stores } from '../../support/redis/stores.ts'
import type { StoreUnderTest } from '../../support/redis/stores.ts'

const puk1 = '12345678'

let numbers = 0
/** Returns an unused number. */
const fresh = () => `+37529${String(2_000_000 + numbers++)}`

const opened = 'access-opened by administrator'
const closed = 'access-closed by administrator'

describe.each(Object.entries(stores))('concurrent administration over the %s store', (_name, create) => {
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

  describe('during setAccess', () => {
    /** Sets access, and runs `interfere` between the load and the commit. */
    const setWhile = (access: AdministeredState, interfere: () => Promise<unknown>, msisdn = member) =>
      office.another(beforeFirstCommit(under.store, interfere)).setAccess({ by: chief, msisdn, access })

    /** The subscriber closes access by `*141*3*6#`. */
    async function closeByPhone() {
      const phone = dialogue(office.gateway, member)
      await phone.dial('*141*3*6#')
      await phone.type('1')
      await phone.type('2')
    }

    it('the subscriber opens and closes: the administrator opens it last', async () => {
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

    it("the subscriber closes, too: the closing is the organisation's", async () => {
      expect(await setWhile('closed', closeByPhone)).toBe(true)
      expect(await accessOf(member)).toBe('closed-by-organisation')
      expect(await office.journalOf(member)).toEqual(['access-closed by subscriber', closed])
    })

    it('the operator closes: access stays closed by the operator', async () => {
      await set('closed')
      const lost = { access: 'closed-by-operator', closedBecause: 'sim-lost' } as const
      expect(await setWhile('open', () => office.register(member, lost))).toBe(false)
      expect(await office.recordOf(member)).toMatchObject(lost)
      expect(await office.journalOf(member)).toEqual([closed])
    })

    it('the subscriber moves to another client: access stays unchanged', async () => {
      expect(await setWhile('closed', () => office.register(member, { client: 'globex' }))).toBe(false)
      expect(await office.recordOf(member)).toMatchObject({ client: 'globex', access: 'open' })
    })

    it('the administrator loses the role before the retry: the request is refused', async () => {
      const interfere = () =>
        Promise.all([
          office.register(chief, { role: 'subscriber' }),
          office.register(member, { tariff: 'Комфорт' }),
        ])
      expect(await setWhile('closed', interfere)).toBe(false)
      expect(await accessOf(member)).toBe('open')
    })

    it('the administrator loses the role after the load of the subscriber: the request is refused', async () => {
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

    it('another administrator closes in another process: one change', async () => {
      const second = fresh()
      await office.register(second, { client: 'acme', role: 'administrator' })
      const request = { by: second, msisdn: member, access: 'closed' } as const
      const done = await setWhile('closed', () => office.another().setAccess(request))
      expect(done).toBe(true)
      expect(await office.journalOf(member)).toEqual([closed])
    })

    it('another administrator closes the access of the first: closing succeeds once, opening is refused', async () => {
      const second = fresh()
      await office.register(second, { client: 'acme', role: 'administrator' })
      const closeChief = () => office.another().setAccess({ by: second, msisdn: chief, access: 'closed' })
      expect(await setWhile('closed', closeChief, chief)).toBe(true)
      expect(await office.journalOf(chief)).toEqual([closed])
      expect(await set('open', chief)).toBe(false)
    })

    it('any sequence of concurrent changes is consistent with the journal', async () => {
      const processes = [office.administration, office.another(), office.another()]
      const requests = fc.array(fc.constantFrom('open' as const, 'closed' as const, 'phone' as const), {
        minLength: 2,
        maxLength: 5,
      })
      await fc.assert(
        fc.asyncProperty(requests, async (sequence) => {
          member = fresh()
          await office.register(member, { client: 'acme', puk1 })
          const send = async (request: AdministeredState | 'phone', i: number) => {
            if (request !== 'phone') {
              return processes[i % 3]?.setAccess({ by: chief, msisdn: member, access: request })
            }
            await closeByPhone()
            return true
          }
          const outcomes = await Promise.all(sequence.map(send))
          expect(outcomes).toEqual(sequence.map(() => true))
          let access: Access = 'open'
          for (const entry of await office.journalOf(member)) {
            const next = accessAfter[entry]
            expect(next).not.toBe(access)
            access = next ?? access
          }
          expect(await accessOf(member)).toBe(access)
        }),
        { numRuns: 25 },
      )
    })
  })

  describe('when the store is faulty', () => {
    /** Wraps a store: the reply to its first commit is lost. */
    const losingFirstReply = (store: Store): Store => {
      let isFirst = true
      return {
        ...store,
        async commit(commit) {
          const committed = await store.commit(commit)
          if (!isFirst) return committed
          isFirst = false
          throw new UssdError('USSD_STORE_UNAVAILABLE')
        },
      }
    }

    it.each(['the subscriber', 'the administrator'])(
      'a lost reply to a change of %s: it counts once',
      async (target) => {
        const msisdn = target === 'the subscriber' ? member : chief
        const request = { by: chief, msisdn, access: 'closed' } as const
        expect(await office.another(losingFirstReply(under.store)).setAccess(request)).toBe(true)
        expect(await office.journalOf(msisdn)).toEqual([closed])
      },
    )

    it('rejects when the store never replies', async () => {
      const unreachable: Store = {
        ...under.store,
        load: async () => {
          throw new UssdError('USSD_STORE_UNAVAILABLE')
        },
      }
      const request = { by: chief, msisdn: member, access: 'closed' } as const
      const unavailable = { code: 'USSD_STORE_UNAVAILABLE' }
      await expect(office.another(unreachable).setAccess(request)).rejects.toMatchObject(unavailable)
    })
  })
})

/** The access after each journal entry. */
const accessAfter: Readonly<Record<string, Access>> = {
  [opened]: 'open',
  [closed]: 'closed-by-organisation',
  'access-closed by subscriber': 'closed-by-subscriber',
}
