import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startGateway } from '../../support/running.ts'
import type { Running } from '../../support/running.ts'

const alice = '/handsets/+375291234568'
let gateway: Running
beforeAll(async () => void (gateway = await startGateway()))
afterAll(() => gateway.close('immediate'))

const type = (phone: string, text: string, query = '') =>
  fetch(`${gateway.url}${phone}${query}`, { method: 'POST', body: text })
const get = async (path: string) => {
  const response = await fetch(`${gateway.url}${path}`)
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

describe('GET /handsets/:msisdn/subscriber', () => {
  it('returns the record without secrets', async () => {
    const { status, body } = await get('/handsets/80291234568/subscriber')
    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual({
      msisdn: '+375291234568',
      language: 'be',
      tariff: 'Комфорт',
      client: null,
      role: 'subscriber',
      registrationByPuk1: false,
      access: 'closed-by-subscriber',
      closedBecause: null,
      puk1AttemptsLeft: 10,
      hasPuk1: true,
      hasPassword: false,
    })
  })

  it('answers 404 for an unregistered number', async () => {
    expect(await get('/handsets/+375291111111/subscriber')).toMatchObject({
      status: 404,
      body: 'This number is not registered.\n',
    })
    expect((await get('/handsets/12/subscriber')).status).toBe(400)
  })
})

describe('a recording with ?record=on', () => {
  it('contains all later input of that phone only, until it is deleted', async () => {
    expect(await get(`${alice}/walkthrough`)).toMatchObject({
      status: 404,
      body: 'Nothing was recorded on this phone. Dial with ?record=on.\n',
    })
    const waiting = await type(alice, '*141*3*6*1#', '?record=on')
    expect([waiting.headers.get('ussd-input'), waiting.status]).toEqual(['secret', 200])
    await type('/handsets/+375291234567', '*141*3*6#')
    await type(alice, '41829375')
    await type(alice, '23456789')
    const script = await get(`${alice}/walkthrough`)
    expect(script).toMatchObject({ status: 200, type: 'application/yaml; charset=utf-8' })
    expect(script.body).toMatch(/^title: What \*141\*3\*6\*1# shows\n/)
    expect(script.body).toContain(
      "subscriber: { msisdn: '+375291234568', language: be, tariff: Комфорт, access: closed-by-subscriber }",
    )
    expect(script.body).not.toMatch(/41829375|23456789/)
    expect([...script.body.matchAll(/sends: (.*)/g)].map(([, sent]) => sent)).toEqual([
      "{ secret: '{{8 digits a}}' }",
      "{ secret: '{{puk1}}' }",
    ])
    expect((await fetch(`${gateway.url}${alice}/walkthrough`, { method: 'DELETE' })).status).toBe(204)
    expect((await get(`${alice}/walkthrough`)).status).toBe(404)
    await type(alice, '*141*3*6#')
    expect((await get(`${alice}/walkthrough`)).status).toBe(404)
  })

  it('contains a hang-up', async () => {
    const phone = '/handsets/+375291234560'
    await type(phone, '*141*0#', '?record=on')
    await fetch(`${gateway.url}${phone}`, { method: 'DELETE' })
    expect((await get(`${phone}/walkthrough`)).body).toMatch(/\nhangs up: true\n$/)
  })

  it('is rejected for any other value', async () => {
    const rejected = await type(alice, '*141#', '?record=yes')
    expect([rejected.status, await rejected.text()]).toEqual([
      400,
      'Bad request: record must be on, or omitted.\n',
    ])
  })
})
