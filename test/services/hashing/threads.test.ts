/** Argon2 in worker threads: the same hashes at a lower priority than turns. */
import { afterEach, describe, expect, it } from '@jest/globals'
import * as argon2 from '@node-rs/argon2'
import { readFileSync, readdirSync } from 'node:fs'
import { createHashingThreads } from '../../../src/services/hashing/threads.ts'

const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }
const threads = createHashingThreads()
afterEach(() => threads.close())

describe('a hashing thread', () => {
  it('creates argon2 hashes, each with another salt', async () => {
    const [a, b] = await Promise.all([threads.hash('digest', cost), threads.hash('digest', cost)])
    expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(a).not.toBe(b)
    expect(await argon2.verify(a, 'digest')).toBe(true)
  })

  it('compares a digest with a hash', async () => {
    const phc = await argon2.hash('digest', cost)
    expect(await threads.verify(phc, 'digest')).toBe(true)
    expect(await threads.verify(phc, 'another')).toBe(false)
  })

  it('rejects when argon2 fails, quotes nothing, and stays usable', async () => {
    const failed = threads.verify('no hash of 80291', '80291')
    await expect(failed).rejects.toMatchObject({ code: 'USSD_UNEXPECTED' })
    await expect(failed).rejects.not.toThrow(/80291/)
    expect(await threads.hash('digest', cost)).toMatch(/^\$argon2id/)
  })

  it('rejects its job when it exits, and is replaced', async () => {
    const pending = threads.hash('digest', { ...cost, timeCost: 200 })
    await threads.close()
    await expect(pending).rejects.toMatchObject({ code: 'USSD_UNEXPECTED' })
    expect(await threads.hash('digest', cost)).toMatch(/^\$argon2id/)
  })

  it('is reused', async () => {
    await threads.hash('digest', cost)
    const before = threadsOfProcess()
    for (let n = 0; n < 5; n++) await threads.hash('digest', cost)
    expect(threadsOfProcess()).toEqual(before)
  })

  it('has a lower priority than the event loop, on Linux', async () => {
    if (process.platform !== 'linux') return
    const before = new Set(threadsOfProcess())
    await threads.hash('digest', cost)
    const nice = threadsOfProcess()
      .filter((thread) => !before.has(thread))
      .map(niceOf)
    expect(Math.max(...nice)).toBe(10)
    expect([...before].map(niceOf)).not.toContain(10)
  })
})

const threadsOfProcess = () => (process.platform === 'linux' ? readdirSync('/proc/self/task') : [])
/** Reads field 19 of proc_pid_stat(5). The process name before it may contain spaces and brackets. */
const niceOf = (thread: string): number => {
  const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
}
