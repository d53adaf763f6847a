import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { UssdError } from '../../../src/engine/errors.ts'
import { recordFormats } from '../../../src/gateway/records/record-format.ts'
import type { RecordFormat } from '../../../src/gateway/records/record-format.ts'
import type { Receipt, Session } from '../../../src/gateway/records/session.ts'
import { parseSession, putSession } from '../../../src/gateway/records/session-format.ts'
import { accessStates } from '../../../menus/record.ts'
import { newSubscriber, parseSubscriber, subscriberFormat } from '../../support/record.ts'
import type { Subscriber } from '../../../menus/record.ts'
import { Secret } from '../../../src/engine/secret.ts'
import { createHashing } from '../../../src/services/hashing/hashing.ts'
import { keyring } from '../../support/gateway.ts'

const textOf = (write: ReturnType<typeof putSession>): string => (write.kind === 'put' ? write.value : '')
const storedSession = (session: Session): string => textOf(putSession(session, 1000))
const storedSubscriber = (subscriber: Subscriber, format: RecordFormat): string =>
  textOf(subscriberFormat(format).put(subscriber))

const turnId = fc.stringMatching(/^[\w-]{16}$/)
const timeMs = fc.integer({ min: 0, max: 4_000_000_000_000 })
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1 Да\n2 Нет', 'a;b=1;?*.', ''))
const receipt: fc.Arbitrary<Receipt> = fc
  .record({ turn: turnId, text: anyText, atMs: timeMs, kind: fc.constantFrom('end', 'waits', 'secret') })
  .map(({ kind, ...rest }) => ({
    ...rest,
    waits: kind !== 'end',
    ...(kind === 'secret' && { asksSecret: true }),
  }))
const session: fc.Arbitrary<Session> = fc.record(
  {
    format: fc.constantFrom(...recordFormats),
    menu: fc.string(),
    revision: fc.string(),
    latin: fc.boolean(),
    key: fc.string(),
    asksAgain: fc.constant(true),
    confirms: fc.constant(true),
    earlier: fc.array(fc.record({ turn: turnId, atMs: timeMs })),
    state: fc.option(fc.record({ value: fc.string(), context: fc.dictionary(fc.string(), fc.string()) })),
    begunBy: turnId,
    turns: fc.nat(),
    heard: fc.nat(),
    answeredAtMs: timeMs,
    idleUntilMs: timeMs,
    receipts: fc.array(receipt, { maxLength: 16 }),
  },
  {
    requiredKeys: [
      'format',
      'menu',
      'revision',
      'latin',
      'state',
      'begunBy',
      'turns',
      'heard',
      'answeredAtMs',
      'idleUntilMs',
      'receipts',
    ],
  },
)

/** A session after three turns whose screens are `texts`. */
const sessionWith = (texts: readonly string[]): Session => ({
  format: 'compact',
  menu: '*141*0#',
  revision: '0123abcd',
  latin: false,
  key: '89abcdef',
  state: { value: 'password', context: { language: 'ru' } },
  begunBy: 'AAAAAAAAAAAAAAA0',
  turns: texts.length,
  heard: 3,
  answeredAtMs: 1_764_400_000_000 + 5000 * (texts.length - 1),
  idleUntilMs: 1_764_400_000_000 + 5000 * (texts.length - 1) + 900_000,
  receipts: texts.map((text, i) => ({
    turn: `AAAAAAAAAAAAAAA${i.toString(36)}`,
    text,
    waits: true,
    atMs: 1_764_400_000_000 + 5000 * i,
  })),
})

