import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRedisBinary } from './redis-binary.ts'

export interface RedisServerOptions {
  /** A free port by default. */
  readonly port?: number
  /** The folder of a killed server, to restore its records; a new folder by default. */
  readonly dir?: string
  /** When the append-only file is synced; `always` by default. */
  readonly appendfsync?: 'always' | 'everysec'
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** Further arguments of redis-server. */
  readonly args?: readonly string[]
  readonly binary?: string
}

/** A private Redis on a loopback port, with an append-only file in its own folder. */
export type RedisServer = Awaited<ReturnType<typeof startRedisServer>>

/** Servers that run. A test that fails before its clean-up must not leave them behind. */
const running = new Set<ChildProcess>()
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))

export async function startRedisServer(options: RedisServerOptions = {}) {
  const { appendfsync = 'always', env = {}, args = [] } = options
  const binary = options.binary ?? (await findRedisBinary({ install: 'no' }))
  const port = options.port ?? (await freePort())
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'ussd-redis-')))
  const replication = ['--repl-diskless-sync-delay', '0']
  const persistence = ['--save', '', '--appendonly', 'yes', '--appendfsync', appendfsync]
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir]
  const child = spawn(binary, [...place, ...persistence, ...replication, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  })
  running.add(child)
  const exited = once(child, 'exit')
  child.once('exit', () => running.delete(child))
  await ready(child)

  /** Kills the server and keeps its folder. */
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exited
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    process: child as ChildProcess,
    kill,
    /** Pauses the process: connections stay open without answers until `thaw`. */
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    /** Kills the server and removes its folder. A frozen server cannot shut down gracefully. */
    stop: () => kill().then(() => rm(dir, { recursive: true, force: true })),
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server did not start:\n${output}`)))
    child.stdout?.on('data', (chunk: Buffer) => {
      if (output.length < 10_000) output += chunk.toString()
      if (/ready to accept connections/i.test(output)) resolve()
    })
  })
}

/** Returns a free port below 55536, because the cluster bus uses the port 10000 higher. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port < 55_536 ? port : freePort()
}
