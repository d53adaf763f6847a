/** Forged callbacks: none reaches a menu, and the store does not change. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import type { Dialect, WireCall, WireResponse } from '../../src/dialects/dialect.ts'
import { dialects } from '../../src/dialects/index.ts'
import { startRedisServer } from '../support/redis/redis-server.ts'
import type { RedisServer } from '../support/redis/redis-server.ts'
import { dumpOf, post, signed, turnOf } from '../support/attack.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

const key = Buffer.alloc(32, 1)
const nextKey = Buffer.alloc(32, 2)
const stranger = Buffer.alloc(32, 3)
const token = 'correct-horse-battery'
const msisdn = '+375291234567'
const other = '+375291234562'
const bearer = { authorization: `Bearer ${token}` }

const all = Object.values(dialects)

let server: RedisServer
let redis: Redis
beforeAll(async () => {
  server = await startRedisServer()
  redis = new Redis(server.url)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const start = (env: Record<string, string>) =>
  startGateway({
    REDIS_URL: server.url,
    SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    DEMO: 'on',
    TURN_BUDGET_MS: '10000',
    ...env,
  })

const turnsIn = (gateway: Running) => gateway.log().split('"event":"turn"').length - 1

const codeOf = ({ status, body }: WireResponse) =>
  Number(/"responseExitCode":(\d+)/.exec(body)?.[1] ?? status)

describe('callbacks that must be signed and carry a token', () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await start({
      CALLBACK_TOKEN: token,
      CALLBACK_SIGNATURE_KEYS: [key, nextKey].map((one) => one.toString('base64')).join(),
    })
  })
  afterAll(() => gateway.close('immediate'))

  /** Ways to forge the callback `wire`. */
  const forgeries: Record<
    string,
    (dialect: Dialect, wire: WireCall) => { wire?: WireCall; headers: Record<string, string> }
  > = {
    'nothing at all': () => ({ headers: {} }),
    'the token alone': () => ({ headers: bearer }),
    'the signature alone': (dialect, wire) => ({ headers: signed(key, dialect, wire) }),
    'another bearer': (dialect, wire) => ({
      headers: { ...signed(key, dialect, wire), authorization: `Bearer ${token}x` },
    }),
    'another Basic password': (dialect, wire) => ({
      headers: { ...signed(key, dialect, wire), authorization: `Basic ${btoa('a:b')}` },
    }),
    'another token in the address': (dialect, wire) => {
      const forged = { ...wire, query: [wire.query, 'token=sesame'].filter(Boolean).join('&') }
      return { wire: forged, headers: signed(key, dialect, forged) }
    },
    'the key of a stranger': (dialect, wire) => ({
      headers: { ...bearer, ...signed(stranger, dialect, wire) },
    }),
    'a signature of six minutes ago': (dialect, wire) => ({
      headers: { ...bearer, ...signed(key, dialect, wire, { atMs: Date.now() - 360_000 }) },
    }),
    'a signature of tomorrow': (dialect, wire) => ({
      headers: { ...bearer, ...signed(key, dialect, wire, { atMs: Date.now() + 86_400_000 }) },
    }),
    'the signature of another time': (dialect, wire) => ({
      headers: {
        ...bearer,
        ...signed(key, dialect, wire),
        'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 1),
      },
    }),
    'the signature of another id': (dialect, wire) => ({
      headers: { ...bearer, ...signed(key, dialect, wire), 'webhook-id': 'msg_x' },
    }),
    'the signature of another number': (dialect) => ({
      headers: {
        ...bearer,
        ...signed(
          key,
          dialect,
          dialect.formatRequest(turnOf(dialect, { msisdn: other, dialled: '*141*0#' })),
        ),
      },
    }),
    'the signature of another session': (dialect, wire) => ({
      headers: {
        ...bearer,
        ...signed(key, dialect, dialect.formatRequest(turnOf(dialect, { msisdn, dialled: '*141*3*6*1#' }))),
      },
      wire,
    }),
    'the headers of a signature, empty': () => ({
      headers: { ...bearer, 'webhook-id': '', 'webhook-timestamp': '', 'webhook-signature': '' },
    }),
  }

  it.each(all.map((dialect) => [dialect.name, dialect] as const))(
    'are all rejected with the same response in the dialect %s, without effect',
    async (_name, dialect) => {
      // The dialogue under attack.
      const live = turnOf(dialect, { msisdn, dialled: '*141*3*6#' })
      const begin = dialect.formatRequest(live)
      const begun = await post(gateway.url, dialect, begin, { ...bearer, ...signed(key, dialect, begin) })
      const shown = dialect.parseResponse(begun)
      if (shown.kind !== 'answer') throw new Error(shown.message)
      expect(shown.answer.waits).toBe(true)
      const reply = dialect.formatRequest({ ...live, replies: ['1'], answers: [shown] })
      const fresh = () => dialect.formatRequest(turnOf(dialect, { msisdn, dialled: '*141*3*6*1#' }))

      const before = { dump: await dumpOf(redis), turns: turnsIn(gateway) }
      const responses = new Set<string>()
      let sent = 0
      for (const forge of Object.values(forgeries)) {
        for (const wire of [reply, fresh(), fresh(), fresh()]) {
          const forged = forge(dialect, wire)
          const answer = await post(gateway.url, dialect, forged.wire ?? wire, forged.headers)
          responses.add(JSON.stringify([codeOf(answer), answer.type, answer.body]))
          sent += 1
        }
      }
      const { status, type, body } = dialect.formatError(
        401,
        'Unauthorised: the token or the signature is missing or wrong',
      )
      expect([...responses]).toEqual([
        JSON.stringify([codeOf({ status, type, body, headers: {} }), type, body]),
      ])
      expect(sent).toBe(4 * Object.keys(forgeries).length)
      expect(await dumpOf(redis)).toEqual(before.dump)
      expect(turnsIn(gateway)).toBe(before.turns)

      // The dialogue continues, also under the next key.
      const on = await post(gateway.url, dialect, reply, { ...bearer, ...signed(nextKey, dialect, reply) })
      expect(dialect.parseResponse(on)).toMatchObject({ kind: 'answer', answer: { waits: true } })
    },
  )

  it('are rejected for a body that is too large before the signature is verified', async () => {
    const dialect = dialects['nalo'] as Dialect
    const wire = { method: 'POST', path: '', query: '', headers: {}, body: 'x'.repeat(9000) } as const
    const unsigned = await post(gateway.url, dialect, wire, bearer)
    expect(unsigned.status).toBe(401)
    const claimed = await post(gateway.url, dialect, wire, { ...bearer, ...signed(stranger, dialect, wire) })
    expect(claimed.status).toBe(413)
  })
})

