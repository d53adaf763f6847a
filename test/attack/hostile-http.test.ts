/** Requests that no client would write: each is answered in form or closed in time, and the process goes on. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { gzipSync } from 'node:zlib'
import { Redis } from 'ioredis'
import { filesIn, marksIn, searchFiles } from '../verification/fuzz/leaks.ts'
import { marks } from '../verification/fuzz/corpus.ts'
import { startRedisServer } from '../support/redis/redis-server.ts'
import type { RedisServer } from '../support/redis/redis-server.ts'
import { auditKeyspace } from '../../src/store/redis/keyspace-audit.ts'
import { dumpOf, wire } from '../support/attack.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

const [mark] = marks
const fields = `sessionId=hostile&phoneNumber=%2B375291234567&serviceCode=*141*3*6%23&networkCode=1`

let server: RedisServer
let redis: Redis
let gateway: Running
let port = 0
beforeAll(async () => {
  server = await startRedisServer({ args: ['--slowlog-log-slower-than', '0'] })
  redis = new Redis(server.url)
  gateway = await startGateway({
    REDIS_URL: server.url,
    SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    DEMO: 'on',
    LOG_LEVEL: 'debug',
    TURN_BUDGET_MS: '10000',
  })
  port = Number(new URL(gateway.url).port)
})
afterAll(async () => {
  await gateway.close('immediate')
  redis.disconnect()
  await server.stop()
})

const head = (lines: readonly string[], method = 'POST', path = '/ussd/africastalking') =>
  [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, '', ''].join('\r\n')

const posting = (body: string | Buffer, lines: readonly string[] = [], path?: string) => {
  const bytes = Buffer.from(body)
  const first = head(
    ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${bytes.length}`, ...lines],
    'POST',
    path,
  )
  return Buffer.concat([Buffer.from(first, 'latin1'), bytes])
}

const chunked = (...chunks: readonly string[]) => head(['Transfer-Encoding: chunked']) + chunks.join('')

const inJson = (body: string) => posting(body, [], '/ussd/hubtel')

/** What may come back: a status of the client's fault, and where our code wrote it, a screen that ends the dialogue. */
const refused = /^HTTP\/1\.1 (400|403|404|405|408|413|414|431|417) [^]*$/

