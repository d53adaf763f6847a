/** Malformed and hostile requests: each is rejected or times out, and the process keeps serving. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { gzipSync } from 'node:zlib'
import { Redis } from 'ioredis'
import { filesIn, canariesIn, searchFiles } from '../verification/fuzz/leaks.ts'
import { canaries } from '../verification/fuzz/corpus.ts'
import { startRedisServer } from '../support/redis/redis-server.ts'
import type { RedisServer } from '../support/redis/redis-server.ts'
import { auditKeyspace } from '../../src/store/redis/keyspace-audit.ts'
import { dumpOf, sendRaw } from '../support/attack.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

const [mark] = canaries
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

/** The statuses of a rejected request. */
const rejected = /^HTTP\/1\.1 (400|403|404|405|408|413|414|431|417) [^]*$/

const statuses = (answered: string) =>
  [...answered.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

describe('a hostile request', () => {
  it.each<[string, (string | Buffer)[], 'rejected' | 'shown' | 'either' | 'closed']>([
    ['with headers of 12 kB', [head([`X-Long: ${'x'.repeat(12_288)}`])], 'rejected'],
    [
      'with an address of 12 kB',
      [head([], 'POST', `/ussd/africastalking?${'a=1&'.repeat(3072)}`)],
      'rejected',
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
    ['with a body of 9 kB', [posting('x'.repeat(9000))], 'rejected'],
    ['that announces a body of 2 GB', [head(['Content-Length: 2147483648'])], 'rejected'],
    ['that announces a negative length', [head(['Content-Length: -1'])], 'rejected'],
    ['with two lengths', [head(['Content-Length: 3', 'Content-Length: 4']), 'abcd'], 'rejected'],
    [
      'with a length and chunks',
      [head(['Content-Length: 3', 'Transfer-Encoding: chunked']), '3\r\nabc\r\n0\r\n\r\n'],
      'rejected',
    ],
    ['with a chunk size that is not a number', [chunked('zz\r\nabc\r\n')], 'rejected'],
    ['with a chunk of 2^64 bytes', [chunked('ffffffffffffffff\r\n')], 'rejected'],
    ['with a chunk longer than its size', [chunked('1\r\nabc\r\n0\r\n\r\n')], 'rejected'],
    [
      'with 3000 chunks',
      [chunked(...Array.from({ length: 3000 }, () => '4\r\nxxxx\r\n'), '0\r\n\r\n')],
      'rejected',
    ],
    [
      'with chunks that carry extensions',
      [chunked(`3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`)],
      'rejected',
    ],
    ['with another transfer coding', [head(['Transfer-Encoding: gzip']), 'abc'], 'rejected'],
    ['with a folded header line', [head(['X-A: 1', ' folded: 2', 'Content-Length: 0'])], 'rejected'],
    ['with a NUL in a header', [head(['X-A: a\0b', 'Content-Length: 0'])], 'rejected'],
    ['with bare line feeds', [posting('').toString('latin1').replaceAll('\r\n', '\n')], 'rejected'],
    ['with a space before the colon', [head(['Content-Length : 0'])], 'rejected'],
    ['without a host', ['POST /ussd/africastalking HTTP/1.1\r\nContent-Length: 0\r\n\r\n'], 'rejected'],
    ['of an unknown HTTP version', ['POST /ussd/africastalking HTTP/9.9\r\nHost: x\r\n\r\n'], 'rejected'],
    ['that is not HTTP', ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'], 'rejected'],
    ['with an unknown method', [head([], 'USSD')], 'rejected'],
    ['that asks for a tunnel', ['CONNECT 127.0.0.1:6379 HTTP/1.1\r\nHost: x\r\n\r\n'], 'closed'],
    [
      'that asks for another protocol',
      [head(['Upgrade: h2c', 'Connection: Upgrade', 'Content-Length: 0'])],
      'rejected',
    ],
    ['in gzip', [posting(gzipSync(`${fields}&text=`), ['Content-Encoding: gzip'])], 'rejected'],
    ['with a field given twice', [posting(`${fields}&text=1&text=2`)], 'rejected'],
    ['with an array for a field', [posting(`${fields}&text[]=1`)], 'rejected'],
    ['with an object for a field', [posting(`${fields}&text[a]=1`)], 'rejected'],
    [
      'with a prototype in the form',
      [posting(`${fields}&text=&__proto__[isAdmin]=1&constructor[prototype][a]=1`)],
      'shown',
    ],
    [
      'with a prototype in JSON',
      [inJson('{"__proto__":{"SessionId":"1"},"constructor":{"prototype":{}}}')],
      'rejected',
    ],
    ['with a control character', [posting(`${fields}&text=1%07`)], 'rejected'],
    ['with a NUL', [posting(`${fields}&text=%00${mark}`)], 'rejected'],
    ['with a line break', [posting(`${fields}&text=${mark}%0d%0aSet-Cookie:%20a=b`)], 'rejected'],
    [
      'in bytes that are not UTF-8',
      [posting(Buffer.concat([Buffer.from(`${fields}&text=`), Buffer.from([0xff, 0xc0, 0x80])]))],
      'rejected',
    ],
    ['with a lone surrogate', [posting(`${fields}&text=%ED%A0%80`)], 'rejected'],
    [
      'with digits of another script in the number',
      [posting(fields.replace('375291234567', encodeURIComponent('٣٧٥٢٩١٢٣٤٥٦٧')) + '&text=')],
      'either',
    ],
    ['with 4000 fields', [posting('a=1&'.repeat(2000))], 'rejected'],
    ['with 4000 brackets', [inJson('['.repeat(4000))], 'rejected'],
    [
      'whose address has an invalid percent-encoding',
      [head(['Content-Length: 0'], 'POST', '/ussd/infobip/session/%zz/start')],
      'either',
    ],
    [
      'whose address traverses directories',
      [head(['Content-Length: 0'], 'POST', '/ussd/../../etc/passwd')],
      'rejected',
    ],
  ])('%s', async (_what, parts, expected) => {
    const { answered, closed } = await sendRaw(port, parts)
    for (const status of statuses(answered)) expect(status).toBeLessThan(500)
    if (expected === 'rejected') expect(answered).toMatch(rejected)
    if (expected === 'shown') expect(answered).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nCON /)
    if (expected === 'closed')
      expect([closed, statuses(answered).filter((status) => status < 300)]).toEqual([true, []])
    expect(answered.length > 0 || closed).toBe(true)
    expect(answered).not.toMatch(/^Set-Cookie/m)
    expect(answered).not.toContain(mark)
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
  })

  it('cannot smuggle a second request behind its body', async () => {
    const inner = posting(`${fields}&text=`).toString('latin1')
    const before = gateway.log().split('"event":"turn"').length
    const outer = head([`Content-Length: ${inner.length}`, 'Transfer-Encoding: chunked'])
    await sendRaw(port, [outer, `0\r\n\r\n${inner}`])
    expect(gateway.log().split('"event":"turn"').length).toBe(before)
  })

  it('is answered in order when 50 are pipelined', async () => {
    const one = (n: number) => posting(`${fields.replace('hostile', `pipelined-${n}`)}&text=`)
    const { answered } = await sendRaw(
      port,
      Array.from({ length: 50 }, (_, n) => one(n)),
      { quietMs: 1500 },
    )
    expect(statuses(answered)).toEqual(Array.from({ length: 50 }, () => 200))
  })

  it('cannot choose with digits of another script', async () => {
    await gateway.call({ sessionId: 'scripts', serviceCode: '*141*3*6#', text: '' })
    const before = (await gateway.call({ sessionId: 'scripts', serviceCode: '*141*3*6#', text: '' })).body
    for (const [at, digit] of ['١', '１', '𝟏', '①', '१'].entries()) {
      const sessionId = `scripts-${at}`
      await gateway.call({ sessionId, serviceCode: '*141*3*6#', text: '' })
      const { body } = await gateway.call({ sessionId, serviceCode: '*141*3*6#', text: digit })
      // The same screen again, below the system line.
      expect(body).toContain(before.replace('CON ', ''))
    }
  })
})

describe('a property name of Object.prototype', () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype']

  it.each(names)('is not a dialect: %s', async (name) => {
    for (const path of [`/ussd/${name}/x`, `/ussd/${name}`, `/ussd/${name}/%zz`, `/ussd/x/../${name}/x`]) {
      const { answered } = await sendRaw(port, [posting(`${fields}&text=`, [], path)], { quietMs: 20 })
      expect(answered).toMatch(
        /^HTTP\/1\.1 40[04] [^]*\r\n\r\n\{"error":\{"code":"USSD_(NOT_FOUND|BAD_REQUEST)"/,
      )
    }
  })

  it.each(names)('is not a field, header or phone: %s', async (name) => {
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
      const { answered } = await sendRaw(port, [one], { quietMs: 20 })
      expect(statuses(answered)).toEqual([expect.any(Number)])
      expect(statuses(answered)[0]).toBeLessThan(500)
    }
  })
})

describe('slow requests', () => {
  it('time out while other requests are served', async () => {
    // The timeouts are 3 and 5 seconds. A busy machine may take longer.
    const slowly = (parts: readonly string[]) => sendRaw(port, parts, { quietMs: 5000, timeoutMs: 40_000 })
    const slow = [
      ...Array.from({ length: 500 }, () => slowly(['POST /ussd/africastalking HTTP/1.1\r\nHost: x\r\nX-'])),
      ...Array.from({ length: 500 }, () => slowly([head(['Content-Length: 100']), 'sessionId='])),
      ...Array.from({ length: 20 }, () => slowly([])),
    ]
    const honest: number[] = []
    for (let n = 0; n < 12; n++) honest.push((await gateway.call({ sessionId: `honest-${n}` })).status)
    const ended = await Promise.all(slow)
    expect(honest.filter((status) => status !== 200)).toEqual([])
    expect(ended.filter(({ closed }) => !closed)).toEqual([])
    expect(ended.filter(({ answered }) => answered !== '' && !answered.startsWith('HTTP/1.1 408 '))).toEqual(
      [],
    )
  })
})

describe('after all hostile requests', () => {
  it('Redis has known keys only, and every session has an expiry', async () => {
    expect(await auditKeyspace({ redis })).toMatchObject({ findings: [], foreign: 0 })
    expect(Object.keys(await dumpOf(redis)).some((key) => key.includes(':session:'))).toBe(true)
  })

  it('no secret is in the log, the files, the slow log or the metrics, and no turn failed', async () => {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    const slow = JSON.stringify(await redis.slowlog('GET', '1000'))
    expect([gateway.log(), metrics, slow].flatMap((text) => canariesIn(text))).toEqual([])
    expect((await searchFiles(await filesIn(server.dir))).found).toEqual([])
    expect(gateway.log()).not.toContain('"fault"')
  })
})
