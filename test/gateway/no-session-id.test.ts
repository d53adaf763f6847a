import { describe, expect, it } from '@jest/globals'
import { createDigestArgon2 } from '../support/digest-argon2.ts'
import { nalo } from '../../src/dialects/nalo.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { assemble } from '../support/gateway.ts'

const msisdn = '+375291234567'

/** Older deployments of Nalo send no `SESSIONID`: every dialogue of a number has the same session id. */
async function setUp(access: 'open' | 'closed-by-subscriber') {
  let nowMs = 1_700_000_000_000
  const gateway = assemble(createMemoryStore({ now: () => nowMs }), { argon2: createDigestArgon2() })
  await gateway.register(msisdn, { puk1: '12345678', access })
  const send = async (USERDATA: string, MSGTYPE = false) => {
    const body = JSON.stringify({ USERID: 'NALO', MSISDN: msisdn.slice(1), USERDATA, MSGTYPE })
    const parsed = nalo.parseRequest({ method: 'POST', path: '', query: {}, headers: {}, body })
    if (parsed.kind !== 'callback') throw new Error(parsed.kind)
    return (await gateway.gateway.turn({ ...parsed.callback, msisdn })).text
  }
  return {
    send,
    dial: (code: string) => send(code, true),
    elapse: (ms: number) => void (nowMs += ms),
    view: () => gateway.subscribers.get(msisdn),
  }
}

describe('a duplicate of the previous dialogue, 10 to 25 seconds late and without a session id', () => {
  it.each([10_000, 25_000])('costs no attempt at PUK1 after %i ms', async (lateMs) => {
    const { dial, send, elapse, view } = await setUp('closed-by-subscriber')
    await dial('*141*3*6*1#')
    expect(await send('00000000')).toMatch(/^Wrong PUK1. Attempts left: 9/)
    elapse(5000)
    expect(await dial('*141*3*6*1#')).toMatch(/^Enter the PUK1/)
    elapse(lateMs - 5000)
    expect(await send('00000000')).toMatch(/^Enter the PUK1/)
    expect(await view()).toMatchObject({ puk1AttemptsLeft: 9 })
    expect(await send('00000001')).toMatch(/^Wrong PUK1. Attempts left: 8/)
  })

  it('confirms nothing', async () => {
    const { dial, send, elapse, view } = await setUp('open')
    await dial('*141*3*6#')
    await send('2')
    elapse(5000)
    expect(await dial('*141*3*6*1#')).toMatch(/^Close access/)
    elapse(10_000)
    expect(await send('2')).toMatch(/^Close access/)
    expect(await view()).toMatchObject({ access: 'open' })
    // After the retry window it is a new reply.
    elapse(30_000)
    expect(await send('2')).toMatch(/^Access is closed/)
  })
})
