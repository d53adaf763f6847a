import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { menus } from '../menus/index.ts'
import { startGateway } from './support/running.ts'
import type { Running } from './support/running.ts'
import { startRedisServer } from './support/redis/redis-server.ts'
import type { RedisServer } from './support/redis/redis-server.ts'

/** Marked secrets: values that cannot occur otherwise. */
const secrets = {
  password: '8361940275',
  otherPassword: '6093718254',
  weakPassword: '7777777777',
  shortPassword: '9416',
  letters: 'canaryletters',
  puk1: '90573816',
  wrongPuk1: '61840937',
  wrongPuk1Over: '27590463',
  notPuk1: '5810394',
  dialled: '4082615973',
  callbackToken: 'canary-callback-token',
  adminToken: 'canary-admin-token',
}
/** Four digits may occur in a timestamp, so only longer marks are searched for. */
const marks = Object.values(secrets).filter((secret) => secret.length > 5)

describe('marked secrets', () => {
  let server: RedisServer
  let gateway: Running
  let admin: Redis
  const commands: string[] = []
  const shown: string[] = []
  const served: string[] = []

  beforeAll(async () => {
    server = await startRedisServer()
    admin = new Redis(server.url)
    const monitor = await admin.monitor()
    monitor.on('monitor', (_time: string, args: string[]) => void commands.push(args.join(' ')))
    gateway = await startGateway({
      REDIS_URL: server.url,
      SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
      CALLBACK_TOKEN: secrets.callbackToken,
      ADMIN_TOKEN: secrets.adminToken,
      SIMULATOR: 'on',
      DEMO: 'on',
      LOG_LEVEL: 'debug',
      TURN_BUDGET_MS: '10000',
    })
    await put('+375291119999', {
      puk1: secrets.puk1,
      access: 'closed-by-subscriber',
      tariff: 'Видеонаблюдение',
    })
    await sendEverySecretEverywhere()
    monitor.disconnect()
  }, 60_000)
  afterAll(async () => {
    await gateway.close('immediate')
    admin.disconnect()
    await server.stop()
  })

  const authorised = { authorization: `Bearer ${secrets.adminToken}`, 'content-type': 'application/json' }

  async function send(path: string, init: RequestInit): Promise<string> {
    const response = await fetch(`${gateway.url}${path}`, init)
    const body = `${JSON.stringify([...response.headers])}\n${await response.text()}`
    served.push(body)
    return body
  }

  const put = (msisdn: string, patch: object) =>
    send(`/subscribers/${msisdn}`, { method: 'PUT', headers: authorised, body: JSON.stringify(patch) })

  const json = (body: object): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

  /** Runs a whole dialogue on a simulated phone. */
  async function walk(msisdn: string, ...typed: string[]) {
    for (const body of typed) {
      const response = await fetch(`${gateway.url}/handsets/${msisdn}`, { method: 'POST', body })
      const text = await response.text()
      shown.push(`${JSON.stringify([...response.headers])}\n${text}`)
    }
    await fetch(`${gateway.url}/handsets/${msisdn}`, { method: 'DELETE' })
  }

  async function sendEverySecretEverywhere() {
    const { password, otherPassword, weakPassword, shortPassword, letters } = secrets
    const { puk1, wrongPuk1, wrongPuk1Over, notPuk1, dialled } = secrets
    const msisdn = '+375291119999'
    await walk(msisdn, '*141*3*6#', '1', wrongPuk1, notPuk1, puk1)
    await walk(msisdn, '*141*0#', shortPassword, letters, password, otherPassword)
    await walk(msisdn, '*141*0#', weakPassword, weakPassword, weakPassword)
    await walk(msisdn, '*141*0#', password, password)
    await walk(msisdn, `*141*0*${dialled}*${dialled}#`, otherPassword)
    await walk(msisdn, `*141*3*6*1*${dialled}#`, '2')
    await walk(msisdn, `**05*${puk1}*1111*1111#`)
    await walk(msisdn, '*141*3*6#', '1', wrongPuk1, wrongPuk1Over, puk1)
    await walk('+375291118888', '*141*0#', password)
    await send('/self-care/password', json({ msisdn, puk1, password: otherPassword }))
    await send('/self-care/password', json({ msisdn, puk1: wrongPuk1, password }))
    await send('/self-care/password', json({ msisdn, puk1: notPuk1, password: letters }))
    await send('/self-care/password', { ...json({}), body: `{"puk1": ${puk1}, "password": "${password}` })
    const session = await send('/self-care/sessions', json({ msisdn, password: otherPassword }))
    const { token } = JSON.parse(session.slice(session.indexOf('\n'))) as { token: string }
    await send('/self-care/session', { headers: { authorization: `Bearer ${token}` } })
    await send('/self-care/sessions', json({ msisdn, password }))
    await put(msisdn, { password, puk1, nonsense: letters })
    await put(msisdn, { password: letters, puk1: notPuk1 })
    await send('/subscribers/+375291119999', { headers: { authorization: `Bearer ${letters}` } })
    // Callbacks that fail: malformed, forged, out of step, with a secret in every field.
    const form = (fields: Record<string, string>, query = '') =>
      send(`/ussd/africastalking${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secrets.callbackToken}` },
        body: new URLSearchParams(fields),
      })
    const fields = { sessionId: 'canary', phoneNumber: msisdn, serviceCode: '*141*0#', text: '' }
    for (const field of ['sessionId', 'phoneNumber', 'serviceCode', 'text', 'networkCode', letters]) {
      await form({ ...fields, [field]: password })
      await form({ ...fields, [field]: `${password}\0` })
      await form({ ...fields, [field]: password.repeat(900) })
    }
    await form({ ...fields, sessionId: 'canary-2', text: `${password}*${puk1}` }, `?token=${letters}`)
    await send('/openapi.json', {})
    await send('/readyz', {})
    await send('/metrics', {})
  }

  const found = (where: string) => marks.filter((mark) => where.includes(mark))

  it('pass through every menu and route', async () => {
    for (const code of Object.keys(menus)) expect(gateway.log()).toContain(`"menu":"${code}"`)
    expect(gateway.log()).toContain('"screen":"saved"')
    expect(gateway.log()).toContain('"screen":"accessOpened"')
    expect(gateway.log()).toContain('"screen":"wrongPuk1"')
    expect(commands.length).toBeGreaterThan(50)
    expect(served.some((body) => body.includes('"expiresIn":900'))).toBe(true)
  })

  it('are in no command to Redis', () => {
    expect(found(commands.join('\n'))).toEqual([])
  })

  it('are not in the append-only file, the slow log or any record', async () => {
    const files = await readdir(server.dir, { recursive: true, withFileTypes: true })
    let bytes = ''
    for (const file of files.filter((entry) => entry.isFile())) {
      bytes += await readFile(join(file.parentPath, file.name), 'latin1')
    }
    expect(bytes).toContain('ussd:{b')
    expect(found(bytes)).toEqual([])
    expect(found(JSON.stringify(await admin.slowlog('GET', '1000')))).toEqual([])
  })

  it('are not in the log', () => {
    expect(found(gateway.log())).toEqual([])
    expect(gateway.log()).not.toContain('375291119999')
  })

  it('are on no screen, in no header and in no response', () => {
    expect(shown.join('\n')).toContain('Пароль сохранён')
    expect(found(shown.join('\n'))).toEqual([])
    expect(found(served.join('\n'))).toEqual([])
  })

  it('are not in the metrics', async () => {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    expect(metrics).toContain('ussd_turns_total')
    expect(found(metrics)).toEqual([])
    expect(metrics).not.toContain('375291119999')
  })
})
