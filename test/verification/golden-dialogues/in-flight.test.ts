/** A menu is changed while dialogues are under way: two real gateways, the old version and the new, on one Redis. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { menus } from '../../../menus/index.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { startRedisServer } from '../../support/redis/redis-server.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { guardChanged, stateRenamed, textChanged } from '../../support/changed-menus.ts'
import { startGateway } from '../../support/running.ts'
import type { Running } from '../../support/running.ts'

const english = '+375291234569'
const env = { SECRETS_KEY: randomBytes(32).toString('base64'), DEMO: 'on', TURN_BUDGET_MS: '10000' }
const polite = `END ${systemMessages.menuChanged.en}`

let server: RedisServer
let old: Running
let changed: Running | undefined
beforeAll(async () => {
  server = await startRedisServer()
  old = await startGateway({ ...env, REDIS_URL: server.url })
})
afterAll(async () => {
  await old.close('immediate')
  await server.stop()
})
afterEach(() => changed?.close('immediate'))
// Closed by the organisation at first, so that PUK1 cannot open it.
beforeEach(() => old.subscribers.put(english, { access: 'closed-by-subscriber' }))

const upgradedTo = async (menu: Menu): Promise<Running> => {
  changed = await startGateway({ ...env, REDIS_URL: server.url }, { menus: { ...menus, '*141*3*6#': menu } })
  return changed
}

let sessions = 0
/** A dialogue that goes from gateway to gateway, as a load balancer has it. */
function dialogue(code: string) {
  const sessionId = `flight-${sessions++}`
  const typed: string[] = []
  return async (on: Running, reply?: string): Promise<string> => {
    if (reply !== undefined) typed.push(reply)
    const fields = { sessionId, phoneNumber: english, serviceCode: code, text: typed.join('*') }
    return (await on.call(fields)).body
  }
}

/** One dialogue resting on each screen that waits, with the reply that would go on from there. */
async function underWay() {
  const waiting = async (...replies: string[]) => {
    const say = dialogue('*141*3*6#')
    expect(await say(old)).toMatch(/^CON /)
    for (const reply of replies) expect(await say(old, reply)).toMatch(/^CON /)
    return say
  }
  const closed = [
    { say: await waiting(), next: '1' },
    { say: await waiting('1'), next: '34567890' },
    { say: await waiting('1', '123'), next: '34567890' },
    { say: await waiting('1', '61840937'), next: '34567890' },
  ]
  await old.subscribers.put(english, { access: 'open', puk1AttemptsLeft: 10 })
  return [...closed, { say: await waiting(), next: '1' }, { say: await waiting('1'), next: '2' }]
}

describe.each([
  ['a state was renamed', stateRenamed],
  ['a guard was changed', guardChanged],
])('when %s', (_what, menu) => {
  it('dialogues under way end politely, do nothing, and new ones run', async () => {
    const flights = await underWay()
    const upgraded = await upgradedTo(menu)
    for (const { say, next } of flights) expect(await say(upgraded, next)).toBe(polite)
    expect(await upgraded.subscribers.get(english)).toMatchObject({ access: 'open', puk1AttemptsLeft: 10 })

    const fresh = dialogue('*141*3*6#')
    expect(await fresh(upgraded)).toBe('CON Access to self-care is open\n1 Close it\n0 Exit')
    expect(await fresh(upgraded, '1')).toMatch(/^CON Close access/)
    expect(await fresh(upgraded, '2')).toMatch(/^END Access is closed/)
    expect(await upgraded.subscribers.get(english)).toMatchObject({ access: 'closed-by-subscriber' })
  })

  it('and a gateway of the old version is still there, it goes on there', async () => {
    const [first] = await underWay()
    await old.subscribers.put(english, { access: 'closed-by-subscriber' })
    const upgraded = await upgradedTo(menu)
    // Whichever version is asked first: the new one stores nothing of a dialogue that it cannot go on with.
    expect(await first?.say(upgraded, '1')).toBe(polite)
    expect(await first?.say(old)).toMatch(/^CON Enter the PUK1/)
  })

  it('dialogues of other menus go on', async () => {
    await old.subscribers.put(english, { access: 'open' })
    const other = dialogue('*141*0#')
    expect(await other(old)).toMatch(/^CON Self-care/)
    expect(await other(await upgradedTo(menu), '80291')).toMatch(/^CON Repeat/)
  })
})

describe('when a text was changed', () => {
  it('dialogues under way go on, in the new words', async () => {
    await old.subscribers.put(english, { access: 'open' })
    const [before, at] = [dialogue('*141*3*6#'), dialogue('*141*3*6#')]
    await before(old)
    await at(old)
    expect(await at(old, '1')).toMatch(/^CON Close access/)
    const upgraded = await upgradedTo(textChanged)
    expect(await before(upgraded, '1')).toBe('CON Shall access to self-care be closed?\n2 Yes\n0 No')
    expect(await at(upgraded, '2')).toMatch(/^END Access is closed/)
    expect(await upgraded.subscribers.get(english)).toMatchObject({ access: 'closed-by-subscriber' })
  })
})
