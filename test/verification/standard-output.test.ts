import { once } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { runTurns, start, unreadPipe } from '../faults/process.ts'

describe('a process whose standard output', () => {
  it('is a pipe read late reports the number of dropped lines once, and continues', async () => {
    const pipe = await unreadPipe()
    const gateway = await start(pipe.fd)
    while ((await gateway.dropped()) === 0) await runTurns(gateway, 50)
    const dropped = await gateway.dropped()

    const lines: Record<string, unknown>[] = []
    const reader = pipe.read()
    const closed = once(reader, 'close')
    const reported = new Promise<void>((resolve) => {
      reader.on('line', (text) => {
        const line = JSON.parse(text) as Record<string, unknown>
        lines.push(line)
        if (line['event'] === 'log.lines.dropped') resolve()
      })
    })
    await reported
    await gateway.call()
    gateway.stop()
    expect(await gateway.exit).toEqual([0, null])
    await closed

    expect(lines.filter(({ event }) => event === 'log.lines.dropped')).toMatchObject([
      { level: 'warn', lines: dropped },
    ])
    expect(lines.filter(({ event }) => event === 'turn')).toHaveLength(gateway.turns() - dropped)
    expect(lines.at(-1)).toMatchObject({ event: 'server.stopped' })
    // It takes some thousand turns, which a busy machine may need minutes for.
  }, 240_000)
})
