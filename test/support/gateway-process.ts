import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

/** The gateway of `npm start` in its own process. */
export interface GatewayProcess {
  readonly url: string
  readonly process: ChildProcess
  hasEnded(): boolean
  /** Stops it like Ctrl-C, or kills it when that takes more than 5 s. Resolves when the log is complete. */
  stop(): Promise<void>
  /** Kills it with SIGKILL. */
  kill(): Promise<void>
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const STOP_TIMEOUT_MS = 5000

/**
 * Starts a gateway on a free port. Standard output and standard error, including unintended output, go to `logFile`. Reads the
 * output without one as well: writing the log is part of the cost of a turn. Throws when the gateway exits before it listens.
 */
export async function startGatewayProcess(
  env: Readonly<Record<string, string>>,
  { logFile, execArgv = [] }: { readonly logFile?: string; readonly execArgv?: readonly string[] } = {},
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', ...execArgv, 'src/cli/ussd.ts', 'serve'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const log = logFile === undefined ? new PassThrough().resume() : createWriteStream(logFile, { flags: 'a' })
  const outputs = [child.stdout, child.stderr].filter((stream) => stream !== null)
  for (const output of outputs) output.pipe(log, { end: false })
  const ended = once(child, 'close').then(() => finished(log.end()))
  const url = await new Promise<string>((resolve, reject) => {
    let output = ''
    const read = (text: Buffer) => {
      output += text.toString()
      const found = /"event":"server.listening".*?"url":"([^"]+)"/.exec(output)?.[1]
      if (found === undefined) return
      for (const stream of outputs) stream.off('data', read)
      resolve(found)
    }
    for (const stream of outputs) stream.on('data', read)
    child.once('close', () => reject(new Error(`The gateway did not start:\n${output}`)))
  })
  const end = async (signal: NodeJS.Signals) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    child.kill(signal)
    await ended
    clearTimeout(timer)
  }
  return {
    url,
    process: child,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
  }
}
