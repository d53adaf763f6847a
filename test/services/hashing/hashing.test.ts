import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import * as argon2 from '@node-rs/argon2'
import { availableParallelism } from 'node:os'
import { inspect } from 'node:util'
import type { UssdError } from '../../../src/engine/errors.ts'
import { Secret } from '../../../src/engine/secret.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import { createPrioritySemaphore } from '../../../src/services/hashing/priority-semaphore.ts'

/** The real argon2 with counters: started jobs, and the most running at once. */
const seen = {
  started: 0,
  running: 0,
  maxRunning: 0,
  verified: [] as string[],
  /** If set, fails the next job. */
  fault: undefined as Error | undefined,
}
async function watched<T>(job: Promise<T>): Promise<T> {
  seen.started += 1
  seen.maxRunning = Math.max(seen.maxRunning, ++seen.running)
  const { fault } = seen
  seen.fault = undefined
  try {
    const result = await job
    if (fault) throw fault
    return result
  } finally {
    seen.running -= 1
  }
}
jest.unstable_mockModule('@node-rs/argon2', () => ({
  parseOptions: argon2.parseOptions,
  hash: (...args: Parameters<typeof argon2.hash>) => watched(argon2.hash(...args)),
  verify: (...args: Parameters<typeof argon2.verify>) => {
    seen.verified.push(String(args[0]))
    return watched(argon2.verify(...args))
  },
}))
const { createHashing } = await import('../../../src/services/hashing/hashing.ts')

const oldKey = Buffer.alloc(32, 1)
const newKey = Buffer.alloc(32, 2)
const oldKeyring = createKeyring({ current: oldKey })
const keyring = createKeyring({ current: newKey, retired: [oldKey] })
const msisdn = '+375291234567'
const password = new Secret('80291')
const busy = expect.objectContaining({ code: 'USSD_BUSY' })
const corrupt = expect.objectContaining({ code: 'USSD_RECORD_CORRUPT' })
const current = {
  algorithm: 2,
  version: 1,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
  saltLen: 16,
  outputLen: 32,
}

beforeEach(() => {
  Object.assign(seen, { started: 0, maxRunning: 0, verified: [] })
})

