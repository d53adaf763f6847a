import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileProject } from '../../support/build.ts'
import type { Cores } from './cores.ts'
import type { FromServer, ToServer, Usage } from './probe.ts'
import type { ServerSpec } from './servers/specs.ts'

const BUILD = fileURLToPath(new URL('../../../.cache/bench', import.meta.url))
const PROGRAM = join(BUILD, 'test/verification/bench/servers/process.js')

export interface BenchServer {
  readonly port: number
  usage(): Promise<Usage>
  stop(): Promise<void>
}

/** Compiles the servers and the product with the options of `npm run build`. */
export const compileServers = (): Promise<void> =>
  compileProject('test/verification/bench/tsconfig.json', BUILD)

/** The options of Node in `npm start`, for servers on our HTTP layer. Stock Express runs without, as its guide says. */
function startFlags(): readonly string[] {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { scripts } = JSON.parse(text) as { readonly scripts: { readonly start: string } }
  const [, ...words] = scripts.start.split(' ')
  return words.slice(
    0,
    words.findIndex((word) => !word.startsWith('--')),
  )
}

/** Starts a server in its own process, with its standard output in a file. Throws when it does not listen. */
export async function startServer(
  spec: ServerSpec,
  options: { readonly logFile: string; readonly cores: Cores; readonly on: 'server' | 'both' },
): Promise<BenchServer> {
  const args = [...(spec.kind === 'ours' || spec.layer === 'fast' ? startFlags() : []), PROGRAM]
  const [program, ...rest] = options.cores.command(process.execPath, args, options.on)
  const log = openSync(options.logFile, 'a')
  const child = spawn(program, rest, {
    stdio: ['ignore', log, 'inherit', 'ipc'],
    env: { PATH: '/usr/bin:/bin', NODE_ENV: 'production' },
  })
  closeSync(log)
  const exited = once(child, 'exit')

  async function next<Kind extends FromServer['kind']>(kind: Kind) {
    const ended = exited.then(() => Promise.reject(new Error(`A server ended: ${JSON.stringify(spec)}`)))
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [FromServer]
    if (message.kind !== kind) throw new Error(`A server sent '${message.kind}' instead of '${kind}'.`)
    return message as FromServer & { readonly kind: Kind }
  }

  async function stop() {
    child.kill('SIGKILL')
    await exited
  }

  try {
    await next('ready')
    child.send(spec)
    const { url } = await next('listening')
    return {
      port: Number(new URL(url).port),
      async usage() {
        const message: ToServer = 'usage'
        child.send(message)
        const { usage } = await next('usage')
        // The primary does not see the time of its workers.
        return spec.kind === 'ours' && spec.workers > 1
          ? { ...usage, cpuUs: Number.NaN, gcMs: Number.NaN }
          : usage
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
