import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import * as argon2 from '@node-rs/argon2'
import { availableParallelism } from 'node:os'
import { inspect } from 'node:util'
import type { UssdError } from '../../../src/engine/errors.ts'
import { Secret } from '../../../src/engine/secret.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import { createPrioritySemaphore } from '../../../src/services/hashing/priority-semaphore.ts'

/** The real argon2, watched from outside: what begins, and how many are at work at once. */
const seen = {
  begun: 0,
  atOnce: 0,
  mostAtOnce: 0,
  verified: [] as string[],
  /** Makes the next job fail. */
  fault: undefined as Error | undefined,
}
async function watched<T>(job: Promise<T>): Promise<T> {
  seen.begun += 1
  seen.mostAtOnce = Math.max(seen.mostAtOnce, ++seen.atOnce)
  const { fault } = seen
  seen.fault = undefined
  try {
    const outcome = await job
    if (fault) throw fault
    return outcome
  } finally {
    seen.atOnce -= 1
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
  Object.assign(seen, { begun: 0, mostAtOnce: 0, verified: [] })
})

describe('a hash', () => {
  it('is argon2id of 19 MiB, 2 passes, 1 lane and a salt of its own, and names the current key', async () => {
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

  it('is over the keyed digest of MSISDN and digits, never over the digits themselves', async () => {
    const { hash } = await createHashing({ keyring }).hash('puk1', msisdn, new Secret('12345678'))
    expect(await argon2.verify(hash, keyring.mac('puk1', [msisdn, '12345678']).toString('base64'))).toBe(true)
    expect(await argon2.verify(hash, '12345678')).toBe(false)
  })

  it('matches the same secret of the same subscriber in the same domain only', async () => {
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

  it('is stale, yet matches, when made under a retired key', async () => {
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
  ])('is stale, yet matches, when made with %s', async (_, options) => {
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

describe('verifying against nothing', () => {
  it('does the work of one current hash for an unknown subscriber, and says no', async () => {
    const hashing = createHashing({ keyring })
    expect(await hashing.verify(undefined, 'password', msisdn, password)).toEqual({
      matches: false,
      stale: false,
    })
    expect(seen.begun).toBe(1)
    expect(argon2.parseOptions(seen.verified[0] ?? '')).toEqual(current)
  })

  it('is a fault for a hash under a key the keyring does not hold: nothing is compared', async () => {
    const stored = await createHashing({ keyring }).hash('password', msisdn, password)
    seen.begun = 0
    const lacking = createHashing({ keyring: oldKeyring })
    const isUnknown = expect.objectContaining({ code: 'USSD_KEY_UNKNOWN' })
    expect(() => lacking.assertKnown(stored)).toThrow(isUnknown)
    await expect(lacking.verify(stored, 'password', msisdn, password)).rejects.toEqual(isUnknown)
    expect(seen.begun).toBe(0)
  })
})

describe('a corrupt record', () => {
  it.each([
    ['text', '80291'],
    ['nothing', ''],
    ['a cut hash', '$argon2id$v=19$m=19456,t=2,p=1$hmQodk5+CQNwuEWvdRNyRQ'],
    ['memory beyond the ceiling', `$argon2id$v=19$m=4194304,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`],
    ['passes beyond the ceiling', `$argon2id$v=19$m=19456,t=1000,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`],
    ['lanes beyond the ceiling', `$argon2id$v=19$m=19456,t=2,p=255$${'A'.repeat(22)}$${'A'.repeat(43)}`],
  ])('is a fault that starts no work and shows nothing of it: %s', async (_, hash) => {
    const hashing = createHashing({ keyring })
    const fault: unknown = await hashing
      .verify({ hash, key: keyring.id }, 'password', msisdn, password)
      .catch((error: unknown) => error)
    expect(fault).toEqual(corrupt)
    expect(inspect(fault, { depth: 9 })).not.toMatch(/80291|hmQodk5|AAAA/)
    expect(seen.begun).toBe(0)
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })
})

describe('the queue', () => {
  const reasonOf = (job: Promise<unknown>) =>
    job.then(
      () => 'done',
      (error: unknown) => error,
    )
  const many = (n: number, job: (i: number) => Promise<unknown>) =>
    Array.from({ length: n }, (_, i) => reasonOf(job(i)))

  it('lets no more run at once than it may, and refuses at once what is beyond its length', async () => {
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
    expect(seen).toMatchObject({ begun: 5, mostAtOnce: 2 })
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })

  it('takes work again after it was full', async () => {
    const hashing = createHashing({ keyring, parallel: 1, maxQueued: 0 })
    const [first, second] = many(2, () => hashing.verify(undefined, 'password', msisdn, password))
    expect(await second).toEqual(busy)
    expect(await first).toBe('done')
    expect(await reasonOf(hashing.verify(undefined, 'password', msisdn, password))).toBe('done')
  })

  it('serves in the order of arrival, a newcomer after those who wait', async () => {
    const hashing = createHashing({ keyring, parallel: 1 })
    const order: string[] = []
    const verify = (name: string) =>
      hashing.verify(undefined, 'password', msisdn, password).then(() => order.push(name))
    const first = verify('first').then(() => verify('newcomer'))
    await Promise.all([first, verify('second'), verify('third')])
    expect(order).toEqual(['first', 'second', 'third', 'newcomer'])
    expect(seen.mostAtOnce).toBe(1)
  })

  it('drops a waiter whose signal is aborted, and gives its place in the queue to another', async () => {
    const hashing = createHashing({ keyring, parallel: 1, maxQueued: 2 })
    const gone = new AbortController()
    const verify = (signal?: AbortSignal) =>
      reasonOf(hashing.verify(undefined, 'password', msisdn, password, { signal }))
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
    expect(seen.begun).toBe(3)
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })

  it('does not begin what was aborted before it came', async () => {
    const hashing = createHashing({ keyring, parallel: 1 })
    const signal = AbortSignal.abort()
    expect(await reasonOf(hashing.hash('password', msisdn, password, { signal }))).toMatchObject({
      code: 'USSD_TURN_TIMED_OUT',
    })
    expect(seen.begun).toBe(0)
    expect(hashing.running).toBe(0)
  })

  it('is not disturbed by a signal aborted while its hash runs or after it is done', async () => {
    const hashing = createHashing({ keyring, parallel: 1 })
    const [during, after] = [new AbortController(), new AbortController()]
    const running = reasonOf(
      hashing.verify(undefined, 'password', msisdn, password, { signal: during.signal }),
    )
    const waiting = reasonOf(
      hashing.verify(undefined, 'password', msisdn, password, { signal: after.signal }),
    )
    during.abort()
    expect(hashing.waiting).toBe(1)
    expect(await running).toBe('done')
    const last = reasonOf(hashing.verify(undefined, 'password', msisdn, password))
    after.abort()
    expect(await waiting).toBe('done')
    expect(await last).toBe('done')
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })

  it('frees its place when a hash fails', async () => {
    const hashing = createHashing({ keyring, parallel: 1 })
    const fault = new Error('out of memory')
    seen.fault = fault
    const jobs = many(2, () => hashing.verify(undefined, 'password', msisdn, password))
    expect(await Promise.all(jobs)).toEqual([fault, 'done'])
    expect([hashing.running, hashing.waiting]).toEqual([0, 0])
  })

  it('runs one hash less than there are cores, and lets 64 wait, unless told otherwise', async () => {
    const hashing = createHashing({ keyring })
    const parallel = Math.max(1, availableParallelism() - 1)
    const gone = Array.from({ length: parallel + 65 }, () => new AbortController())
    const jobs = many(gone.length, (i) =>
      hashing.verify(undefined, 'password', msisdn, password, { signal: gone[i]?.signal }),
    )
    expect([hashing.running, hashing.waiting]).toEqual([parallel, 64])
    for (const caller of gone) caller.abort(new Error('enough'))
    const outcomes = await Promise.all(jobs)
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(parallel)
    expect(outcomes.at(-1)).toEqual(busy)
  })

  it('keeps no secret: neither itself nor its fault shows one', async () => {
    const hashing = createHashing({ keyring, parallel: 1, maxQueued: 0 })
    const jobs = many(2, () => hashing.hash('password', msisdn, password))
    expect(inspect([hashing, await jobs[1]], { depth: 9, showHidden: true })).not.toContain('80291')
    await jobs[0]
  })
})

describe('two ways through one gate', () => {
  it('take whom they would not keep waiting too long, as far as the last jobs tell', async () => {
    let nowMs = 0
    const gate = createPrioritySemaphore(2, () => nowMs)
    const [front, behind] = [gate.lane({ most: 9, withinMs: 250 }), gate.lane({ most: 9, withinMs: 250 })]
    let finish = () => {}
    const job = () => new Promise<void>((resolve) => void (finish = resolve))
    const took = async (ms: number) => {
      const done = front.run(job, undefined)
      await new Promise((resolve) => void setImmediate(resolve))
      nowMs += ms
      finish()
      await done
    }
    await took(200)
    const gone = new AbortController()
    const waits = (lane: typeof front) =>
      lane.run(async () => {}, gone.signal).catch((error: UssdError) => error.code)
    // Two are at work, 200 ms each: who comes then waits 100, 200, 300 …
    const running = [front.run(job, undefined), front.run(() => new Promise<void>(() => {}), undefined)]
    const [first, ahead, late] = [waits(behind), waits(front), waits(front)]
    expect([front.waiting, behind.waiting]).toEqual([2, 1])
    expect([await waits(front), await waits(behind)]).toEqual(['USSD_BUSY', 'USSD_BUSY'])
    gone.abort()
    expect(await Promise.all([first, ahead, late])).toEqual(Array(3).fill('USSD_TURN_TIMED_OUT'))
    finish()
    await running[0]
  })

  it('let one wait, however slow the last jobs were', async () => {
    let nowMs = 0
    const lane = createPrioritySemaphore(1, () => nowMs).lane({ most: 9, withinMs: 250 })
    const job = (ms: number) => lane.run(async () => void (nowMs += ms), undefined)
    await job(5000)
    const [running, waiting, late] = [job(10), job(10), job(10)]
    await expect(late).rejects.toMatchObject({ code: 'USSD_BUSY' })
    await Promise.all([running, waiting])
    for (let n = 0; n < 20; n++) await job(10)
    const all = [job(10), job(10), job(10), job(10)]
    await Promise.all(all)
  })

  it('let the work behind go only when nobody waits in front', async () => {
    const gate = createPrioritySemaphore(1)
    const [front, behind] = [gate.lane({ most: 2 }), gate.lane({ most: 1 })]
    const order: string[] = []
    const job = (name: string) => async () => void order.push(name)
    const all = [
      front.run(job('running'), undefined),
      behind.run(job('behind'), undefined),
      front.run(job('front 1'), undefined),
      front.run(job('front 2'), undefined),
    ]
    expect([front.running, front.waiting, behind.waiting]).toEqual([1, 2, 1])
    await expect(behind.run(job('one too many'), undefined)).rejects.toMatchObject({ code: 'USSD_BUSY' })
    await Promise.all(all)
    expect(order).toEqual(['running', 'front 1', 'front 2', 'behind'])
  })
})
