import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import project, { menus as realMenus } from '../../menus/index.ts'
import { UssdError } from '../../src/engine/errors.ts'
import type { Answer, Store } from '../../src/gateway/ports.ts'
import { bucketOf, sessionName, subscriberName } from '../../src/gateway/records/records.ts'
import { parseSubscriber } from '../support/record.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { pooledArgon2 } from '../../src/services/hashing/hashing.ts'
import type { Argon2 } from '../../src/services/hashing/hashing.ts'
import { assemble, dialogue } from '../support/gateway.ts'
import { counterMenu } from '../support/counter-menu.ts'
import type { StoreUnderTest } from '../support/redis/stores.ts'

let numbers = 0
/** A new, unused number. */
const freshMsisdn = () => `+37529${String(1_000_000 + numbers++)}`

const sentence = (name: keyof typeof systemMessages): Answer => ({
  text: systemMessages[name].en,
  waits: false,
})

/** The stored PHC string of a number's PUK1. */
async function storedPuk1(store: Store, msisdn: string): Promise<string> {
  const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
  return parseSubscriber(records[0]?.value ?? '').puk1?.hash ?? ''
}

/** The suite of the gateway, which every store must pass. */
export function gatewayConforms(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`the gateway over the ${name} store`, () => {
    let under: StoreUnderTest
    let store: Store
    let gateway: ReturnType<typeof assemble>
    beforeAll(async () => {
      under = await create()
      store = under.store
      gateway = assemble(store)
    })
    afterAll(() => under.close())

    async function subscriber(patch: Parameters<typeof gateway.register>[1] = {}, at = gateway) {
      const msisdn = freshMsisdn()
      await at.register(msisdn, { puk1: '12345678', ...patch })
      return msisdn
    }

    describe('a dialogue', () => {
      it('sets the password entered twice', async () => {
        const msisdn = await subscriber()
        const phone = dialogue(gateway, msisdn)
        expect(await phone.dial('*141*0#')).toMatchObject({ waits: true })
        expect(await phone.type('80291')).toMatchObject({ waits: true })
        expect(await phone.type('80291')).toMatchObject({ waits: false })
        expect(await gateway.matches(msisdn, '80291')).toBe(true)
        expect(await gateway.journalOf(msisdn)).toEqual(['subscriber-created', 'password-set'])
      })

      it('keeps no secret in any record or report', async () => {
        const msisdn = await subscriber({ access: 'closed-by-subscriber' })
        const phone = dialogue(gateway, msisdn)
        await phone.dial('*141*3*6#')
        await phone.type('1')
        await phone.type('70707071')
        const { records } = await store.load(bucketOf(msisdn), [
          sessionName('test', msisdn, phone.sessionId),
          `subscriber:${msisdn.slice(1)}`,
        ])
        const journal = await store.readJournal(bucketOf(msisdn), undefined, 1000)
        expect(records[0]?.value).toContain('wrongPuk1')
        expect(JSON.stringify([records, journal, gateway.reports])).not.toContain('70707071')
      })
    })

    describe('a duplicate callback', () => {
      it('gets the same answer at every turn, also after later turns and after the end', async () => {
        const msisdn = await subscriber()
        const phone = dialogue(gateway, msisdn)
        const sent = [
          [await phone.dial('*141*0#'), phone.lastCallback()],
          [await phone.type('123'), phone.lastCallback()],
          [await phone.type('80291'), phone.lastCallback()],
          [await phone.type('80291'), phone.lastCallback()],
        ] as const
        for (const [answer, callback] of [...sent, ...sent.toReversed()]) {
          expect(await gateway.gateway.turn(callback)).toEqual(answer)
        }
        expect(await gateway.journalOf(msisdn)).toEqual(['subscriber-created', 'password-set'])
      })

      it('has one effect and one answer among 64 concurrent duplicates at two gateways', async () => {
        const twins = [assemble(store), assemble(store)] as const
        const msisdn = await subscriber({}, twins[0])
        const phone = dialogue(twins[0], msisdn)
        await phone.dial('*141*3*6#')
        await phone.type('1')
        const copies = Array.from({ length: 64 }, (_, copy) =>
          twins[copy % 2 === 0 ? 0 : 1].gateway.turn(phone.withInput('1*2')),
        )
        const answers = await Promise.all(copies)
        expect(new Set(answers.map(({ text, waits }) => `${waits} ${text}`)).size).toBe(1)
        expect(answers[0]?.text).toContain('Access is closed')
        expect(await gateway.journalOf(msisdn)).toEqual(['subscriber-created', 'access-closed'])
      })

      it('begins one dialogue among 64 concurrent duplicates of the first callback', async () => {
        const msisdn = await subscriber()
        const phone = dialogue(gateway, msisdn)
        await phone.dial('*141*3*6#')
        const answers = await Promise.all(
          Array.from({ length: 64 }, () =>
            gateway.gateway.turn({ ...phone.lastCallback(), sessionId: 'one-and-the-same' }),
          ),
        )
        expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
        const outcomes = gateway.reports.slice(-64).map(({ outcome }) => outcome)
        expect(outcomes.filter((outcome) => outcome === 'shown')).toHaveLength(1)
      })

      it('is rejected as expired once its receipt has expired', async () => {
        const quick = assemble(store, { sessionIdleMs: 20 })
        const msisdn = await subscriber({}, quick)
        const phone = dialogue(quick, msisdn)
        await phone.dial('*141*3*6#')
        await under.elapse(30)
        expect(await phone.type('1')).toEqual(sentence('expired'))
      })
    })

    describe('an unexpected callback', () => {
      it('with a different reply to an answered screen changes nothing and ends the dialogue', async () => {
        const msisdn = await subscriber()
        const phone = dialogue(gateway, msisdn)
        await phone.dial('*141*3*6#')
        const confirm = await phone.type('1')
        const other = phone.withInput('0')
        expect(await gateway.gateway.turn(other)).toEqual(sentence('outOfStep'))
        expect(await gateway.gateway.turn(phone.lastCallback())).toEqual(confirm)
      })

      it('accepts one of two different concurrent replies', async () => {
        const msisdn = await subscriber()
        const phone = dialogue(gateway, msisdn)
        await phone.dial('*141*3*6#')
        const answers = await Promise.all(
          ['1', '0'].map((text) => gateway.gateway.turn(phone.withInput(text))),
        )
        expect(
          answers.filter(
            ({ text }) => text === systemMessages.outOfStep.en || text === systemMessages.ended.en,
          ),
        ).toHaveLength(1)
      })

      it('of an unknown session is a deep dial, which stops at a confirmation and changes nothing', async () => {
        const msisdn = await subscriber()
        const turn = (text: string) =>
          gateway.gateway.turn({
            dialect: 'test',
            sessionId: 'never-begun',
            msisdn,
            dialled: `*141*3*6*${text}#`,
            reported: { kind: 'cumulative', code: '*141*3*6#', text, begins: 'empty' },
          })
        const confirmation = await turn('1*2')
        expect(confirmation).toMatchObject({ text: expect.stringMatching(/^Close access/), waits: true })
        expect(await turn('1*2')).toEqual(confirmation)
        expect(await gateway.journalOf(msisdn)).toEqual(['subscriber-created'])
        expect(await turn('1*2*0')).toMatchObject({
          text: expect.stringContaining('unchanged'),
          waits: false,
        })
        // The ended dialogue is remembered: a late turn is no begin.
        expect(await turn('1')).toEqual(sentence('ended'))
      })

      it('of another number with a known session id does not affect the session', async () => {
        const [owner, other] = [await subscriber(), await subscriber()]
        const phone = dialogue(gateway, owner)
        await phone.dial('*141*3*6#')
        await phone.type('1')
        const stolen = { ...phone.withInput('1*2'), msisdn: other }
        expect(await gateway.gateway.turn(stolen)).toMatchObject({
          text: expect.stringMatching(/^Access to self-care is open/),
        })
        expect(await gateway.journalOf(other)).toEqual(['subscriber-created'])
        expect(await phone.type('2')).toMatchObject({ text: expect.stringContaining('Access is closed') })
      })

      it('after the end of the dialogue is rejected and changes nothing', async () => {
        const msisdn = await subscriber()
        const phone = dialogue(gateway, msisdn)
        await phone.dial('*141*3*6#')
        await phone.type('1')
        await phone.type('2')
        expect(await phone.type('2')).toEqual(sentence('ended'))
        expect(await gateway.journalOf(msisdn)).toEqual(['subscriber-created', 'access-closed'])
      })

      it('from an unregistered number is rejected', async () => {
        const answer = await dialogue(gateway, freshMsisdn()).dial('*141*0#')
        expect(answer).toEqual({ text: project.messages.notServed['ru'], waits: false })
      })

      it.each(['*999#', '*141#', '*141*3#', '**141*0#', '*#141*0#', '*141*0##', '#'])(
        'with the unknown code %s is rejected',
        async (code) => {
          expect(await dialogue(gateway, await subscriber()).dial(code)).toEqual(sentence('unknownCode'))
        },
      )

      it('in a dialogue with a changed menu is asked to dial again', async () => {
        const msisdn = await subscriber()
        const sessionId = 'across-a-deployment'
        const before = dialogue(assemble(store, { menus: { '*1#': counterMenu() } }), msisdn, sessionId)
        await before.dial('*1#')
        const after = assemble(store, { menus: { '*1#': counterMenu('2') } })
        const callback = before.withInput('1')
        expect(await after.gateway.turn(callback)).toEqual(sentence('menuChanged'))
        const gone = assemble(store, { menus: realMenus })
        expect(await gone.gateway.turn(callback)).toEqual(sentence('menuChanged'))
      })
    })

    describe('cumulative input', () => {
      it('treats a reply with * as one reply', async () => {
        const msisdn = await subscriber()
        const phone = dialogue(gateway, msisdn)
        await phone.dial('*141*3*6#')
        expect((await phone.type('1*2')).text).toMatch(/^Wrong choice\nAccess to self-care is open/)
        expect((await phone.type('1')).text).toMatch(/^Close access/)
        expect((await phone.type('')).text).toMatch(/^Wrong choice\nClose access/)
        expect(await gateway.journalOf(msisdn)).toEqual(['subscriber-created'])
      })

      it('never causes more transitions than callbacks', async () => {
        const counted = assemble(store, { menus: { '*1#': counterMenu() } })
        const msisdn = await subscriber({}, counted)
        const reply = fc.oneof(
          fc.constantFrom('1', '1*1', '*', '1*', '*1', '#', '', '0', '11', 'ж'),
          fc.string({ maxLength: 6 }),
        )
        await fc.assert(
          fc.asyncProperty(fc.array(reply, { maxLength: 8 }), async (replies) => {
            const phone = dialogue(counted, msisdn)
            const first = await phone.dial('*1#')
            expect(first.text).toBe('0\n1 More')
            let count = 0
            for (const [at, typed] of replies.entries()) {
              const { text } = await phone.type(typed)
              const next = Number(/(\d+)\n1 More$/.exec(text)?.[1])
              // An empty first reply looks like the begin; a star after an empty text precedes the next reply.
              const meant = at === 0 ? typed.replace(/^\*/, '') : typed
              expect(next - count).toBe(meant.trim() === '1' ? 1 : 0)
              count = next
            }
          }),
          { numRuns: 60 },
        )
      })
    })

    describe('guesses of PUK1', () => {
      /** 64 dialogues of one number over both gateways, each at the PUK1 screen. */
      async function guessing(gateways: readonly (typeof gateway)[], msisdn: string) {
        return Promise.all(
          Array.from({ length: 64 }, async (_, at) => {
            const phone = dialogue(gateways[at % gateways.length] as typeof gateway, msisdn)
            await phone.dial('*141*3*6#')
            await phone.type('1')
            return phone
          }),
        )
      }

      it('are compared at most ten times among 64 concurrent sessions', async () => {
        let verified = 0
        const counting: Argon2 = {
          ...pooledArgon2,
          verify(phc, digest) {
            if (phc === puk1Hash) verified++
            return pooledArgon2.verify(phc, digest)
          },
        }
        const only = assemble(store, { argon2: counting })
        const msisdn = await subscriber({ access: 'closed-by-subscriber' }, only)
        const puk1Hash = await storedPuk1(store, msisdn)
        const phones = await guessing([only], msisdn)
        // The right guess comes after the tenth wrong one.
        await Promise.all(
          phones.map((phone, at) => phone.type(at === 40 ? '12345678' : String(20_000_000 + at))),
        )
        expect(verified).toBe(10)
        expect(await only.journalOf(msisdn)).not.toContain('access-opened')
      })

      it('reveal at most ten outcomes through two gateways', async () => {
        const [first, second] = [assemble(store), assemble(store)]
        const msisdn = await subscriber({ access: 'closed-by-subscriber' }, first)
        const phones = await guessing([first, second], msisdn)
        const answers = await Promise.all(phones.map((phone, at) => phone.type(String(20_000_000 + at))))
        const revealed = answers.filter(({ text }) => text.startsWith('Wrong PUK1'))
        expect(revealed).toHaveLength(9)
        expect(new Set(revealed.map(({ text }) => text)).size).toBe(9)
        const journal = await first.journalOf(msisdn)
        expect(journal.filter((change) => change === 'puk1-refused')).toHaveLength(9)
        expect(journal.filter((change) => change === 'puk1-locked')).toHaveLength(1)
        expect(await first.subscribers.get(msisdn)).toMatchObject({ puk1AttemptsLeft: 0 })

        const late = dialogue(first, msisdn)
        await late.dial('*141*3*6#')
        expect((await late.type('1')).text).toMatch(/^PUK1 is locked/)
      })
    })

    describe('a store that never answers', () => {
      it('does not delay the answer beyond the turn budget', async () => {
        const msisdn = await subscriber()
        const never: Store = { ...store, load: () => new Promise(() => {}) }
        const stuck = assemble(never, { turnBudgetMs: 50 })
        expect(await dialogue(stuck, msisdn).dial('*141*0#')).toEqual({
          text: systemMessages.unavailable.ru,
          waits: false,
        })
        expect(stuck.reports.at(-1)).toMatchObject({ outcome: 'unavailable', fault: 'USSD_TURN_TIMED_OUT' })
      })
    })

    describe('a commit that is always rejected', () => {
      it('is answered in the language of the subscriber', async () => {
        const msisdn = await subscriber({ language: 'be' })
        const full: Store = { ...store, commit: () => Promise.reject(new UssdError('USSD_STORE_REFUSED')) }
        expect(await dialogue(assemble(full), msisdn).dial('*141*0#')).toEqual({
          text: systemMessages.unavailable.be,
          waits: false,
        })
      })
    })

    describe('a dialogue ended by the network', () => {
      it('rejects a late reply, and still answers duplicates from receipts', async () => {
        const msisdn = await subscriber()
        const phone = dialogue(gateway, msisdn)
        await phone.dial('*141*3*6#')
        const asked = await phone.type('1')
        const { sessionId } = phone
        await gateway.gateway.end({ dialect: 'test', sessionId, msisdn, why: 'cancelled' })
        expect(gateway.reports.at(-1)).toMatchObject({ outcome: 'cancelled', waits: false })
        expect(await gateway.gateway.turn(phone.lastCallback())).toEqual(asked)
        expect(await phone.type('2')).toEqual(sentence('ended'))
        expect(await gateway.journalOf(msisdn)).toEqual(['subscriber-created'])
      })

      it('is ignored when it is unknown', async () => {
        const msisdn = await subscriber()
        await gateway.gateway.end({ dialect: 'test', sessionId: 'unknown', msisdn, why: 'timed-out' })
        expect(gateway.reports.at(-1)).toMatchObject({ outcome: 'timed-out', fault: undefined })
      })
    })

    describe('a menu that fails', () => {
      it('ends the dialogue politely, is named in the report, and changes nothing', async () => {
        const fails = async () => {
          throw new Error('a defect')
        }
        const failing = assemble(store, {
          menus: { '*1#': counterMenu('1', 'failing') },
          overrides: { wrapServices: (services) => ({ ...services, failing: fails }) },
        })
        const msisdn = await subscriber({}, failing)
        const phone = dialogue(failing, msisdn)
        await phone.dial('*1#')
        expect(await phone.type('2')).toEqual(sentence('unavailable'))
        expect(failing.reports.at(-1)).toMatchObject({ outcome: 'unavailable', fault: 'USSD_SERVICE_FAILED' })
        const asBefore = phone.withInput('1')
        expect((await failing.gateway.turn(asBefore)).text).toBe('1\n1 More')
      })
    })
  })
}
