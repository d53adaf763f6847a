import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { networkDialects } from '../../../src/dialects/index.ts'
import { sign } from '../../../src/dialects/signature.ts'
import { createHandsets } from '../../../src/simulator/handset.ts'
import { startGateway } from '../../support/running.ts'
import type { Running } from '../../support/running.ts'

describe('simulated phones of a gateway that requires signatures', () => {
  let gateway: Running
  beforeAll(async () => {
    const keys = [1, 2].map((byte) => Buffer.alloc(24, byte).toString('base64')).join()
    gateway = await startGateway({
      CALLBACK_SIGNATURE_KEYS: keys,
      CALLBACK_ALLOW: '127.0.0.0/8,::1',
      TURN_BUDGET_MS: '10000',
    })
  })
  afterAll(() => gateway.close('immediate'))

  // A gateway accepts one variant of the GET family.
  const names = Object.keys(networkDialects('advanta')).filter((name) => !/^get:(?!advanta)/.test(name))

  it.each(names)('sign callbacks, duplicates and end notices in the dialect %s', async (dialect) => {
    const phone = `${gateway.url}/handsets/+375291234567`
    const type = (body: string, query = '') => fetch(phone + query, { method: 'POST', body })
    const begun = await type('*141*3*6#', `?dialect=${dialect}&faults=duplicate=1&seed=3`)
    expect([begun.headers.get('ussd-state'), await begun.text()]).toEqual([
      'waiting',
      'Доступ в личный кабинет открыт\n1 Закрыть\n0 Выход\n',
    ])
    const next = await type('1')
    expect(await next.text()).toContain('2 Да, закрыть')
    await fetch(phone, { method: 'DELETE' })
    expect((await fetch(phone)).headers.get('ussd-state')).toBe('ended')
  })

  it('cover the code of the address', async () => {
    const dialect = networkDialects('advanta')['arkesel']
    if (!dialect) throw new Error('arkesel')
    const signatureKey = Buffer.alloc(24, 2)
    const type = async (target: string, sign = signatureKey) => {
      const callbackUrl = `${gateway.url}/ussd/arkesel${target}`
      const typed = await createHandsets({ dialect, callbackUrl, signatureKey: sign }).type(
        '+375291234567',
        '*384*77#',
      )
      return typed.kind === 'screen' ? (typed.screen.problem ?? typed.screen.text) : typed.message
    }
    expect(await type('?code=*141*3*6%23')).toBe('Доступ в личный кабинет открыт\n1 Закрыть\n0 Выход')
    expect(await type('?code=*141*3*6%23', Buffer.alloc(24, 3))).toContain('401')

    const body = JSON.stringify({ sessionID: 's', newSession: true, msisdn: '375291234567', userData: '' })
    const call = { method: 'POST', path: '', target: '/ussd/arkesel?code=*141*3*6%23', body }
    const headers = sign(signatureKey, call, { id: 'moved', atMs: Date.now() })
    const post = (target: string) => fetch(gateway.url + target, { method: 'POST', headers, body })
    expect((await post('/ussd/arkesel?code=*141*0%23')).status).toBe(401)
    expect((await post(call.target)).status).toBe(200)
  })

  it('do not open the gateway to unsigned callbacks', async () => {
    expect((await gateway.call({})).status).toBe(401)
  })
})
