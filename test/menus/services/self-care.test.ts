import { beforeEach, describe, expect, it } from '@jest/globals'
import { UssdError } from '../../../src/engine/errors.ts'
import { Secret } from '../../../src/engine/secret.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Store } from '../../../src/gateway/ports.ts'
import { bucketOf, subscriberName } from '../../../src/gateway/records/records.ts'
import { accessStates } from '../../../menus/record.ts'
import { parseSubscriber } from '../../support/record.ts'
import { createHashing } from '../../../src/services/hashing/hashing.ts'
import type { Hashing } from '../../../src/services/hashing/hashing.ts'
import { createBench, createQuickHashing } from '../../support/self-care.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const camera = '+375291234560'
const phone = '+375291234567'
const stranger = '+375297654321'
const puk1 = '56789012'
const password = '80291'
const closed = accessStates.filter((access) => access !== 'open')

let bench: ReturnType<typeof createBench>
beforeEach(async () => {
  bench = createBench()
  await bench.register(camera, { tariff: 'Видеонаблюдение', puk1 })
  Object.assign(bench.asked, { stored: 0, nothing: 0 })
})

const set = (guess: string, to = password, msisdn = camera) =>
  bench.selfCare.setPassword(msisdn, new Secret(guess), new Secret(to))
const logIn = (secret = password, msisdn = camera) => bench.selfCare.logIn(msisdn, new Secret(secret))
const refused = { kind: 'refused' }

/** Returns `count` wrong secrets in the format of both PUK1 and passwords. */
const wrongSecrets = (count: number) =>
  Array.from({ length: count }, (_, i) => new Secret(String(10_000_000 + i)))

/** Logs in; throws when that fails. */
async function tokenOf(secret = password, msisdn = camera): Promise<string> {
  const loggedIn = await logIn(secret, msisdn)
  if (loggedIn.kind !== 'logged-in') throw new Error(`the login was ${loggedIn.kind}`)
  return loggedIn.token
}

