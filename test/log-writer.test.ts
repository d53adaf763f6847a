import { beforeEach, afterEach, describe, expect, it, jest } from '@jest/globals'
import { createLogWriter } from '../src/log-writer.ts'

/** Creates a fake file that accepts as much as the test allows. */
function createTarget() {
  let written = ''
  let fault: string | undefined
  let room = Infinity
  let waiting: (() => void) | undefined
  let isHeld = false
  return {
    written: () => written,
    failWith: (code: string | undefined) => (fault = code),
    acceptAtMost: (bytes: number) => (room = bytes),
    hold: () => (isHeld = true),
    release() {
      isHeld = false
      waiting?.()
      waiting = undefined
    },
    writeSome(bytes: Uint8Array, done: (error: NodeJS.ErrnoException | null, written: number) => void) {
      const write = () => {
        if (fault !== undefined) return done(Object.assign(new Error(fault), { code: fault }), 0)
        const accepted = bytes.subarray(0, room)
        written += Buffer.from(accepted).toString()
        done(null, accepted.length)
      }
      if (isHeld) waiting = write
      else write()
    },
  }
}

const line = (number: number) => `line ${String(number).padStart(4, '0')}\n`
const LINE_BYTES = line(0).length

function createWriter(lines: number) {
  const target = createTarget()
  const writer = createLogWriter({
    writeSome: (bytes, done) => target.writeSome(bytes, done),
    droppedLine: (dropped) => `${dropped} dropped\n`,
    bufferBytes: lines * LINE_BYTES,
  })
  return { target, writer }
}

describe('the log writer', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())
  const timePasses = () => jest.advanceTimersByTimeAsync(5000)

  it('writes lines in order when the file accepts partial writes', async () => {
    const { target, writer } = createWriter(100)
    target.acceptAtMost(3)
    for (let number = 0; number < 20; number++) writer.write(line(number))
    await timePasses()
    expect(target.written()).toBe(Array.from({ length: 20 }, (_, number) => line(number)).join(''))
    expect(writer.dropped).toBe(0)
  })

  it.each(['EAGAIN', 'ENOSPC', 'EPIPE', 'EIO'])(
    'buffers lines during %s, drops the excess and reports the number once afterwards',
    async (fault) => {
      const { target, writer } = createWriter(4)
      target.failWith(fault)
      for (let number = 0; number < 10; number++) writer.write(line(number))
      await timePasses()
      expect([writer.dropped, target.written()]).toEqual([6, ''])
      target.failWith(undefined)
      await timePasses()
      writer.write(line(10))
      await timePasses()
      expect(target.written()).toBe(`${[0, 1, 2, 3].map(line).join('')}6 dropped\n${line(10)}`)
      expect(writer.dropped).toBe(6)
    },
  )

  it('reports drops rarely while the reader is slow', async () => {
    const { target, writer } = createWriter(100)
    target.hold()
    for (let number = 0; number < 1000; number++) {
      writer.write(line(number))
      target.acceptAtMost(LINE_BYTES)
      await jest.advanceTimersByTimeAsync(1)
      if (number % 2 === 0) target.release()
      target.hold()
    }
    target.acceptAtMost(Infinity)
    target.release()
    await timePasses()
    const reports = target.written().match(/\d+ dropped/g) ?? []
    const lines = target.written().match(/line/g) ?? []
    const reported = reports.reduce((sum, report) => sum + Number.parseInt(report, 10), 0)
    expect(lines.length + reported).toBe(1000)
    expect(reports.length).toBeLessThan(1000 / 50)
    expect(reports.length).toBeGreaterThan(0)
  })

  it('measures its buffer in bytes and drops a larger line', async () => {
    const { target, writer } = createWriter(1)
    writer.write(`${'•'.repeat(LINE_BYTES)}\n`)
    await timePasses()
    expect([writer.dropped, target.written()]).toEqual([1, '1 dropped\n'])
  })

  it('writes each line once while a slow write is pending', async () => {
    const { target, writer } = createWriter(100)
    target.hold()
    writer.write(line(1))
    await timePasses()
    writer.write(line(2))
    await timePasses()
    target.release()
    await timePasses()
    expect(target.written()).toBe(line(1) + line(2))
  })

  it('flushes all lines, and gives up after the timeout', async () => {
    const { target, writer } = createWriter(100)
    writer.write(line(1))
    const flushed = writer.flush(500)
    await timePasses()
    await flushed
    expect(target.written()).toBe(line(1))

    target.failWith('ENOSPC')
    writer.write(line(2))
    const timedOut = writer.flush(500)
    await timePasses()
    await timedOut
    expect(target.written()).toBe(line(1))
  })
})
