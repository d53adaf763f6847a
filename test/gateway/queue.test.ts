import { describe, expect, it } from '@jest/globals'
import { createQueue } from '../../src/gateway/queue.ts'

describe('queue', () => {
  /** A job that ends on demand. */
  function job(name: string) {
    let end = (_name: string) => {}
    const ended = new Promise<string>((resolve) => (end = resolve))
    return { run: () => ended, end: () => end(name) }
  }

  it('rejects jobs above the limit at once, and accepts them again later', async () => {
    const queue = createQueue({ maxWaiting: 2 })
    const [first, second, third] = [job('first'), job('second'), job('third')]
    const all = [first, second, third].map(({ run }) => queue.run('one', run))
    await expect(queue.run('one', async () => 'fourth')).rejects.toMatchObject({ code: 'USSD_BUSY' })
    expect(await queue.run('another', async () => 'of another')).toBe('of another')
    first.end()
    await all[0]
    const fourth = queue.run('one', async () => 'fourth')
    second.end()
    third.end()
    expect(await Promise.all([...all, fourth])).toEqual(['first', 'second', 'third', 'fourth'])
  })

  it('runs jobs in order, and continues after a failure', async () => {
    const queue = createQueue()
    const seen: string[] = []
    const failing = queue.run('one', async () => {
      seen.push('begins')
      await Promise.resolve()
      seen.push('fails')
      throw new Error('of the test')
    })
    const next = queue.run('one', async () => void seen.push('next'))
    await expect(failing).rejects.toThrow('of the test')
    await next
    expect(seen).toEqual(['begins', 'fails', 'next'])
  })
})
