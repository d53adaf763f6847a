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
import { afterEach, expect } from '@jest/globals'
import { PROJECT, USSD } from '../support/build.ts'

/** Makes the process throw an uncaught error on SIGUSR2. */
const CRASHES_ON_SIGUSR2 = 'data:text/javascript,process.on("SIGUSR2",()=>{throw new Error("typed 80291")})'

export const cleanUps: (() => unknown)[] = []
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

/** Starts the process of `npm start`. The port is fixed, because its log may not be readable. */
export async function start(stdout: 'pipe' | number, prepare: (child: ChildProcess) => void = () => {}) {
  const port = await freePort()
  const stdio: StdioOptions = ['ignore', stdout, 'inherit']
  const child = spawn(
    process.execPath,
    ['--import', CRASHES_ON_SIGUSR2, USSD, 'serve', '--project', PROJECT],
    {
      stdio,
      env: { PATH: process.env['PATH'] ?? '', PORT: String(port) },
    },
  )
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
export async function runTurns(gateway: Gateway, turns: number): Promise<void> {
  const answers = await Promise.all(Array.from({ length: turns }, () => gateway.call()))
  for (const answer of answers) expect(answer).toMatch(/^CON /)
}

/** Creates a pipe as in `npm start | reader`; the test decides when to read it. */
export async function unreadPipe() {
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
