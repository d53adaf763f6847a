import project from '../../../menus/index.ts'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { UssdError } from '../../../src/engine/errors.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import { NAMING, withPseudonyms } from '../../../src/gateway/records/pseudonyms.ts'
import type { RecordName, Store } from '../../../src/gateway/ports.ts'
import { bucketOf, sessionName, subscriberName } from '../../../src/gateway/records/records.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { startRedisServer } from '../../support/redis/redis-server.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import { assemble, dialogue } from '../../support/gateway.ts'
import { startGateway } from '../../support/running.ts'
import type { Running } from '../../support/running.ts'

const msisdn = '+375291234567'
const first = randomBytes(32)
const second = randomBytes(32)
const keyring = createKeyring({ current: first })

/** A store that records the names and calls it receives. */
function watchedStore() {
  const store = createMemoryStore()
  const asked: { bucket: number; name: RecordName }[] = []
  const calls: string[] = []
  const note = (call: string, bucket: number, names: readonly RecordName[]) => {
    calls.push(call)
    for (const name of names) asked.push({ bucket, name })
  }
  const watched: Store = {
    ...store,
    load(bucket, names) {
      note('load', bucket, names)
      return store.load(bucket, names)
    },
    commit(commit) {
      const names = commit.changes.map(({ name }) => name)
      note('commit', commit.bucket, names)
      return store.commit(commit)
    },
  }
  return { store: watched, asked, calls }
}

const gatewayOn = (store: Store) => assemble(store, { argon2: createDigestArgon2() })

/** The screens of one dialogue of each menu. */
async function dialogues(store: Store): Promise<string[]> {
  const gateway = gatewayOn(store)
  await gateway.register(msisdn, { puk1: '12345678' })
  const setting = dialogue(gateway, msisdn, '375291234567')
  const closing = dialogue(gateway, msisdn)
  const screens = [
    await setting.dial('*141*0#'),
    await setting.type('80291'),
    await setting.type('80291'),
    await closing.dial('*141*3*6#'),
    await closing.type('1'),
    await closing.type('2'),
    await gateway.gateway.turn(closing.lastCallback()),
  ]
  return screens.map(({ text, waits }) => `${waits} ${text}`)
}

describe('key names', () => {
  it('contain the MSISDN without pseudonyms', async () => {
    const { store, asked } = watchedStore()
    const naming = withPseudonyms({ store, keyring, keyNaming: 'msisdns' })
    await naming.check()
    asked.length = 0
    await naming.store.load(3, [subscriberName(msisdn)])
    expect(asked).toEqual([{ bucket: 3, name: 'subscriber:375291234567' }])
  })

  it('contain pseudonyms where configured, with the same dialogues', async () => {
    const { store, asked } = watchedStore()
    const naming = withPseudonyms({ store, keyring, keyNaming: 'pseudonyms' })
    await naming.check()
    expect(await dialogues(naming.store)).toEqual(await dialogues(createMemoryStore()))

    const names = [...new Set(asked.map(({ name }) => name))]
    expect(names.filter((name) => /\d{6}/.test(name))).toEqual([])
    const [pseudonym] = names.flatMap((name) => /^subscriber:([\w-]{22})$/.exec(name)?.[1] ?? [])
    expect(pseudonym).toBeDefined()
    const forms = names.map((name) => name.replace(String(pseudonym), '…').replace(/:[\w-]{22}$/, ':—'))
    expect(new Set(forms)).toEqual(new Set([NAMING.name, 'subscriber:…', 'session:…:—']))
    // One bucket per subscriber, derived from the pseudonym.
    const buckets = new Set(asked.filter(({ name }) => name !== NAMING.name).map(({ bucket }) => bucket))
    expect([...buckets]).toEqual([bucketOf(String(pseudonym))])
  })

  it('hide session ids too, because some are derived from the MSISDN', async () => {
    const { store, asked } = watchedStore()
    const naming = withPseudonyms({ store, keyring, keyNaming: 'pseudonyms' })
    const clear = sessionName('nalo', msisdn, `USER:${msisdn.slice(1)}`)
    await naming.store.load(0, [clear])
    const [, , handle] = clear.split(':')
    expect(asked.at(-1)?.name).not.toContain(String(handle))
  })

  it('add no round trip to a turn', async () => {
    const { store, calls } = watchedStore()
    const naming = withPseudonyms({ store, keyring, keyNaming: 'pseudonyms' })
    await naming.check()
    const gateway = gatewayOn(naming.store)
    await gateway.register(msisdn)
    calls.length = 0
    await dialogue(gateway, msisdn).dial('*141*0#')
    expect(calls).toEqual(['load', 'commit'])
  })
})

