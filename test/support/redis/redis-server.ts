import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRedisBinary } from './redis-binary.ts'

export interface RedisServerOptions {
  /** A free one by default. */
  readonly port?: number
  /** The folder of one that was killed, whose records it takes up; a new one by default. */
  readonly dir?: string
  /** When its append-only file is synced: before every answer, by default, or once a second. */
  readonly appendfsync?: 'always' | 'everysec'
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Further arguments of redis-server. */
  readonly args?: readonly string[]
  readonly binary?: string
}

/** A private Redis on a loopback port, with an append-only file in a folder of its own. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  readonly dir: string
  readonly process: ChildProcess
  /** Ends it and removes its folder. */
  stop(): Promise<void>
  /** As a crash does; its folder stays. */
  kill(): Promise<void>
  /** It keeps its connections and answers nothing, until it is thawed. */
  freeze(): void
  thaw(): void
}

export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = options.binary ?? (await findRedisBinary({ install: 'no' }))
  const port = options.port ?? (await freePort())
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'ussd-redis-')))
  const persistence = ['--save', '', '--appendonly', 'yes', '--appendfsync', options.appendfsync ?? 'always']
  const variables = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`)
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir]
  const child = spawn('env', [...variables, binary, ...place, ...persistence, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exited = once(child, 'exit')
  await ready(child)

  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await exited
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    process: child,
    kill: () => end('SIGKILL'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    // Nothing in the folder is worth a graceful end, and a frozen server would not take part in one.
    stop: () => end('SIGKILL').then(() => rm(dir, { recursive: true, force: true })),
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server did not start:\n${said}`)))
    child.stdout?.on('data', (chunk: Buffer) => {
      if (said.length < 10_000) said += chunk.toString()
      if (/ready to accept connections/i.test(said)) resolve()
    })
  })
}

/** Below 55536, so that the bus of a cluster, 10000 higher, is a port as well. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port < 55_536 ? port : freePort()
}