describe('a replayed callback with its signature', () => {
  let gateway: Running
  beforeAll(async () => {
    // Disables the detection of duplicates by time.
    gateway = await start({ CALLBACK_SIGNATURE_KEYS: key.toString('base64'), REPEAT_WITHIN_MS: '0' })
  })
  afterAll(() => gateway.close('immediate'))

  it.each(all.map((dialect) => [dialect.name, dialect] as const))(
    'gets the stored reply during and after the dialogue and has no effect: %s',
    async (_name, dialect) => {
      let turn = turnOf(dialect, { msisdn, dialled: '*141*3*6#' })
      const captured: { wire: WireCall; headers: Readonly<Record<string, string>>; body: string }[] = []
      const replay = async () => {
        const before = await dumpOf(redis)
        for (const { wire, headers, body } of captured) {
          const again = await post(gateway.url, dialect, wire, headers)
          expect(again.body).toBe(body)
        }
        expect(await dumpOf(redis)).toEqual(before)
      }
      // 1 opens a screen that also accepts 1; 0 ends the dialogue.
      for (const reply of [undefined, '1', '1', '1', '0']) {
        if (reply !== undefined) turn = { ...turn, replies: [...turn.replies, reply] }
        const wire = dialect.formatRequest(turn)
        const headers = signed(key, dialect, wire)
        const answer = await post(gateway.url, dialect, wire, headers)
        const read = dialect.parseResponse(answer)
        if (read.kind !== 'answer') throw new Error(read.message)
        turn = { ...turn, answers: [...turn.answers, read] }
        captured.push({ wire, headers, body: answer.body })
        await replay()
      }
      expect(turn.answers.at(-1)?.answer.waits).toBe(false)
      await replay()
    },
  )
})

