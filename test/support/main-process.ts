/** Processes of `npm start`. */
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { PROJECT, USSD } from './build.ts'

const started: ChildProcessWithoutNullStreams[] = []

/** Starts the process of `npm start`. */
export function run(env: Record<string, string>, ...args: readonly string[]) {
  const child = spawn(process.execPath, [USSD, 'serve', '--project', PROJECT, ...args], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
  })
  started.push(child)
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()))
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const lines = createInterface({ input: child.stdout })
  const log: Record<string, unknown>[] = []
  const listening = new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>
      log.push(entry)
      if (entry['event'] === 'server.listening') resolve(String(entry['url']))
    })
    void exit.then(() => reject(new Error(`The process exited: ${stderr}`)))
  })
  listening.catch(() => {})
  /** Resolves once an event has been logged this many times. */
  const logged = (event: string, times: number) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (log.filter((entry) => entry['event'] === event).length >= times) resolve()
      }
      lines.on('line', check)
      check()
      void exit.then(() => reject(new Error(`The process exited: ${stderr}`)))
    })
  return { child, exit, listening, log, logged, stderr: () => stderr }
}

/** Kills the processes that still run, and waits for their end. */
export async function killAll(): Promise<void> {
  await Promise.all(
    started.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'close')
    }),
  )
}
