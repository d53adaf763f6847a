import { describe, expect, it } from '@jest/globals'
import { UssdError } from '../../../src/engine/errors.ts'
import { createKeyRegister } from '../../../src/gateway/records/key-register.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Store } from '../../../src/gateway/ports.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'

const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const olderId = createKeyring({ current: older }).id
const newerId = createKeyring({ current: newer }).id
const registerWith = (store: Store, current: Buffer, options: { retired?: Buffer[]; lost?: string[] } = {}) =>
  createKeyRegister({
    store,
    keyring: createKeyring({ current, retired: options.retired ?? [] }),
    lost: options.lost ?? [],
  })

describe('the key register', () => {
  it('lists the keys that processes have served with', async () => {
    const store = createMemoryStore()
    const register = registerWith(store, older)
    await register.register()
    expect(await register.missing()).toBeUndefined()
    const { records } = await store.load(0, ['database:keys'])
    expect(JSON.parse(records[0]?.value ?? '')).toEqual({ keys: [olderId] })
  })

  it('stops a process that lacks a key, with a message that names it', async () => {
    const store = createMemoryStore()
    await registerWith(store, older).register()
    await expect(registerWith(store, newer).register()).rejects.toMatchObject({
      code: 'USSD_MISCONFIGURED',
      message: expect.stringContaining(`under the keys ${olderId}, which are not configured`),
    })
    await registerWith(store, newer, { retired: [older] }).register()
    await registerWith(store, newer, { lost: [olderId] }).register()
  })

  it('reports a key that another process starts to use', async () => {
    const store = createMemoryStore()
    const register = registerWith(store, older)
    await register.register()
    await registerWith(store, newer, { retired: [older] }).register()
    expect(await register.missing()).toContain(newerId)
  })

  it('retries later when the store is unavailable at start', async () => {
    const store = createMemoryStore()
    let isUp = false
    const late: Store = {
      ...store,
      load: (bucket, names) =>
        isUp ? store.load(bucket, names) : Promise.reject(new UssdError('USSD_STORE_UNAVAILABLE')),
    }
    const register = registerWith(late, older)
    await register.register()
    await expect(register.missing()).rejects.toMatchObject({ code: 'USSD_STORE_UNAVAILABLE' })
    isUp = true
    expect(await register.missing()).toBeUndefined()
    expect((await store.load(0, ['database:keys'])).records[0]?.value).toContain(olderId)
  })
})