describe('setting the password with PUK1 (L3)', () => {
  it.each([
    'Видеонаблюдение',
    'Спутниковый мониторинг',
    ' ВИДЕОНАБЛЮДЕНИЕ ',
    'Безлимитный Интернет',
    'Internet 5G',
  ])('is allowed for the tariff plan "%s"', async (tariff) => {
    await bench.register(phone, { tariff, puk1 })
    expect(await set(puk1, password, phone)).toBe(true)
    expect(await logIn(password, phone)).toMatchObject({ kind: 'logged-in' })
  })

  it('is allowed for subscribers who opted in at a sales centre', async () => {
    await bench.register(phone, { tariff: 'Комфорт', registrationByPuk1: true, puk1 })
    expect(await set(puk1, password, phone)).toBe(true)
  })

  it('replaces the previous password, and the journal says who set it', async () => {
    expect(await set(puk1)).toBe(true)
    bench.elapse(1000)
    expect(await set(puk1, '4711947')).toBe(true)
    expect(await logIn()).toEqual(refused)
    expect(await logIn('4711947')).toMatchObject({ kind: 'logged-in' })
    const journal = await bench.journalOf(camera)
    expect(journal.map(({ change, by }) => [change, by])).toEqual([
      ['subscriber-created', 'operator'],
      ['password-set', 'subscriber'],
      ['password-set', 'subscriber'],
    ])
    expect(new Set(journal.map(({ id }) => id)).size).toBe(3)
  })

  it('stores no secret in clear text', async () => {
    const token = await set(puk1).then(() => tokenOf())
    expect(bench.written.length).toBeGreaterThan(3)
    for (const commit of bench.written) {
      for (const secret of [puk1, `"${password}"`, token]) expect(commit).not.toContain(secret)
    }
  })

  describe('is refused after one comparison', () => {
    it.each<[string, Parameters<typeof bench.register>[1]]>([
      ['another tariff plan', { tariff: 'Комфорт', puk1 }],
      ['no PUK1 registered', { tariff: 'Видеонаблюдение' }],
      [
        'access closed by the subscriber',
        { tariff: 'Видеонаблюдение', puk1, access: 'closed-by-subscriber' },
      ],
      [
        'access closed by the organisation',
        { tariff: 'Видеонаблюдение', puk1, access: 'closed-by-organisation' },
      ],
      ['access closed by the operator', { tariff: 'Видеонаблюдение', puk1, access: 'closed-by-operator' }],
    ])('%s', async (_, fields) => {
      await bench.register(phone, fields)
      expect(await set(puk1, password, phone)).toBe(false)
      expect(bench.asked).toEqual({ stored: 0, nothing: 1 })
      expect(await bench.recordOf(phone)).toMatchObject({ password: null })
    })

    it('an unknown number, without storing a record', async () => {
      expect(await set(puk1, password, stranger)).toBe(false)
      expect(bench.asked).toEqual({ stored: 0, nothing: 1 })
      expect(await bench.recordOf(stranger)).toBeUndefined()
    })

    it('a wrong PUK1, which costs an attempt', async () => {
      expect(await set('56789013')).toBe(false)
      expect(bench.asked).toEqual({ stored: 1, nothing: 0 })
      expect(await bench.recordOf(camera)).toMatchObject({ puk1AttemptsLeft: 9, password: null })
      expect((await bench.journalOf(camera)).at(-1)?.change).toBe('puk1-refused')
    })

    it('the right PUK1 after ten wrong ones in a row', async () => {
      for (let i = 0; i < 10; i++) expect(await set(`0000000${i}`)).toBe(false)
      Object.assign(bench.asked, { stored: 0, nothing: 0 })
      expect(await set(puk1)).toBe(false)
      expect(bench.asked).toEqual({ stored: 0, nothing: 1 })
      expect(await bench.recordOf(camera)).toMatchObject({ puk1AttemptsLeft: 0, password: null })
    })
  })

  it('costs no attempt when the tariff plan does not allow it', async () => {
    await bench.register(phone, { tariff: 'Комфорт', puk1 })
    for (let i = 0; i < 12; i++) await set('00000000', password, phone)
    expect(await bench.recordOf(phone)).toMatchObject({ puk1AttemptsLeft: 10 })
  })

  it('restores all ten attempts after a right PUK1', async () => {
    for (let i = 0; i < 9; i++) await set('00000000')
    expect(await set(puk1)).toBe(true)
    expect(await bench.recordOf(camera)).toMatchObject({ puk1AttemptsLeft: 10 })
  })

  it('is locked after ten wrong PUK1 until the operator unlocks it', async () => {
    for (let i = 0; i < 10; i++) await set('00000000')
    const changes = (await bench.journalOf(camera)).map(({ change }) => change)
    expect(changes.slice(1)).toEqual([...Array<string>(9).fill('puk1-refused'), 'puk1-locked'])
    expect(await set(puk1)).toBe(false)
    await bench.register(camera, { puk1AttemptsLeft: 10 })
    expect(await set(puk1)).toBe(true)
  })

  it('compares ten of 64 concurrent guesses and is then locked', async () => {
    const keyring = createKeyring({ current: Buffer.alloc(32, 7) })
    bench = createBench({ keyring, hashing: createHashing({ keyring, maxQueued: 64 }) })
    await bench.register(camera, { tariff: 'Видеонаблюдение', puk1 })
    const guesses = Array.from({ length: 64 }, (_, i) => (i === 40 ? puk1 : String(10_000_000 + i)))
    const outcomes = await Promise.all(guesses.map((guess) => set(guess)))
    expect(outcomes).toEqual(Array(64).fill(false))
    expect(bench.asked).toEqual({ stored: 10, nothing: 54 })
    expect(await bench.recordOf(camera)).toMatchObject({ puk1AttemptsLeft: 0, password: null })
    expect((await bench.journalOf(camera)).filter(({ change }) => change.startsWith('puk1-'))).toHaveLength(
      10,
    )
  })

  it('reveals the outcome of at most ten concurrent guesses across processes', async () => {
    const processes = [bench.another(), bench.another(), bench.another(), bench.another()]
    const outcomes = await Promise.allSettled(
      processes.flatMap((selfCare) =>
        wrongSecrets(16).map((guess) => selfCare.setPassword(camera, guess, new Secret(password))),
      ),
    )
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') expect(outcome.value).toBe(false)
      else expect(outcome.reason).toMatchObject({ code: 'USSD_CONFLICT' })
    }
    const changes = (await bench.journalOf(camera)).map(({ change }) => change)
    // The tenth may commit before the ninth.
    expect(changes.slice(1).toSorted()).toEqual(['puk1-locked', ...Array<string>(9).fill('puk1-refused')])
    expect(await bench.recordOf(camera)).toMatchObject({ puk1AttemptsLeft: 0 })
  })

  it('succeeds when the reply to a commit is lost, and a wrong PUK1 still costs an attempt', async () => {
    const store = losingFirstReply(bench.store)
    expect(await bench.another(store).setPassword(camera, new Secret(puk1), new Secret(password))).toBe(true)
    expect(await logIn()).toMatchObject({ kind: 'logged-in' })
    const other = losingFirstReply(bench.store)
    expect(await bench.another(other).setPassword(camera, new Secret('1'), new Secret('1'))).toBe(false)
    expect((await bench.recordOf(camera))?.puk1AttemptsLeft).toBeLessThan(10)
    expect(await logIn()).toMatchObject({ kind: 'logged-in' })
  })

  it('rejects with USSD_BUSY when the hashing queue is full, and costs no attempt', async () => {
    const selfCare = withVerify(async () => {
      throw new UssdError('USSD_BUSY')
    })
    const isBusy = expect.objectContaining({ code: 'USSD_BUSY' })
    await expect(selfCare.setPassword(camera, new Secret('1'), new Secret(password))).rejects.toEqual(isBusy)
    await expect(selfCare.logIn(camera, new Secret(password))).rejects.toEqual(isBusy)
    expect(await bench.recordOf(camera)).toMatchObject({ puk1AttemptsLeft: 10 })
  })

  it('rejects with USSD_TURN_TIMED_OUT when hashing exceeds the budget', async () => {
    const selfCare = withVerify(
      (_stored, _domain, _msisdn, _secret, { signal } = {}) =>
        new Promise((_resolve, reject) =>
          // Like the real hashing queue.
          signal?.addEventListener('abort', () => reject(new UssdError('USSD_TURN_TIMED_OUT'))),
        ),
      { budgetMs: 20 },
    )
    const timedOut = { code: 'USSD_TURN_TIMED_OUT' }
    await expect(selfCare.setPassword(camera, new Secret('1'), new Secret(password))).rejects.toMatchObject(
      timedOut,
    )
    await expect(selfCare.logIn(camera, new Secret(password))).rejects.toMatchObject(timedOut)
  })
})

