/** The process while its standard output accepts no lines: it keeps serving, and stops on SIGTERM. */
import { closeSync, openSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { cleanUps, runTurns, start, unreadPipe } from './process.ts'

describe('a process whose standard output', () => {
  describe.each([
    ['is a full disk', () => start(openSync('/dev/full', 'w'))],
    ['has lost its reader', () => start('pipe', ({ stdout }) => stdout?.destroy())],
  ])('%s', (_name, begin) => {
    it('answers every callback, and exits with 0 on SIGTERM', async () => {
      const gateway = await begin()
      for (let times = 0; times < 3; times++) await runTurns(gateway, 5)
      gateway.stop()
      expect(await gateway.exit).toEqual([0, null])
    })

    it('exits with 1 when it crashes', async () => {
      const gateway = await begin()
      await runTurns(gateway, 5)
      gateway.crash()
      expect(await gateway.exit).toEqual([1, null])
    })
  })

  it('is an unread pipe answers every callback, and exits with 0 on SIGTERM', async () => {
    const pipe = await unreadPipe()
    cleanUps.push(() => closeSync(pipe.fd))
    const gateway = await start(pipe.fd)
    // More lines than the pipe's buffer holds.
    for (let times = 0; times < 10; times++) await runTurns(gateway, 50)
    gateway.stop()
    expect(await gateway.exit).toEqual([0, null])
  })
})
