import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { UssdError } from '../../src/engine/errors.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

describe('the routes for operators', () => {
  let gateway: Running
  let isUnavailable = false
  beforeAll(async () => {
    const real = createMemoryStore()
    const store = {
      ...real,
      async ping() {
        if (isUnavailable) throw new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'timeout' })
      },
    }
    gateway = await startGateway({}, { store })
  })
  afterAll(() => gateway.close('immediate'))

  it('report liveness while the store is unavailable', async () => {
    isUnavailable = true
    await request(gateway.server).get('/healthz').expect(200, { status: 'ok' })
    isUnavailable = false
  })

  it('report readiness only while the store answers, otherwise the reason', async () => {
    const readyz = () => request(gateway.server).get('/readyz')
    await readyz().expect(200, { status: 'ready' })
    isUnavailable = true
    let response = await readyz()
    while (response.status === 200) response = await readyz()
    expect([response.status, response.body]).toEqual([
      503,
      {
        status: 'not ready',
        reason: 'USSD_STORE_UNAVAILABLE: the store did not answer in time: timeout',
      },
    ])
    isUnavailable = false
    while (response.status !== 200) response = await readyz()
    expect(gateway.log()).toMatch(
      /"event":"readiness.lost",[^\n]*"reason":"USSD_STORE_UNAVAILABLE[^]*"event":"readiness.restored"/,
    )
  })

  it('serve metrics of turns by dialect, menu and outcome, without phone numbers', async () => {
    await gateway.call({ sessionId: 'counted' })
    const { text } = await request(gateway.server).get('/metrics').expect(200)
    expect(text).toContain('ussd_turns_total{dialect="africastalking",menu="*141*0#",outcome="shown"} 1')
    expect(text).toContain('ussd_turn_seconds_count{dialect="africastalking"} 1')
    expect(text).toContain('ussd_hashes{state="turns waiting"} 0')
    expect(text).not.toContain('375291234567')
  })

  it('serve the OpenAPI document', async () => {
    const { body } = await request(gateway.server)
      .get('/openapi.json')
      .expect('content-type', /json/)
      .expect(200)
    expect(body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) })
  })

  it('answer 404 in JSON at an unknown address', async () => {
    await request(gateway.server)
      .get('/no/such/thing')
      .expect(404, { error: { code: 'USSD_NOT_FOUND', message: 'no such resource' } })
  })
})
