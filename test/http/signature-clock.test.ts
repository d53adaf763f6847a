import project from '../../menus/index.ts'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PassThrough } from 'node:stream'
import { startApp } from '../../src/app.ts'
import type { App } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { sign } from '../../src/dialects/signature.ts'
import { createMemoryStore } from '../../src/store/memory.ts'

const HOUR_MS = 3_600_000
const key = Buffer.alloc(32, 1)

describe('a signature when the clock of the gateway is three hours behind the store', () => {
  let gateway: App
  let url: string
  beforeAll(async () => {
    gateway = startApp(
      loadConfig({ PORT: '0', CALLBACK_SIGNATURE_KEYS: key.toString('base64'), TURN_BUDGET_MS: '10000' }),
      project,
      {
        store: createMemoryStore({ now: () => Date.now() + 3 * HOUR_MS }),
        logStream: new PassThrough().resume(),
      },
    )
    ;({ url } = await gateway.listen())
  })
  afterAll(() => gateway.close('immediate'))

  const call = async (id: string, atMs: number) => {
    const body = `sessionId=${id}&phoneNumber=%2B375291234567&networkCode=25704&serviceCode=*141*3*6%23&text=`
    const target = '/ussd/africastalking'
    const headers = sign(key, { method: 'POST', path: '', target, body }, { id, atMs })
    const response = await fetch(url + target, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
    await response.text()
    return response.status
  }

  it('is accepted when it is fresh by the clock of the store', async () => {
    expect(await call('fresh', Date.now() + 3 * HOUR_MS)).toBe(200)
  })

  it('is rejected when it is fresh only by the clock of the gateway', async () => {
    expect(await call('captured', Date.now())).toBe(401)
  })
})
