import { beforeEach, describe, expect, it } from '@jest/globals'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import { UssdError } from '../../../src/engine/errors.ts'
import { Secret } from '../../../src/engine/secret.ts'
import type { Store } from '../../../src/gateway/ports.ts'
import { afterFailure } from '../../../src/services/login-throttle.ts'
import { createUnknownLoginThrottle } from '../../../src/services/unknown-login-throttle.ts'
import { bucketOf } from '../../../src/gateway/records/records.ts'
import type { Argon2 } from '../../../src/services/hashing/hashing.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import type { MemoryStore } from '../../../src/store/memory.ts'
import type { Routes } from '../../../menus/record.ts'
import { createSelfCare } from '../../../menus/services/self-care.ts'
import type { SelfCare } from '../../../menus/services/self-care.ts'
import { assemble, keyring } from '../../support/gateway.ts'

const puk1 = '56789012'
const password = '80291'
const entitled = { registrationByPuk1: true } as const

let numbers = 0
const fresh = () => `+37529${String(6_000_000 + numbers++)}`

/** The work of one request: its loads, commits and hashes, in order. */
let work: string[] = []
let rejectsWrites = false
let store: MemoryStore
let gateway: ReturnType<typeof assemble>
let selfCare: SelfCare

beforeEach(() => {
  rejectsWrites = false
  store = createMemoryStore()
  const watched: Store = {
    ...store,
    load(bucket, names) {
      work.push('load')
      return store.load(bucket, names)
    },
    commit(commit) {
      const writes = commit.changes.some(({ write }) => write.kind !== 'keep')
      work.push(writes ? 'write' : 'commit without a write')
      if (rejectsWrites) return Promise.reject(new UssdError('USSD_STORE_REFUSED', { detail: 'OOM' }))
      return store.commit(commit)
    },
  }
  const quick = createDigestArgon2()
  const argon2: Argon2 = {
    hash(digest, cost) {
      work.push('hash')
      return quick.hash(digest, cost)
    },
    verify(phc, digest) {
      work.push('compare')
      return quick.verify(phc, digest)
    },
  }
  gateway = assemble(watched, { argon2 })
  selfCare = createSelfCare(gateway.core.routeKit as Routes)
})

const register = async (patch: Parameters<typeof gateway.register>[1]) => {
  const msisdn = fresh()
  await gateway.register(msisdn, patch)
  return msisdn
}

async function workOf<T>(request: () => Promise<T>): Promise<{ outcome: T | UssdError; work: string[] }> {
  work = []
  const outcome = await request().catch((error: unknown) => error as UssdError)
  return { outcome, work }
}

const set = (msisdn: string, guess: string) =>
  workOf(() => selfCare.setPassword(msisdn, new Secret(guess), new Secret(password)))
const logIn = (msisdn: string, guess: string) => workOf(() => selfCare.logIn(msisdn, new Secret(guess)))

async function locked(): Promise<string> {
  const msisdn = await register({ puk1, ...entitled })
  for (let guess = 0; guess < 10; guess++) await set(msisdn, '00000000')
  return msisdn
}

const puk1Kinds: Record<string, () => ReturnType<typeof set>> = {
  right: async () => set(await register({ puk1, ...entitled }), puk1),
  wrong: async () => set(await register({ puk1, ...entitled }), '00000000'),
  'an unknown number': async () => set(fresh(), puk1),
  'not entitled': async () => set(await register({ puk1 }), puk1),
  'closed access': async () => set(await register({ puk1, ...entitled, access: 'closed-by-operator' }), puk1),
  'without PUK1': async () => set(await register(entitled), puk1),
  locked: async () => set(await locked(), puk1),
}
const loginKinds: Record<string, () => ReturnType<typeof logIn>> = {
  right: async () => logIn(await register({ password }), password),
  wrong: async () => logIn(await register({ password }), '70000'),
  'an unknown number': async () => logIn(fresh(), password),
  'closed access': async () => logIn(await register({ password, access: 'closed-by-subscriber' }), password),
  'without a password': async () => logIn(await register({}), password),
}

describe('setting a password with PUK1 does equal work', () => {
  it.each(Object.keys(puk1Kinds))('for %s', async (kind) => {
    const done = await puk1Kinds[kind]?.()
    expect(done?.outcome).toBe(kind === 'right')
    expect(done?.work).toEqual(['load', 'hash', 'write', 'compare', 'write'])
  })

  it.each(Object.keys(puk1Kinds))('for %s, until the store rejects a commit', async (kind) => {
    const registered = kind === 'locked' ? await locked() : await register({ puk1, ...entitled })
    rejectsWrites = true
    const guess = kind === 'right' || kind === 'locked' ? puk1 : '00000000'
    const done = await set(kind === 'an unknown number' ? fresh() : registered, guess)
    expect(done.outcome).toMatchObject({ code: 'USSD_STORE_REFUSED' })
    expect(done.work).toEqual(['load', 'hash', 'write'])
  })
})

describe('logging in does equal work', () => {
  it.each(Object.keys(loginKinds))('for %s', async (kind) => {
    const done = await loginKinds[kind]?.()
    expect(done?.outcome).toMatchObject({ kind: kind === 'right' ? 'logged-in' : 'refused' })
    // A success clears the count, then begins a session.
    expect(done?.work).toEqual(['load', 'write', 'compare', 'write', 'load', 'write'])
  })

  it.each([true, false])('until the store rejects a commit, with the right password: %s', async (isRight) => {
    const msisdn = await register({ password })
    rejectsWrites = true
    const done = await logIn(msisdn, isRight ? password : '70000')
    expect(done.outcome).toMatchObject({ code: 'USSD_STORE_REFUSED' })
    expect(done.work).toEqual(['load', 'write'])
  })
})

describe('unknown numbers', () => {
  it('are throttled like known ones', async () => {
    const [known, unknown] = [await register({ password }), fresh()]
    for (let attempt = 0; attempt < 5; attempt++) {
      for (const msisdn of [known, unknown])
        expect((await logIn(msisdn, '70000')).outcome).toEqual({ kind: 'refused' })
    }
    const [one, other] = [await logIn(known, '70000'), await logIn(unknown, '70000')]
    expect([one.work, other.work]).toEqual([['load'], ['load']])
    const minutes = (outcome: unknown) =>
      Math.round((outcome as { retryAfterMs: number }).retryAfterMs / 60_000)
    expect([one.outcome, other.outcome]).toMatchObject([{ kind: 'throttled' }, { kind: 'throttled' }])
    expect([minutes(one.outcome), minutes(other.outcome)]).toEqual([15, 15])
  })

  it('take bounded storage, however many are tried', () => {
    const throttle = createUnknownLoginThrottle(keyring)
    const records = new Map<string, string>()
    for (let number = 0; number < 100_000; number++) {
      const msisdn = fresh()
      const key = `${bucketOf(msisdn)}:${throttle.nameOf(msisdn)}`
      const value = records.get(key)
      const slot = throttle.open(msisdn, value === undefined ? undefined : { version: '', value })
      const { write } = slot.put(afterFailure(slot.login, 0, 1_700_000_000_000 + number).login)
      if (write.kind === 'put') records.set(key, write.value)
    }
    expect(records.size).toBeLessThanOrEqual(256 * 64)
    expect(Math.max(...[...records.values()].map(({ length }) => length))).toBeLessThan(600)
  })
})