describe('a hash', () => {
  it('is argon2id with 19 MiB, 2 passes, 1 lane and a fresh salt, and names the current key', async () => {
    const hashing = createHashing({ keyring })
    const [a, b] = [
      await hashing.hash('password', msisdn, password),
      await hashing.hash('password', msisdn, password),
    ]
    expect(a.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(argon2.parseOptions(a.hash)).toEqual(current)
    expect(a.key).toBe(keyring.id)
    expect(a.hash.split('$')[4]).not.toBe(b.hash.split('$')[4])
  })

  it('covers the keyed digest of MSISDN and digits, never the digits themselves', async () => {
    const { hash } = await createHashing({ keyring }).hash('puk1', msisdn, new Secret('12345678'))
    expect(await argon2.verify(hash, keyring.mac('puk1', [msisdn, '12345678']).toString('base64'))).toBe(true)
    expect(await argon2.verify(hash, '12345678')).toBe(false)
  })

  it('matches only the same secret of the same subscriber in the same domain', async () => {
    const hashing = createHashing({ keyring })
    const stored = await hashing.hash('password', msisdn, password)
    expect(await hashing.verify(stored, 'password', msisdn, password)).toEqual({
      matches: true,
      stale: false,
    })
    expect(await hashing.verify(stored, 'password', msisdn, new Secret('80292'))).toEqual({
      matches: false,
      stale: false,
    })
    expect(await hashing.verify(stored, 'password', '+375291234568', password)).toEqual({
      matches: false,
      stale: false,
    })
    expect(await hashing.verify(stored, 'puk1', msisdn, password)).toEqual({ matches: false, stale: false })
  })

  it('matches and is stale under a retired key', async () => {
    const stored = await createHashing({ keyring: oldKeyring }).hash('password', msisdn, password)
    expect(await createHashing({ keyring }).verify(stored, 'password', msisdn, password)).toEqual({
      matches: true,
      stale: true,
    })
  })

  it.each([
    ['less memory', { memoryCost: 8192 }],
    ['other passes', { timeCost: 1, memoryCost: 19_456 }],
    ['more lanes', { memoryCost: 19_456, parallelism: 2 }],
    ['a longer output', { memoryCost: 19_456, outputLen: 48 }],
    ['another salt length', { memoryCost: 19_456, salt: Buffer.alloc(8, 5) }],
    ['argon2i', { memoryCost: 19_456, algorithm: 1 }],
  ])('matches and is stale with %s', async (_, options) => {
    const stored = {
      hash: await argon2.hash(keyring.mac('password', [msisdn, '80291']).toString('base64'), options),
      key: keyring.id,
    }
    expect(await createHashing({ keyring }).verify(stored, 'password', msisdn, password)).toEqual({
      matches: true,
      stale: true,
    })
  })
})

describe('verify', () => {
  it('does the work of one hash for an unknown subscriber, and never matches', async () => {
    const hashing = createHashing({ keyring })
    expect(await hashing.verify(undefined, 'password', msisdn, password)).toEqual({
      matches: false,
      stale: false,
    })
    expect(seen.started).toBe(1)
    expect(argon2.parseOptions(seen.verified[0] ?? '')).toEqual(current)
  })

  it('rejects a hash under an unknown key without comparing it', async () => {
    const stored = await createHashing({ keyring }).hash('password', msisdn, password)
    seen.started = 0
    const withoutKey = createHashing({ keyring: oldKeyring })
    const isUnknown = expect.objectContaining({ code: 'USSD_KEY_UNKNOWN' })
    expect(() => withoutKey.assertKnown(stored)).toThrow(isUnknown)
    await expect(withoutKey.verify(stored, 'password', msisdn, password)).rejects.toEqual(isUnknown)
    expect(seen.started).toBe(0)
  })
})

describe('a corrupt hash', () => {
  it.each([
    ['text', '80291'],
    ['nothing', ''],
    ['a cut hash', '$argon2id$v=19$m=19456,t=2,p=1$hmQodk5+CQNwuEWvdRNyRQ'],
    ['memory above the limit', `$argon2id$v=19$m=4194304,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`],
    ['passes above the limit', `$argon2id$v=19$m=19456,t=1000,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`],
    ['lanes above the limit', `$argon2id$v=19$m=19456,t=2,p=255$${'A'.repeat(22)}$${'A'.repeat(43)}`],
  ])('is rejected without any work, and the error does not quote it: %s', async (_, hash) => {
    const hashing = createHashing({ keyring })
    const fault: unknown = await hashing
      .verify({ hash, key: keyring.id }, 'password', msisdn, password)
      .catch((error: unknown) => error)
    expect(fault).toEqual(corrupt)
    expect(inspect(fault, { depth: 9 })).not.toMatch(/80291|hmQodk5|AAAA/)
    expect(seen.started).toBe(0)
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })
})

describe('the queue', () => {
  const resultOf = (job: Promise<unknown>) =>
    job.then(
      () => 'done',
      (error: unknown) => error,
    )
  const many = (n: number, job: (i: number) => Promise<unknown>) =>
    Array.from({ length: n }, (_, i) => resultOf(job(i)))

  it('limits running hashes, and rejects at once when the queue is full', async () => {
    const hashing = createHashing({ keyring, parallel: 2, maxQueued: 3 })
    const jobs = many(8, (i) =>
      i % 2
        ? hashing.hash('password', msisdn, password)
        : hashing.verify(undefined, 'puk1', msisdn, password),
    )
    expect([hashing.running, hashing.waiting]).toEqual([2, 3])
    expect(await Promise.all(jobs.slice(5))).toEqual([busy, busy, busy])
    expect([hashing.running, hashing.waiting]).toEqual([2, 3])
    expect(await Promise.all(jobs)).toEqual(['done', 'done', 'done', 'done', 'done', busy, busy, busy])
    expect(seen).toMatchObject({ started: 5, maxRunning: 2 })
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })

  it('accepts hashes again after it was full', async () => {
    const hashing = createHashing({ keyring, parallel: 1, maxQueued: 0 })
    const [first, second] = many(2, () => hashing.verify(undefined, 'password', msisdn, password))
    expect(await second).toEqual(busy)
    expect(await first).toBe('done')
    expect(await resultOf(hashing.verify(undefined, 'password', msisdn, password))).toBe('done')
  })

  it('runs hashes in the order of arrival', async () => {
    const hashing = createHashing({ keyring, parallel: 1 })
    const order: string[] = []
    const verify = (name: string) =>
      hashing.verify(undefined, 'password', msisdn, password).then(() => order.push(name))
    const first = verify('first').then(() => verify('newcomer'))
    await Promise.all([first, verify('second'), verify('third')])
    expect(order).toEqual(['first', 'second', 'third', 'newcomer'])
    expect(seen.maxRunning).toBe(1)
  })

  it('drops a queued hash when its signal is aborted, which frees its place', async () => {
    const hashing = createHashing({ keyring, parallel: 1, maxQueued: 2 })
    const gone = new AbortController()
    const verify = (signal?: AbortSignal) =>
      resultOf(hashing.verify(undefined, 'password', msisdn, password, { signal }))
    const [first, second, third] = [verify(), verify(gone.signal), verify()]
    gone.abort()
    expect([hashing.running, hashing.waiting]).toEqual([1, 1])
    const fourth = verify()
    expect(hashing.waiting).toBe(2)
    expect(await Promise.all([first, second, third, fourth])).toEqual([
      'done',
      expect.objectContaining({ code: 'USSD_TURN_TIMED_OUT' }),
      'done',
      'done',
    ])
    expect(seen.started).toBe(3)
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })

  it('does not start a hash whose signal is already aborted', async () => {
    const hashing = createHashing({ keyring, parallel: 1 })
    const signal = AbortSignal.abort()
    expect(await resultOf(hashing.hash('password', msisdn, password, { signal }))).toMatchObject({
      code: 'USSD_TURN_TIMED_OUT',
    })
    expect(seen.started).toBe(0)
    expect(hashing.running).toBe(0)
  })

  it('ignores a signal aborted while its hash runs or after it is done', async () => {
    const hashing = createHashing({ keyring, parallel: 1 })
    const [during, after] = [new AbortController(), new AbortController()]
    const running = resultOf(
      hashing.verify(undefined, 'password', msisdn, password, { signal: during.signal }),
    )
    const waiting = resultOf(
      hashing.verify(undefined, 'password', msisdn, password, { signal: after.signal }),
    )
    during.abort()
    expect(hashing.waiting).toBe(1)
    expect(await running).toBe('done')
    const last = resultOf(hashing.verify(undefined, 'password', msisdn, password))
    after.abort()
    expect(await waiting).toBe('done')
    expect(await last).toBe('done')
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })

  it('frees capacity when a hash fails', async () => {
    const hashing = createHashing({ keyring, parallel: 1 })
    const fault = new Error('out of memory')
    seen.fault = fault
    const jobs = many(2, () => hashing.verify(undefined, 'password', msisdn, password))
    expect(await Promise.all(jobs)).toEqual([fault, 'done'])
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })

  it('runs one hash per core less one, and queues 64, by default', async () => {
    const hashing = createHashing({ keyring })
    const parallel = Math.max(1, availableParallelism() - 1)
    const callers = Array.from({ length: parallel + 65 }, () => new AbortController())
    const jobs = many(callers.length, (i) =>
      hashing.verify(undefined, 'password', msisdn, password, { signal: callers[i]?.signal }),
    )
    expect([hashing.running, hashing.waiting]).toEqual([parallel, 64])
    for (const caller of callers) caller.abort()
    const results = await Promise.all(jobs)
    expect(results.filter((result) => result === 'done')).toHaveLength(parallel)
    expect(results.at(-1)).toEqual(busy)
  })

  it('shows no secret, nor does its error', async () => {
    const hashing = createHashing({ keyring, parallel: 1, maxQueued: 0 })
    const jobs = many(2, () => hashing.hash('password', msisdn, password))
    expect(inspect([hashing, await jobs[1]], { depth: 9, showHidden: true })).not.toContain('80291')
    await jobs[0]
  })
})

describe('the lanes of a priority semaphore', () => {
  it('reject a job whose expected wait is too long', async () => {
    let nowMs = 0
    const semaphore = createPrioritySemaphore(2, () => nowMs)
    const bounds = { maxQueued: 9, maxWaitMs: 250 }
    const [high, low] = [semaphore.lane(bounds), semaphore.lane(bounds)]
    let finish = () => {}
    const job = () => new Promise<void>((resolve) => void (finish = resolve))
    const runFor = async (ms: number) => {
      const done = high.run(job, undefined)
      await new Promise((resolve) => void setImmediate(resolve))
      nowMs += ms
      finish()
      await done
    }
    await runFor(200)
    const caller = new AbortController()
    const enqueue = (lane: typeof high) =>
      lane.run(async () => {}, caller.signal).catch((error: UssdError) => error.code)
    // Two jobs of 200 ms are running, so the next ones wait 100, 200, 300 … ms.
    const running = [high.run(job, undefined), high.run(() => new Promise<void>(() => {}), undefined)]
    const queued = [enqueue(low), enqueue(high), enqueue(high)]
    expect([high.waiting, low.waiting]).toEqual([2, 1])
    expect([await enqueue(high), await enqueue(low)]).toEqual(['USSD_BUSY', 'USSD_BUSY'])
    caller.abort()
    expect(await Promise.all(queued)).toEqual(Array(3).fill('USSD_TURN_TIMED_OUT'))
    finish()
    await running[0]
  })

  it('always queue one job, however slow the last jobs were', async () => {
    let nowMs = 0
    const lane = createPrioritySemaphore(1, () => nowMs).lane({ maxQueued: 9, maxWaitMs: 250 })
    const job = (ms: number) => lane.run(async () => void (nowMs += ms), undefined)
    await job(5000)
    const [running, queued, tooLate] = [job(10), job(10), job(10)]
    await expect(tooLate).rejects.toMatchObject({ code: 'USSD_BUSY' })
    await Promise.all([running, queued])
    for (let n = 0; n < 20; n++) await job(10)
    const all = [job(10), job(10), job(10), job(10)]
    await Promise.all(all)
  })

  it('run low priority jobs only when no high priority job waits', async () => {
    const semaphore = createPrioritySemaphore(1)
    const [high, low] = [semaphore.lane({ maxQueued: 2 }), semaphore.lane({ maxQueued: 1 })]
    const order: string[] = []
    const job = (name: string) => async () => void order.push(name)
    const all = [
      high.run(job('running'), undefined),
      low.run(job('low'), undefined),
      high.run(job('high 1'), undefined),
      high.run(job('high 2'), undefined),
    ]
    expect([high.running, high.waiting, low.waiting]).toEqual([1, 2, 1])
    await expect(low.run(job('one too many'), undefined)).rejects.toMatchObject({ code: 'USSD_BUSY' })
    await Promise.all(all)
    expect(order).toEqual(['running', 'high 1', 'high 2', 'low'])
  })
})