/** Creates self-care whose hashing has another `verify`. */
function withVerify(verify: Hashing['verify'], options: { budgetMs?: number } = {}) {
  const hashing = { ...createQuickHashing(bench.keyring), verify }
  return bench.another(bench.store, { hashing, ...options })
}

/** Wraps a store: the reply to its first commit is lost. */
function losingFirstReply(store: Store): Store {
  let isFirst = true
  return {
    ...store,
    async commit(commit) {
      const committed = await store.commit(commit)
      if (!isFirst) return committed
      isFirst = false
      throw new UssdError('USSD_STORE_UNAVAILABLE')
    },
  }
}

describe('logging in (L5)', () => {
  beforeEach(() => bench.register(camera, { password }))

  it('begins a session of 15 minutes under a random token', async () => {
    const [first, second] = [await logIn(), await logIn()]
    expect(first).toEqual({
      kind: 'logged-in',
      token: expect.stringMatching(/^[\w-]{43}$/),
      expiresInMs: 15 * MINUTE_MS,
    })
    expect(second).not.toEqual(first)
  })

  describe('is refused after one comparison, without a reason, and counted', () => {
    it.each<[string, string, Parameters<typeof bench.register>[1] | undefined]>([
      ['an unknown number', password, undefined],
      ['no password', password, {}],
      ['a wrong password', '80292', { password }],
      ['a malformed password', 'пароль', { password }],
      ...closed.map((access) => [access, password, { password, access }] as [string, string, object]),
    ])('%s', async (_, attempted, fields) => {
      if (fields) await bench.register(phone, fields)
      for (let failures = 1; failures <= 5; failures++) {
        Object.assign(bench.asked, { stored: 0, nothing: 0 })
        expect(await logIn(attempted, phone)).toEqual(refused)
        expect(bench.asked.stored + bench.asked.nothing).toBe(1)
      }
      expect(await logIn(attempted, phone)).toEqual({ kind: 'throttled', retryAfterMs: 15 * MINUTE_MS })
    })
  })

  it('compares nothing during a pause, and returns the remaining time', async () => {
    for (let i = 0; i < 5; i++) await logIn('00000')
    bench.elapse(5 * MINUTE_MS)
    Object.assign(bench.asked, { stored: 0, nothing: 0 })
    expect(await logIn()).toEqual({ kind: 'throttled', retryAfterMs: 10 * MINUTE_MS })
    expect(bench.asked).toEqual({ stored: 0, nothing: 0 })
    bench.elapse(10 * MINUTE_MS)
    expect(await logIn()).toMatchObject({ kind: 'logged-in' })
  })

  it('doubles the pause after the next wrong password', async () => {
    for (let i = 0; i < 5; i++) await logIn('00000')
    bench.elapse(15 * MINUTE_MS)
    expect(await logIn('00000')).toEqual(refused)
    expect(await logIn()).toEqual({ kind: 'throttled', retryAfterMs: 30 * MINUTE_MS })
  })

  it.each([
    ['the password is replaced', { password: '4711947' }],
    ['access is closed', { access: 'closed-by-operator' as const }],
  ])('is refused when %s between the comparison and its commit', async (_change, patch) => {
    await set(puk1)
    let commits = 0
    const interrupted: Store = {
      ...bench.store,
      async commit(commit) {
        // The first commit counts the attempt, the second one reveals the outcome.
        if (++commits === 2) await bench.register(camera, patch)
        return bench.store.commit(commit)
      },
    }
    expect(await bench.another(interrupted).logIn(camera, new Secret(password))).toEqual(refused)
    expect(commits).toBeGreaterThan(2)
  })

  it('clears the count of failures on success', async () => {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) expect(await logIn('00000')).toEqual(refused)
      expect(await logIn()).toMatchObject({ kind: 'logged-in' })
    }
  })

  it('compares five of 64 concurrent guesses', async () => {
    const outcomes = await Promise.all(Array.from({ length: 64 }, (_, i) => logIn(String(10_000 + i))))
    expect(outcomes.filter(({ kind }) => kind === 'refused')).toHaveLength(5)
    expect(outcomes.filter(({ kind }) => kind === 'throttled')).toHaveLength(59)
    expect(bench.asked.stored).toBe(5)
  })

  it('reveals the outcome of at most five concurrent guesses across processes', async () => {
    const processes = [bench.another(), bench.another(), bench.another(), bench.another()]
    const outcomes = await Promise.allSettled(
      processes.flatMap((selfCare) => wrongSecrets(16).map((guess) => selfCare.logIn(camera, guess))),
    )
    const kinds = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.kind : 'failed'))
    expect(kinds.filter((kind) => kind === 'refused').length).toBeLessThanOrEqual(5)
    expect(kinds).not.toContain('logged-in')
    expect(await logIn()).toMatchObject({ kind: 'throttled' })
  })

  it('is possible during a pause after a new password was set with PUK1', async () => {
    for (let i = 0; i < 5; i++) await logIn('00000')
    expect(await logIn()).toMatchObject({ kind: 'throttled' })
    expect(await set(puk1, '4711947')).toBe(true)
    expect(await logIn('4711947')).toMatchObject({ kind: 'logged-in' })
  })

  it('stays locked after the hundredth wrong password until a new password is set', async () => {
    for (let failures = 0; failures < 100;) {
      const result = await logIn('00000')
      if (result.kind === 'throttled') bench.elapse(result.retryAfterMs)
      else failures += 1
    }
    bench.elapse(29 * DAY_MS)
    expect(await logIn()).toMatchObject({ kind: 'throttled' })
    bench.elapse(2 * DAY_MS)
    expect(await logIn()).toMatchObject({ kind: 'throttled' })
    await bench.register(camera, { password })
    expect(await logIn()).toMatchObject({ kind: 'logged-in' })
  })

  it('rehashes a password under a retired key without ending sessions', async () => {
    const [oldKey, newKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    const old = createKeyring({ current: oldKey })
    const keyring = createKeyring({ current: newKey, retired: [oldKey] })
    bench = createBench({ keyring, hashing: createHashing({ keyring }) })
    const stored = await createHashing({ keyring: old }).hash('password', camera, new Secret(password))
    await bench.register(camera, { password })
    await rewrite(camera, { password: stored })
    const token = await tokenOf()
    const record = await bench.recordOf(camera)
    expect(record?.password?.key).toBe(keyring.id)
    expect(await bench.selfCare.use(token)).toMatchObject({ msisdn: camera })
    expect(await logIn()).toMatchObject({ kind: 'logged-in' })
    expect(await bench.recordOf(camera)).toEqual(record)
  })
})

