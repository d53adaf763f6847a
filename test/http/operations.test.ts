import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { UssdError } from '../../src/engine/errors.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

describe('the routes of those who run it', () => {
  let gateway: Running
  let isAway = false
  beforeAll(async () => {
    const real = createMemoryStore()
    const store = {
      ...real,
      async ping() {
        if (isAway) throw new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'timeout' })
      },
    }
    gateway = await startGateway({}, { store })
  })
  afterAll(() => gateway.close('immediate'))

  it('are alive whatever the store does', async () => {
    isAway = true
    await request(gateway.server).get('/healthz').expect(200, { status: 'ok' })
    isAway = false
  })

  it('are ready only while the store answers, and say why not', async () => {
    const readyz = () => request(gateway.server).get('/readyz')
    await readyz().expect(200, { status: 'ready' })
    isAway = true
    let response = await readyz()
    while (response.status === 200) response = await readyz()
    expect([response.status, response.body]).toEqual([
      503,
      {
        status: 'not ready',
        reason: 'USSD_STORE_UNAVAILABLE: the store did not answer in time: timeout',
      },
    ])
    isAway = false
    while (response.status !== 200) response = await readyz()
    expect(gateway.log()).toMatch(
      /"event":"readiness.lost",[^\n]*"reason":"USSD_STORE_UNAVAILABLE[^]*"event":"readiness.restored"/,
    )
  })

  it('count turns by dialect, menu and outcome, and never by number', async () => {
    await gateway.call({ sessionId: 'counted' })
    const { text } = await request(gateway.server).get('/metrics').expect(200)
    expect(text).toContain('ussd_turns_total{dialect="africastalking",menu="*141*0#",outcome="shown"} 1')
    expect(text).toContain('ussd_turn_seconds_count{dialect="africastalking"} 1')
    expect(text).toContain('ussd_hashes{state="turns waiting"} 0')
    expect(text).not.toContain('375291234567')
  })

  it('describe the whole', async () => {
    const { body } = await request(gateway.server)
      .get('/openapi.json')
      .expect('content-type', /json/)
      .expect(200)
    expect(body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) })
  })

  it('have nothing anywhere else, and say so in JSON', async () => {
    await request(gateway.server)
      .get('/no/such/thing')
      .expect(404, { error: { code: 'USSD_NOT_FOUND', message: 'no such resource' } })
  })
})
