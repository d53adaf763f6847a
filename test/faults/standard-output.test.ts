/** The process while its standard output accepts no lines: it keeps serving, counts dropped lines, and stops on SIGTERM. */
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { constants, createReadStream, openSync, closeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { MAIN } from '../support/build.ts'

/** Makes the process throw an uncaught error on SIGUSR2. */
const CRASHES_ON_SIGUSR2 = 'data:text/javascript,process.on("SIGUSR2",()=>{throw new Error("typed 80291")})'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts the process of `npm start` from its source. The port is fixed, because its log may not be readable. */
async function start(stdout: 'pipe' | number, prepare: (child: ChildProcess) => void = () => {}) {
  const port = await freePort()
  const stdio: StdioOptions = ['ignore', stdout, 'inherit']
  const child = spawn(process.execPath, ['--import', CRASHES_ON_SIGUSR2, MAIN], {
    stdio,
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port) },
  })
  cleanUps.push(() => child.kill('SIGKILL'))
  prepare(child)
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const url = `http://127.0.0.1:${port}`
  while (!(await fetch(`${url}/healthz`).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error('the process exited before it listened')
    await sleep(20)
  }
  let turns = 0
  return {
    exit,
    stop: () => void child.kill('SIGTERM'),
    crash: () => void child.kill('SIGUSR2'),
    turns: () => turns,
    /** Runs one turn, which writes one log line. */
    async call(): Promise<string> {
      const body = new URLSearchParams({
        sessionId: `s${turns++}`,
        phoneNumber: '+375291234567',
        serviceCode: '*141*0#',
        text: '',
      })
      return (await fetch(`${url}/ussd/africastalking`, { method: 'POST', body })).text()
    },
    async dropped(): Promise<number> {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      return Number(/^ussd_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1])
    },
  }
}

type Gateway = Awaited<ReturnType<typeof start>>

/** Runs turns concurrently. Every callback must be answered. */
async function runTurns(gateway: Gateway, turns: number): Promise<void> {
  const answers = await Promise.all(Array.from({ length: turns }, () => gateway.call()))
  for (const answer of answers) expect(answer).toMatch(/^CON /)
}

/** Creates a pipe as in `npm start | reader`; the test decides when to read it. */
async function unreadPipe() {
  const folder = await mkdtemp(join(tmpdir(), 'ussd-pipe-'))
  cleanUps.push(() => rm(folder, { recursive: true }))
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const both = openSync(path, constants.O_RDWR)
  return {
    fd: both,
    read() {
      const input = createReadStream(path)
      input.once('open', () => closeSync(both))
      return createInterface({ input })
    },
  }
}

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
    for (let times = 0; times < 5; times++) await runTurns(gateway, 100)
    gateway.stop()
    expect(await gateway.exit).toEqual([0, null])
  })

  it('is a pipe read late reports the number of dropped lines once, and continues', async () => {
    const pipe = await unreadPipe()
    const gateway = await start(pipe.fd)
    while ((await gateway.dropped()) === 0) await runTurns(gateway, 100)
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