/** Changes fields of a stored record, as another configuration would have written them. */
async function rewrite(msisdn: string, fields: object): Promise<void> {
  const [bucket, name] = [bucketOf(msisdn), subscriberName(msisdn)]
  const { records } = await bench.store.load(bucket, [name])
  const value = JSON.stringify({ ...parseSubscriber(records[0]?.value ?? ''), ...fields })
  const change = { name, expectedVersion: records[0]?.version, write: { kind: 'put', value } } as const
  await bench.store.commit({ bucket, changes: [change], journal: [], deadlineMs: Infinity })
}

describe('a session (L6)', () => {
  let token: string
  beforeEach(async () => {
    await bench.register(camera, { password })
    token = await tokenOf()
  })
  const use = () => bench.selfCare.use(token)
  const inUse = { msisdn: camera, expiresInMs: 15 * MINUTE_MS }

  it('ends after 15 minutes without use', async () => {
    for (let i = 0; i < 10; i++) {
      bench.elapse(15 * MINUTE_MS - 1)
      expect(await use()).toEqual(inUse)
    }
    bench.elapse(15 * MINUTE_MS + 1)
    expect(await use()).toBeUndefined()
  })

  it.each(['', 'x', '*', 'A'.repeat(43), 'A'.repeat(5000)])(
    'does not exist under another token (%#)',
    async (other) => {
      expect(await bench.selfCare.use(other)).toBeUndefined()
    },
  )

  it('ends when the subscriber or the operator sets a password (L10)', async () => {
    expect(await set(puk1, password)).toBe(true)
    expect(await use()).toBeUndefined()
    token = await tokenOf()
    await bench.register(camera, { password })
    expect(await use()).toBeUndefined()
  })

  it.each(closed)('ends when access becomes %s', async (access) => {
    await bench.register(camera, { access })
    expect(await use()).toBeUndefined()
    await bench.register(camera, { access: 'open' })
    expect(await use()).toBeUndefined()
  })

  it('ends with the subscriber and is not valid for a new one with the same number', async () => {
    await bench.subscribers.remove(camera)
    await bench.register(camera, { password: '4711947' })
    expect(await use()).toBeUndefined()
  })

  it('coexists with other sessions of the same subscriber', async () => {
    const other = await tokenOf()
    expect(await use()).toEqual(inUse)
    expect(await bench.selfCare.use(other)).toEqual(inUse)
  })

  it('allows concurrent use', async () => {
    const uses = await Promise.allSettled(Array.from({ length: 12 }, use))
    expect(uses).toEqual(Array(12).fill({ status: 'fulfilled', value: inUse }))
  })
})
