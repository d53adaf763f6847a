/** Argon2 in threads of its own: the same hashes, and less of the processor than turns have. */
import { afterEach, describe, expect, it } from '@jest/globals'
import * as argon2 from '@node-rs/argon2'
import { readFileSync, readdirSync } from 'node:fs'
import { createHashingThreads } from '../../../src/services/hashing/threads.ts'

const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }
const threads = createHashingThreads()
afterEach(() => threads.close())

describe('a hashing thread', () => {
  it('makes hashes that argon2 takes for its own, each with another salt', async () => {
    const [a, b] = await Promise.all([threads.hash('digest', cost), threads.hash('digest', cost)])
    expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(a).not.toBe(b)
    expect(await argon2.verify(a, 'digest')).toBe(true)
  })

  it('compares', async () => {
    const phc = await argon2.hash('digest', cost)
    expect(await threads.verify(phc, 'digest')).toBe(true)
    expect(await threads.verify(phc, 'another')).toBe(false)
  })

  it('says that argon2 failed, quotes nothing, and goes on', async () => {
    const failed = threads.verify('no hash of 80291', '80291')
    await expect(failed).rejects.toMatchObject({ code: 'USSD_UNEXPECTED' })
    await expect(failed).rejects.not.toThrow(/80291/)
    expect(await threads.hash('digest', cost)).toMatch(/^\$argon2id/)
  })

  it('tells whoever waits that it has ended, and another takes its place', async () => {
    const waits = threads.hash('digest', { ...cost, timeCost: 200 })
    await threads.close()
    await expect(waits).rejects.toMatchObject({ code: 'USSD_UNEXPECTED' })
    expect(await threads.hash('digest', cost)).toMatch(/^\$argon2id/)
  })

  it('is started once and kept', async () => {
    await threads.hash('digest', cost)
    const one = threadsOfProcess()
    for (let n = 0; n < 5; n++) await threads.hash('digest', cost)
    expect(threadsOfProcess()).toEqual(one)
  })

  it('has a lower priority than the turns, on Linux', async () => {
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
/** Field 19 of proc_pid_stat(5); the name before it may hold anything but its closing bracket. */
const niceOf = (thread: string): number => {
  const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
}