describe('a database', () => {
  const open = (store: Store, keyNaming: 'msisdns' | 'pseudonyms', ring = keyring) =>
    withPseudonyms({ store, keyring: ring, keyNaming })

  it('keeps its first key naming and rejects the other setting', async () => {
    for (const [at, then, message] of [
      ['msisdns', 'pseudonyms', /PSEUDONYMS is on, but the keys of this database contain MSISDNs/],
      ['pseudonyms', 'msisdns', /PSEUDONYMS is off, but the keys of this database contain pseudonyms/],
    ] as const) {
      const store = createMemoryStore()
      await open(store, at).check()
      await open(store, at).check()
      const other = open(store, then)
      await expect(other.check()).rejects.toThrow(message)
      // Operations check it too.
      await expect(other.store.load(0, [subscriberName(msisdn)])).rejects.toThrow(message)
      await expect(other.store.ping()).rejects.toThrow(message)
      expect(store.size()).toBe(1)
    }
  })

  it('of an earlier version is recognised by its journal', async () => {
    const store = createMemoryStore()
    await gatewayOn(store).register(msisdn)
    await expect(open(store, 'pseudonyms').check()).rejects.toThrow(/contain MSISDNs: set it to off/)
    await open(store, 'msisdns').check()
    await expect(open(store, 'pseudonyms').check()).rejects.toThrow(/contain MSISDNs: set it to off/)
  })

  it('keeps its pseudonyms after a key rotation while the old key is configured', async () => {
    const store = createMemoryStore()
    await gatewayOn(open(store, 'pseudonyms').store).register(msisdn, { tariff: 'Old' })
    const both = createKeyring({ current: second, retired: [first] })
    const renewed = gatewayOn(open(store, 'pseudonyms', both).store)
    expect(await renewed.subscribers.get(msisdn)).toMatchObject({ tariff: 'Old' })
    const alone = open(store, 'pseudonyms', createKeyring({ current: second }))
    await expect(alone.check()).rejects.toThrow(
      new RegExp(`secrets key ${keyring.id}: set it as SECRETS_KEY or in SECRETS_KEYS_RETIRED`),
    )
  })

  it('gets one key naming from processes that start at the same time', async () => {
    const store = createMemoryStore()
    const same = await Promise.allSettled([1, 2, 3].map(() => open(store, 'pseudonyms').check()))
    expect(same.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])

    const other = createMemoryStore()
    const differ = await Promise.allSettled([
      open(other, 'pseudonyms').check(),
      open(other, 'msisdns').check(),
    ])
    expect(differ.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it('that is unavailable at start is checked by the first operation', async () => {
    const store = createMemoryStore()
    await open(store, 'pseudonyms').check()
    let isDown = true
    const flaky: Store = {
      ...store,
      async load(bucket, names) {
        if (isDown) throw new UssdError('USSD_STORE_UNAVAILABLE', { detail: 'timeout' })
        return store.load(bucket, names)
      },
    }
    const late = open(flaky, 'msisdns')
    await late.check()
    await expect(late.store.load(0, [])).rejects.toThrow('USSD_STORE_UNAVAILABLE')
    isDown = false
    await expect(late.store.load(0, [])).rejects.toThrow('PSEUDONYMS is off')
  })
})

/** The message with which a gateway refuses to start. */
async function refusalOf(env: Record<string, string>): Promise<string> {
  const gateway = startApp(loadConfig({ PORT: '0', LOG_LEVEL: 'silent', ...env }), project)
  try {
    return (await gateway.listen()).url
  } catch (error) {
    return String(error)
  } finally {
    await gateway.close('immediate')
  }
}

describe('a gateway on Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedisServer()
  })
  afterAll(() => server.stop())

  it('starts only with the key naming of its database, and says what to change', async () => {
    const env = {
      REDIS_URL: server.url,
      SECRETS_KEY: first.toString('base64'),
      PSEUDONYMS: 'on',
      DEMO: 'on',
    }
    const gateway = await startGateway(env)
    expect(await screenOf(gateway, 'first')).toMatch(/^CON Доступ/)
    await gateway.close('immediate')

    expect(await refusalOf({ ...env, PSEUDONYMS: 'off' })).toMatch('PSEUDONYMS is off, but the keys')
    const other = { ...env, SECRETS_KEY: second.toString('base64') }
    expect(await refusalOf(other)).toMatch('in SECRETS_KEYS_RETIRED')

    const rotated = await startGateway({ ...other, SECRETS_KEYS_RETIRED: env.SECRETS_KEY })
    expect(await screenOf(rotated, 'another')).toMatch(/^CON Доступ/)
    await rotated.close('immediate')
  })
})

/** The first screen. Dials again while Redis is slow, as on a busy machine. */
async function screenOf(gateway: Running, sessionId: string): Promise<string> {
  for (let n = 0; ; n++) {
    const { body } = await gateway.call({ sessionId: `${sessionId}-${n}`, serviceCode: '*141*3*6#' })
    if (body !== `END ${systemMessages.unavailable.ru}`) return body
  }
}