describe('the session of another subscriber', () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await start({ CALLBACK_TOKEN: token })
  })
  afterAll(() => gateway.close('immediate'))

  it.each(all.map((dialect) => [dialect.name, dialect] as const))(
    'cannot be hijacked from another number or under another id: %s',
    async (_name, dialect) => {
      const live = turnOf(dialect, { msisdn, dialled: '*141*3*6#' })
      const begun = dialect.parseResponse(
        await post(gateway.url, dialect, dialect.formatRequest(live), bearer),
      )
      if (begun.kind !== 'answer') throw new Error(begun.message)
      const before = await dumpOf(redis)
      const replied = { ...live, replies: ['1'], answers: [begun] }
      // What is typed may be the rest of a dialled string, so a separate dialogue begins.
      const mayBegin = dialect.name === 'get' || dialect.name === 'africastalking'
      const hijacks = [
        { ...replied, msisdn: other, answers: [withNumber(begun, other)] },
        { ...replied, sessionId: dialect.newSessionId() },
      ]
      for (const hijack of hijacks) {
        const read = dialect.parseResponse(
          await post(gateway.url, dialect, dialect.formatRequest(hijack), bearer),
        )
        if (!mayBegin) {
          expect(read).toMatchObject({ kind: 'answer', answer: { waits: false } })
          continue
        }
        expect(read.kind).toBe('answer')
      }
      const after = await dumpOf(redis)
      for (const [name, value] of Object.entries(before)) expect([name, after[name]]).toEqual([name, value])
      if (!mayBegin) expect(Object.keys(after)).toEqual(Object.keys(before))
    },
  )

  /** Replaces the number in the echo: RestComm returns it in `userObject`, where an attacker can write another. */
  const withNumber = <T extends { readonly echo: Readonly<Record<string, string>> }>(
    begun: T,
    number: string,
  ): T => ({
    ...begun,
    echo: Object.fromEntries(
      Object.entries(begun.echo).map(([name, value]) => [
        name,
        value.replaceAll(msisdn, number).replaceAll(msisdn.slice(1), number.slice(1)),
      ]),
    ),
  })
})

describe('callbacks from an address outside CALLBACK_ALLOW', () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await start({ CALLBACK_TOKEN: token, CALLBACK_ALLOW: '192.0.2.0/24,2001:db8::/32' })
  })
  afterAll(() => gateway.close('immediate'))

  it('are rejected with 403 in the dialect, also with a spoofed address header', async () => {
    const before = { dump: await dumpOf(redis), turns: turnsIn(gateway) }
    const spoofs = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip', 'x-client-ip']
    for (const dialect of all) {
      for (const headers of [{}, ...spoofs.map((name) => ({ [name]: '192.0.2.1' }))]) {
        const wire = dialect.formatRequest(turnOf(dialect, { msisdn, dialled: '*141*0#' }))
        const answer = await post(gateway.url, dialect, wire, { ...bearer, ...headers })
        const { body } = dialect.formatError(403, 'Rejected: this address may not send callbacks')
        expect([codeOf(answer), answer.body]).toEqual([403, body])
      }
    }
    expect(await dumpOf(redis)).toEqual(before.dump)
    expect(turnsIn(gateway)).toBe(before.turns)
  })
})
