import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { bucketOf } from '../../../src/gateway/records/records.ts'
import { accessStates } from '../../../menus/record.ts'
import type { Access } from '../../../menus/record.ts'
import { administeredStates } from '../../../menus/services/administration.ts'
import type { AdministeredState } from '../../../menus/services/administration.ts'
import { createOffice } from '../../support/administration.ts'
import { dialogue } from '../../support/gateway.ts'
import { stores } from '../../support/redis/stores.ts'
import type { StoreUnderTest } from '../../support/redis/stores.ts'

const puk1 = '12345678'
const password = '80291'
const stranger = '+375297654321'

let numbers = 0
/** Returns an unused number. */
const fresh = () => `+37529${String(2_000_000 + numbers++)}`

const opened = 'access-opened by administrator'
const closed = 'access-closed by administrator'

describe.each(Object.entries(stores))('administrators over the %s store', (_name, create) => {
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
    await office.register(chief, { client: 'acme', role: 'administrator', password })
    await office.register(member, { client: 'acme', puk1, password })
  })

  const set = (access: AdministeredState, msisdn = member, by = chief) =>
    office.administration.setAccess({ by, msisdn, access })
  const accessOf = async (msisdn: string) => (await office.recordOf(msisdn))?.access

  describe('setAccess (L8, L9)', () => {
    it.each<[Access, AdministeredState, Access, string[]]>([
      ['open', 'closed', 'closed-by-organisation', [closed]],
      ['open', 'open', 'open', []],
      ['closed-by-organisation', 'open', 'open', [opened]],
      ['closed-by-organisation', 'closed', 'closed-by-organisation', []],
      ['closed-by-subscriber', 'open', 'open', [opened]],
      ['closed-by-subscriber', 'closed', 'closed-by-organisation', [closed]],
    ])('changes %s, requested %s, to %s', async (before, access, after, journal) => {
      await office.register(member, { access: before })
      const record = await office.recordOf(member)
      expect(await set(access)).toBe(true)
      expect(await office.recordOf(member)).toEqual({
        ...record,
        access: after,
        ...(journal.length > 0 && { version: expect.not.stringMatching(record?.version ?? '') }),
      })
      expect(await office.journalOf(member)).toEqual(journal)
    })

    it('gives every change a unique id in the journal', async () => {
      for (const access of ['closed', 'open', 'closed'] as const) await set(access)
      const entries = await under.store.readJournal(bucketOf(member), undefined, 10_000)
      const ids = entries.map(({ entry }) => (JSON.parse(entry) as { id: string }).id)
      expect(new Set(ids).size).toBe(ids.length)
    })

    it('closes access so that PUK1 cannot open it', async () => {
      await set('closed')
      const phone = dialogue(office.gateway, member)
      expect(await phone.dial('*141*3*6#')).toEqual({
        text: expect.stringContaining('closed by your organisation'),
        waits: false,
      })
    })

    it('changes access of another administrator of the client', async () => {
      await office.register(member, { role: 'administrator' })
      expect(await set('closed')).toBe(true)
      expect(await accessOf(member)).toBe('closed-by-organisation')
    })
  })

  describe('setAccess is refused without a write', () => {
    const expectRefused = async (msisdn = member, by = chief) => {
      const before = [await office.recordOf(msisdn), await office.recordOf(by)]
      const journal = await office.journalOf(msisdn)
      for (const access of administeredStates) expect(await set(access, msisdn, by)).toBe(false)
      expect([await office.recordOf(msisdn), await office.recordOf(by)]).toEqual(before)
      expect(await office.journalOf(msisdn)).toEqual(journal)
    }

    it.each(accessStates)('for a subscriber of another client, %s', async (access) => {
      await office.register(member, { client: 'globex', access })
      await expectRefused()
    })

    it.each(['Acme', 'acme ', 'acm'])('for a client named nearly the same: "%s"', async (client) => {
      await office.register(member, { client })
      await expectRefused()
    })

    it('for a subscriber without a client', async () => {
      await office.register(member, { client: null })
      await expectRefused()
    })

    it('to an administrator without a client, even for members without one and the own number', async () => {
      await office.register(chief, { client: null })
      await expectRefused()
      await office.register(member, { client: null })
      await expectRefused()
      await expectRefused(chief)
    })

    it('to a subscriber who is not an administrator, even for the own number', async () => {
      await office.register(chief, { role: 'subscriber' })
      await expectRefused()
      await expectRefused(chief)
    })

    it('for an unknown number, and stores no record', async () => {
      await expectRefused(stranger)
      expect(await office.recordOf(stranger)).toBeUndefined()
    })

    it('to an unknown number', async () => {
      await expectRefused(member, stranger)
    })

    it.each(['sim-lost', 'restricted'] as const)(
      'for access closed by the operator: %s',
      async (closedBecause) => {
        await office.register(member, { access: 'closed-by-operator', closedBecause })
        await expectRefused()
      },
    )

    it.each(accessStates.filter((access) => access !== 'open'))(
      'to an administrator whose own access is %s',
      async (access) => {
        await office.register(chief, { access })
        await expectRefused()
        expect(await set('open', chief)).toBe(false)
        expect(await accessOf(chief)).toBe(access)
      },
    )

    it('for all records, unless an administrator of the same client requests it', async () => {
      const fields = {
        role: fc.constantFrom('subscriber' as const, 'administrator' as const),
        client: fc.constantFrom('acme', 'globex', null),
        access: fc.constantFrom(...accessStates),
      }
      const requested = fc.constantFrom(...administeredStates)
      await fc.assert(
        fc.asyncProperty(fc.record(fields), fc.record(fields), requested, async (by, of, access) => {
          await office.register(chief, by)
          await office.register(member, of)
          const isAllowed =
            by.role === 'administrator' &&
            by.client !== null &&
            by.access === 'open' &&
            by.client === of.client
          const isDone = await set(access)
          expect(isDone).toBe(isAllowed && of.access !== 'closed-by-operator')
          const after = access === 'open' ? 'open' : 'closed-by-organisation'
          expect(await accessOf(member)).toBe(isDone ? after : of.access)
        }),
        { numRuns: 60 },
      )
    })
  })

  describe('self-care sessions', () => {
    it('end when access is closed, and logins are refused until it is open', async () => {
      const token = await office.tokenOf(member, password)
      expect(await office.selfCare.use(token)).toMatchObject({ msisdn: member })
      await set('closed')
      expect(await office.selfCare.use(token)).toBeUndefined()
      await expect(office.tokenOf(member, password)).rejects.toThrow('refused')
      await set('open')
      expect(await office.selfCare.use(token)).toBeUndefined()
      expect(await office.tokenOf(member, password)).toMatch(/./)
    })

    it('end when administrators close their own access', async () => {
      const token = await office.tokenOf(chief, password)
      expect(await set('closed', chief)).toBe(true)
      expect(await accessOf(chief)).toBe('closed-by-organisation')
      expect(await office.journalOf(chief)).toEqual([closed])
      expect(await office.selfCare.use(token)).toBeUndefined()
    })
  })
})