describe('a stored session', () => {
  it('is read as it was written, in either format', () => {
    fc.assert(
      fc.property(session, (written) => {
        expect(parseSession(storedSession(written))).toEqual(written)
      }),
    )
  })

  it('is rejected as corrupt when it was cut or changed, or is read as another session', () => {
    fc.assert(
      fc.property(session, fc.nat(), fc.string({ maxLength: 3 }), fc.nat(20), (written, at, insert, drop) => {
        const stored = storedSession({ ...written, format: 'compact' })
        const start = at % stored.length
        const damaged = stored.slice(0, start) + insert + stored.slice(start + drop)
        try {
          expect(Array.isArray(parseSession(damaged).receipts)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(UssdError)
          expect(error).toMatchObject({ code: 'USSD_RECORD_CORRUPT', cause: undefined })
        }
      }),
    )
  })

  it('names invalid fields without their values', () => {
    expect(() => parseSession('2{"m":"*1#","r":80291}\n')).toThrow(/: r, i$/)
    expect(() => parseSession('2{"m":"*1#","r":"","i":1}')).toThrow(/: receipts$/)
    expect(() => parseSession('2{"m":"*1#","r":"","i":1}\nAAAA?80291')).toThrow(/: receipts$/)
    expect(() => parseSession('2{"m":"*1#","r":"","i":1}\nAAAA?0;5;cut')).toThrow(/: receipts$/)
    expect(() => parseSession('2{"m":"*1#","r":"","i":1}\nAAAA?0=1;')).toThrow(/: receipts$/)
    // The length of the text has lost its end.
    expect(() => parseSession('2{"m":"*1#","r":"","i":1}\nAAAA?0;1x')).toThrow(/: receipts$/)
  })

  it('keeps fields of a newer version', () => {
    const newer = { ...sessionWith(['1 Да']), newer: { since: 2 } }
    expect(parseSession(storedSession(newer))).toEqual(newer)
  })

  it('takes at most 210 bytes without its texts after three turns', () => {
    const texts = ['Введите пароль', 'Повторите пароль', 'Введите пароль']
    const bytes = Buffer.byteLength(storedSession(sessionWith(texts)))
    expect(bytes - Buffer.byteLength(texts.slice(0, 2).join(''))).toBeLessThanOrEqual(210)
  })

  it('stores equal texts once', () => {
    const [once, often] = [1, 16].map((count) =>
      Buffer.byteLength(storedSession(sessionWith(Array.from({ length: count }, () => 'Баланс: 12 р.')))),
    ) as [number, number]
    expect((often - once) / 15).toBeLessThan(25)
  })
})

const name = fc.string({ maxLength: 64 }).filter((text) => !/\p{Cc}/u.test(text))
const subscriber: fc.Arbitrary<Subscriber> = fc.record({
  language: fc.constantFrom('ru', 'be', 'en'),
  tariff: name,
  client: fc.option(name.filter((text) => text.length > 0)),
  role: fc.constantFrom('subscriber', 'administrator'),
  registrationByPuk1: fc.boolean(),
  access: fc.constantFrom(...accessStates),
  closedBecause: fc.constantFrom('sim-lost', 'restricted', null),
  puk1: fc.option(
    fc.record({
      hash: fc.oneof(
        fc.string(),
        fc.stringMatching(/^[\w+/]{22}\$[\w+/]{43}$/).map((rest) => `$argon2id$v=19$m=19456,t=2,p=1$${rest}`),
      ),
      key: fc.stringMatching(/^[0-9a-f$]{0,8}$/),
    }),
  ),
  puk1AttemptsLeft: fc.integer({ min: 0, max: 10 }),
  puk1Pending: fc.constant([]),
  password: fc.constantFrom(null, { hash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', key: '89abcdef' }),
  passwordGeneration: fc.nat(),
})

describe('a stored subscriber', () => {
  it('is read as it was written, in either format', () => {
    fc.assert(
      fc.property(subscriber, fc.constantFrom(...recordFormats), (written, format) => {
        expect(parseSubscriber(storedSubscriber(written, format))).toEqual(written)
      }),
    )
  })

  it('keeps fields of a newer version, also those of a hash', () => {
    const password = { hash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', key: '89abcdef', newer: 1 }
    const newer = { ...newSubscriber, password, newer: { since: 2 } }
    expect(parseSubscriber(storedSubscriber(newer, 'compact'))).toEqual(newer)
  })

  it('is corrupt without its access', () => {
    expect(() => parseSubscriber('2{"l":"ru"}')).toThrow(/: access$/)
    expect(() => parseSubscriber('2null')).toThrow(/: the whole record$/)
    expect(() => parseSubscriber('2{80291')).toThrow(/: not JSON$/)
  })

  it('takes at most 139 bytes with a password', async () => {
    const password = await createHashing({ keyring }).hash('password', '+375291234567', new Secret('80291'))
    const stored = storedSubscriber({ ...newSubscriber, password, passwordGeneration: 2 ** 47 }, 'compact')
    expect(stored.length).toBeLessThanOrEqual(139)
    expect(parseSubscriber(stored).password).toEqual(password)
  })
})
