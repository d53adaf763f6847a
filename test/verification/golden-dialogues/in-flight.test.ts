/** Changes a menu while dialogues are in flight: a gateway of the old version and one of the new version on one Redis. */
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
const menuChanged = `END ${systemMessages.menuChanged.en}`

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
// The demo subscriber starts closed by the organisation, where PUK1 cannot open access.
beforeEach(() => old.subscribers.put(english, { access: 'closed-by-subscriber' }))

const startUpgraded = async (menu: Menu): Promise<Running> => {
  changed = await startGateway({ ...env, REDIS_URL: server.url }, { menus: { ...menus, '*141*3*6#': menu } })
  return changed
}

let sessions = 0
/** Creates a dialogue whose turns may go to different gateways, as behind a load balancer. */
function dialogue(code: string) {
  const sessionId = `flight-${sessions++}`
  const typed: string[] = []
  return async (on: Running, reply?: string): Promise<string> => {
    if (reply !== undefined) typed.push(reply)
    const fields = { sessionId, phoneNumber: english, serviceCode: code, text: typed.join('*') }
    return (await on.call(fields)).body
  }
}

/** Starts one dialogue for each waiting screen, and names the reply that continues it. */
async function startDialogues() {
  const waiting = async (...replies: string[]) => {
    const send = dialogue('*141*3*6#')
    expect(await send(old)).toMatch(/^CON /)
    for (const reply of replies) expect(await send(old, reply)).toMatch(/^CON /)
    return send
  }
  const closed = [
    { send: await waiting(), next: '1' },
    { send: await waiting('1'), next: '34567890' },
    { send: await waiting('1', '123'), next: '34567890' },
    { send: await waiting('1', '61840937'), next: '34567890' },
  ]
  await old.subscribers.put(english, { access: 'open', puk1AttemptsLeft: 10 })
  return [...closed, { send: await waiting(), next: '1' }, { send: await waiting('1'), next: '2' }]
}

describe.each([
  ['a renamed state', stateRenamed],
  ['a changed guard', guardChanged],
])('a menu with %s', (_change, menu) => {
  it('ends dialogues in flight with menuChanged and no effect, and serves new ones', async () => {
    const dialogues = await startDialogues()
    const upgraded = await startUpgraded(menu)
    for (const { send, next } of dialogues) expect(await send(upgraded, next)).toBe(menuChanged)
    expect(await upgraded.subscribers.get(english)).toMatchObject({ access: 'open', puk1AttemptsLeft: 10 })

    const fresh = dialogue('*141*3*6#')
    expect(await fresh(upgraded)).toBe('CON Access to self-care is open\n1 Close it\n0 Exit')
    expect(await fresh(upgraded, '1')).toMatch(/^CON Close access/)
    expect(await fresh(upgraded, '2')).toMatch(/^END Access is closed/)
    expect(await upgraded.subscribers.get(english)).toMatchObject({ access: 'closed-by-subscriber' })
  })

  it('lets a gateway of the old version continue the dialogue', async () => {
    const [first] = await startDialogues()
    await old.subscribers.put(english, { access: 'closed-by-subscriber' })
    const upgraded = await startUpgraded(menu)
    // The new version stores nothing about a dialogue that it cannot continue.
    expect(await first?.send(upgraded, '1')).toBe(menuChanged)
    expect(await first?.send(old)).toMatch(/^CON Enter the PUK1/)
  })

  it('continues dialogues of other menus', async () => {
    await old.subscribers.put(english, { access: 'open' })
    const other = dialogue('*141*0#')
    expect(await other(old)).toMatch(/^CON Self-care/)
    expect(await other(await startUpgraded(menu), '80291')).toMatch(/^CON Repeat/)
  })
})

describe('a menu with a changed text', () => {
  it('continues dialogues in flight with the new text', async () => {
    await old.subscribers.put(english, { access: 'open' })
    const [before, at] = [dialogue('*141*3*6#'), dialogue('*141*3*6#')]
    await before(old)
    await at(old)
    expect(await at(old, '1')).toMatch(/^CON Close access/)
    const upgraded = await startUpgraded(textChanged)
    expect(await before(upgraded, '1')).toBe('CON Shall access to self-care be closed?\n2 Yes\n0 No')
    expect(await at(upgraded, '2')).toMatch(/^END Access is closed/)
    expect(await upgraded.subscribers.get(english)).toMatchObject({ access: 'closed-by-subscriber' })
  })
})