const statuses = (answered: string) =>
  [...answered.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

describe('a request that nobody should write', () => {
  it.each<[string, (string | Buffer)[], 'refused' | 'shown' | 'either' | 'closed']>([
    ['with headers of 12 kB', [head([`X-Long: ${'x'.repeat(12_288)}`])], 'refused'],
    [
      'with an address of 12 kB',
      [head([], 'POST', `/ussd/africastalking?${'a=1&'.repeat(3072)}`)],
      'refused',
    ],
    [
      'with 500 headers',
      [
        posting(
          `${fields}&text=`,
          Array.from({ length: 500 }, (_, n) => `X-${n}: 1`),
        ),
      ],
      'either',
    ],
    ['with a body of 9 kB', [posting('x'.repeat(9000))], 'refused'],
    ['that announces a body of 2 GB', [head(['Content-Length: 2147483648'])], 'refused'],
    ['that announces less than no body', [head(['Content-Length: -1'])], 'refused'],
    ['with two lengths', [head(['Content-Length: 3', 'Content-Length: 4']), 'abcd'], 'refused'],
    [
      'with a length and chunks',
      [head(['Content-Length: 3', 'Transfer-Encoding: chunked']), '3\r\nabc\r\n0\r\n\r\n'],
      'refused',
    ],
    ['with chunks of no size', [chunked('zz\r\nabc\r\n')], 'refused'],
    ['with a chunk of all there is', [chunked('ffffffffffffffff\r\n')], 'refused'],
    ['with a chunk that is longer than it says', [chunked('1\r\nabc\r\n0\r\n\r\n')], 'refused'],
    [
      'with 3000 chunks',
      [chunked(...Array.from({ length: 3000 }, () => '4\r\nxxxx\r\n'), '0\r\n\r\n')],
      'refused',
    ],
    [
      'with chunks that carry extensions',
      [chunked(`3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`)],
      'refused',
    ],
    ['with another transfer coding', [head(['Transfer-Encoding: gzip']), 'abc'], 'refused'],
    ['with a header line that is folded', [head(['X-A: 1', ' folded: 2', 'Content-Length: 0'])], 'refused'],
    ['with a NUL in a header', [head(['X-A: a\0b', 'Content-Length: 0'])], 'refused'],
    ['with bare line feeds', [posting('').toString('latin1').replaceAll('\r\n', '\n')], 'refused'],
    ['with a space before the colon', [head(['Content-Length : 0'])], 'refused'],
    ['without a host', ['POST /ussd/africastalking HTTP/1.1\r\nContent-Length: 0\r\n\r\n'], 'refused'],
    ['of an HTTP that is to come', ['POST /ussd/africastalking HTTP/9.9\r\nHost: x\r\n\r\n'], 'refused'],
    ['that is no HTTP', ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'], 'refused'],
    ['with a method that is none', [head([], 'USSD')], 'refused'],
    ['that asks to be tunnelled', ['CONNECT 127.0.0.1:6379 HTTP/1.1\r\nHost: x\r\n\r\n'], 'closed'],
    [
      'that asks for another protocol',
      [head(['Upgrade: h2c', 'Connection: Upgrade', 'Content-Length: 0'])],
      'refused',
    ],
    ['in gzip', [posting(gzipSync(`${fields}&text=`), ['Content-Encoding: gzip'])], 'refused'],
    ['with a field given twice', [posting(`${fields}&text=1&text=2`)], 'refused'],
    ['with an array for a field', [posting(`${fields}&text[]=1`)], 'refused'],
    ['with an object for a field', [posting(`${fields}&text[a]=1`)], 'refused'],
    [
      'with a prototype in the form',
      [posting(`${fields}&text=&__proto__[isAdmin]=1&constructor[prototype][a]=1`)],
      'shown',
    ],
    [
      'with a prototype in JSON',
      [inJson('{"__proto__":{"SessionId":"1"},"constructor":{"prototype":{}}}')],
      'refused',
    ],
    ['with a control character', [posting(`${fields}&text=1%07`)], 'refused'],
    ['with a NUL', [posting(`${fields}&text=%00${mark}`)], 'refused'],
    ['with a line break', [posting(`${fields}&text=${mark}%0d%0aSet-Cookie:%20a=b`)], 'refused'],
    [
      'in bytes that are no UTF-8',
      [posting(Buffer.concat([Buffer.from(`${fields}&text=`), Buffer.from([0xff, 0xc0, 0x80])]))],
      'refused',
    ],
    ['with half of a pair', [posting(`${fields}&text=%ED%A0%80`)], 'refused'],
    [
      'with digits of another script in the number',
      [posting(fields.replace('375291234567', encodeURIComponent('٣٧٥٢٩١٢٣٤٥٦٧')) + '&text=')],
      'either',
    ],
    ['with 4000 fields', [posting('a=1&'.repeat(2000))], 'refused'],
    ['with 4000 brackets', [inJson('['.repeat(4000))], 'refused'],
    [
      'whose address cannot be read',
      [head(['Content-Length: 0'], 'POST', '/ussd/infobip/session/%zz/start')],
      'either',
    ],
    ['whose address climbs', [head(['Content-Length: 0'], 'POST', '/ussd/../../etc/passwd')], 'refused'],
  ])('%s', async (_what, parts, expected) => {
    const { answered, closed } = await wire(port, parts)
    for (const status of statuses(answered)) expect(status).toBeLessThan(500)
    if (expected === 'refused') expect(answered).toMatch(refused)
    if (expected === 'shown') expect(answered).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nCON /)
    if (expected === 'closed')
      expect([closed, statuses(answered).filter((status) => status < 300)]).toEqual([true, []])
    expect(answered.length > 0 || closed).toBe(true)
    expect(answered).not.toMatch(/^Set-Cookie/m)
    expect(answered).not.toContain(mark)
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
  })

  it('does not smuggle a second one behind its body', async () => {
    const inner = posting(`${fields}&text=`).toString('latin1')
    const before = gateway.log().split('"event":"turn"').length
    const outer = head([`Content-Length: ${inner.length}`, 'Transfer-Encoding: chunked'])
    await wire(port, [outer, `0\r\n\r\n${inner}`])
    expect(gateway.log().split('"event":"turn"').length).toBe(before)
  })

  it('is answered in turn where many are written at once', async () => {
    const one = (n: number) => posting(`${fields.replace('hostile', `pipelined-${n}`)}&text=`)
    const { answered } = await wire(
      port,
      Array.from({ length: 50 }, (_, n) => one(n)),
      { quietMs: 1500 },
    )
    expect(statuses(answered)).toEqual(Array.from({ length: 50 }, () => 200))
  })

  it('takes digits of no other script for an answer', async () => {
    await gateway.call({ sessionId: 'scripts', serviceCode: '*141*3*6#', text: '' })
    const before = (await gateway.call({ sessionId: 'scripts', serviceCode: '*141*3*6#', text: '' })).body
    for (const [at, digit] of ['١', '１', '𝟏', '①', '१'].entries()) {
      const sessionId = `scripts-${at}`
      await gateway.call({ sessionId, serviceCode: '*141*3*6#', text: '' })
      const { body } = await gateway.call({ sessionId, serviceCode: '*141*3*6#', text: digit })
      // Not understood: a line says so, and the same screen is shown again.
      expect(body).toContain(before.replace('CON ', ''))
    }
  })
})

describe('a name that every object has', () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype']

  it.each(names)('is no dialect: %s', async (name) => {
    for (const path of [`/ussd/${name}/x`, `/ussd/${name}`, `/ussd/${name}/%zz`, `/ussd/x/../${name}/x`]) {
      const { answered } = await wire(port, [posting(`${fields}&text=`, [], path)], { quietMs: 20 })
      expect(answered).toMatch(
        /^HTTP\/1\.1 40[04] [^]*\r\n\r\n\{"error":\{"code":"USSD_(NOT_FOUND|BAD_REQUEST)"/,
      )
    }
  })

  it.each(names)('is no field, header or phone: %s', async (name) => {
    const asked = [
      posting(`${fields}&text=&${name}=1`, [`${name}: 1`], `/ussd/africastalking?${name}=1`),
      head(['Content-Length: 0'], 'POST', `/ussd/get?${name}=1`),
      inJson(`{"${name}":"1"}`),
      posting(`<ussd ${name}="1"><${name}>1</${name}></ussd>`, [], '/ussd/truroute'),
      posting(`<dialog ${name}="1"><${name}/></dialog>`, [], '/ussd/restcomm'),
      posting(`<request ${name}="1"><${name}>1</${name}></request>`, [], '/ussd/comviva'),
      head(['Content-Length: 0'], 'POST', `/ussd/infobip/session/${name}/${name}`),
      head(['Content-Length: 0'], 'PUT', `/subscribers/${name}`),
      posting(`{"${name}":1}`, ['Content-Type: application/json'], '/self-care/sessions'),
      head([], 'GET', `/${name}`),
    ]
    for (const one of asked) {
      const { answered } = await wire(port, [one], { quietMs: 20 })
      expect(statuses(answered)).toEqual([expect.any(Number)])
      expect(statuses(answered)[0]).toBeLessThan(500)
    }
  })
})

describe('what comes slowly', () => {
  it('is closed by the gateway, and others are answered meanwhile', async () => {
    const beganAt = Date.now()
    // Its limits are 3 and 5 seconds; a busy machine may take longer, and one that does not close them never ends.
    const slowly = (parts: readonly string[]) => wire(port, parts, { quietMs: 5000, withinMs: 40_000 })
    const slow = [
      ...Array.from({ length: 500 }, () => slowly(['POST /ussd/africastalking HTTP/1.1\r\nHost: x\r\nX-'])),
      ...Array.from({ length: 500 }, () => slowly([head(['Content-Length: 100']), 'sessionId='])),
      ...Array.from({ length: 20 }, () => slowly([])),
    ]
    const honest: number[] = []
    const others = (async () => {
      for (let n = 0; Date.now() - beganAt < 3000; n++)
        honest.push((await gateway.call({ sessionId: `honest-${n}` })).status)
    })()
    const ended = await Promise.all(slow)
    await others
    expect(honest.length).toBeGreaterThan(10)
    expect(honest.filter((status) => status !== 200)).toEqual([])
    expect(ended.filter(({ closed }) => !closed)).toEqual([])
    expect(ended.filter(({ answered }) => answered !== '' && !answered.startsWith('HTTP/1.1 408 '))).toEqual(
      [],
    )
  })
})

describe('after all of it', () => {
  it('Redis has keys of the known forms only, and sessions do not stay', async () => {
    expect(await auditKeyspace({ redis })).toMatchObject({ findings: [], foreign: 0 })
    expect(Object.keys(await dumpOf(redis)).some((key) => key.includes(':session:'))).toBe(true)
  })

  it('no secret stands in the log, the file, the slow log or the metrics, and nothing failed', async () => {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    const slow = JSON.stringify(await redis.slowlog('GET', '1000'))
    expect([gateway.log(), metrics, slow].flatMap((text) => marksIn(text))).toEqual([])
    expect((await searchFiles(await filesIn(server.dir))).found).toEqual([])
    expect(gateway.log()).not.toContain('"fault"')
  })
})
