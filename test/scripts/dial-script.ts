/** Runs scripts/dial.sh in a pipe and in a terminal, and serves phones to it. */
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { findProgram } from '../support/redis/redis-binary.ts'

const DIAL = 'scripts/dial.sh'

const closing: (() => unknown)[] = []

/** Ends everything that this module started. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close()
}

const pathOf = (program: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file))

const others = ['dash', 'bash', 'busybox sh'].filter((shell) => {
  const path = pathOf(shell.split(' ')[0] ?? '')
  return path !== undefined && realpathSync(path) !== realpathSync(pathOf('sh') ?? '/bin/sh')
})
/** `sh` and the other shells of this machine, as commands. */
export const shells = ['sh', ...others]

/** Finds curl and `script`, which runs a command in a terminal, or installs them. */
export async function findPrograms(): Promise<void> {
  await findProgram(
    () => pathOf('script') && pathOf('curl'),
    { apt: ['curl', 'bsdutils'], brew: ['curl'] },
    'These tests need curl and script: install curl and util-linux (Debian: bsdutils) so that both are on PATH.',
  )
}

type Environment = Readonly<Record<string, string>>

/** Starts the phone in a pipe. `env` replaces the environment, except PATH. */
export function startPhone(shell: string, args: readonly string[], env: Environment) {
  const [program = '', ...applet] = shell.split(' ')
  const child = spawn(pathOf(program) ?? program, [...applet, DIAL, ...args], {
    env: { PATH: process.env['PATH'], ...env },
  })
  closing.push(() => child.kill('SIGKILL'))
  // The command may exit before it reads its input.
  child.stdin.on('error', () => undefined)
  return child
}

/** Runs the phone in a pipe. */
export async function runPhone(shell: string, args: readonly string[], env: Environment, typed = '') {
  const child = startPhone(shell, args, env)
  child.stdin.end(typed)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: code as number, out, err }
}

/** Collects the output of a process. `sees` resolves when the text appears after the last match. */
export function watch(child: ChildProcessWithoutNullStreams) {
  let written = ''
  let read = 0
  let hasEnded = false
  let wake = () => {}
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    written += chunk
    wake()
  })
  child.on('close', () => {
    hasEnded = true
    wake()
  })
  const sees = async (wanted: string) => {
    while (!written.includes(wanted, read)) {
      if (hasEnded) throw new Error(`'${wanted}' did not appear in: ${written}`)
      await new Promise<void>((resolve) => (wake = resolve))
    }
    read = written.indexOf(wanted, read) + wanted.length
  }
  return { sees, written: () => written }
}

/** Opens the phone in a terminal. */
export function openTerminal(shell: string, args: readonly string[], url: string) {
  const words = args.map((word) => `'${word}'`).join(' ')
  const command = `trap : INT; ${shell} ${DIAL} ${words}; echo "exit code $?"; stty -a; echo end`
  const inTerminal =
    process.platform === 'darwin'
      ? // It takes a pipe, but no socket, which Node would give it.
        ['sh', '-c', 'cat | script -q /dev/null sh -c "$1"', 'sh', command]
      : ['script', '-qec', command, '/dev/null']
  const [program = '', ...rest] = inTerminal
  const env = { PATH: process.env['PATH'], SHELL: '/bin/sh', USSD_URL: url }
  const child = spawn(program, rest, { env })
  closing.push(() => child.kill('SIGKILL'))
  child.stdin.on('error', () => undefined)
  const { sees, written } = watch(child)
  return {
    sees,
    type: (keys: string) => void child.stdin.write(keys),
    /** Presses Ctrl-C until the command has ended: bash misses a signal that arrives just before it reads. */
    interrupt: async () => {
      child.stdin.write('\u0003')
      const again = setInterval(() => child.stdin.write('\u0003'), 1000)
      await sees('exit code').finally(() => clearInterval(again))
    },
    /** Waits for the exit. `isRestored`: the terminal shows again what is typed. */
    ended: async () => {
      await sees('\nend\r\n')
      const [, shown = '', code, modes = ''] = /^([^]*)exit code (\d+)\r\n([^]*)$/.exec(written()) ?? []
      const isRestored = /\secho[\s;]/.test(modes) && /\s-echonl[\s;]/.test(modes)
      return { code: Number(code), shown: shown.replaceAll('\r\n', '\n'), isRestored }
    },
  }
}

interface PhoneRequest {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/**
 * Serves a phone that answers every input with the screen `ok` and waits. `answer` answers a POST instead.
 */
export async function servePhone(
  answer: (response: ServerResponse) => void = (response) =>
    void response.setHeader('ussd-state', 'waiting').end('ok\n'),
) {
  const requests: PhoneRequest[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request
    requests.push({ method, url, headers, body: await text(request) })
    if (method === 'POST') answer(response)
    else if (method === 'DELETE') response.writeHead(204).end()
    else response.setHeader('ussd-state', 'ended').end('\n')
  }
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** Creates a folder with every program that the script may use. Each one records its arguments and environment first. */
export async function recordPrograms() {
  const folder = await mkdtemp(join(tmpdir(), 'dial-'))
  closing.push(() => rm(folder, { recursive: true }))
  const log = join(folder, 'log')
  for (const program of ['cat', 'curl', 'od', 'sed', 'stty', 'tr']) {
    const record = `{ printf '%s\\n' "${program}" "$@"; '${pathOf('env')}'; } >>'${log}'`
    const script = `#!/bin/sh\n${record}\nexec '${pathOf(program)}' "$@"\n`
    await writeFile(join(folder, program), script, { mode: 0o755 })
  }
  return { folder, recorded: () => readFile(log, 'utf8') }
}

/** Returns an environment with all variables that the script assigns. */
export function assignedVariables(): Record<string, string> {
  const source = readFileSync(DIAL, 'utf8')
  const names = [
    ...source.matchAll(/(?<![\w$-])([a-z]+)=/g),
    ...source.matchAll(/\bread -r (?:_ )?([a-z]+)/g),
  ].map(([, name = '']) => name)
  return Object.fromEntries(names.map((name) => [name, 'x']))
}
