import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import type { CliCommand, ExitCode } from '../../src/cli/command.ts'
import { USSD } from './build.ts'

interface CommandOptions {
  /** Text written to stdin. */
  readonly typed?: string
  /** Environment variables. PORT is 0 unless given, so that a gateway on this machine is not found. */
  readonly env?: Readonly<Record<string, string>>
}

interface ProcessOptions extends CommandOptions {
  readonly cwd?: string
}

/** The exit code and the output of a command. */
export interface CommandResult {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

/** Runs a command in this process, as `ussd` runs it in its own. */
export async function executeCommand(
  command: CliCommand,
  args: readonly string[],
  { typed = '', env = {} }: CommandOptions = {},
): Promise<CommandResult> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  stdout.on('data', (chunk: Buffer) => out.push(chunk))
  stderr.on('data', (chunk: Buffer) => err.push(chunk))
  const stdin = Readable.from(typed === '' ? [] : [Buffer.from(typed)], { objectMode: false })
  const code = await command.execute(args, { stdin, stdout, stderr, env: { PORT: '0', ...env } })
  await Promise.all([stdout, stderr].map((stream) => once(stream.end(), 'end')))
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }
}

/** Starts a process of a subcommand of `ussd`, or of a program by its path without the extension. */
export const startCommand = (
  script: string,
  args: readonly string[],
  { env = {}, cwd }: Pick<ProcessOptions, 'env' | 'cwd'> = {},
): ChildProcessWithoutNullStreams =>
  spawn(
    process.execPath,
    script.includes('/') ? ['--import', 'tsx', `${script}.ts`, ...args] : [USSD, script, ...args],
    {
      env: { PATH: process.env['PATH'], PORT: '0', ...env },
      ...(cwd !== undefined && { cwd }),
    },
  )

/** Runs a process to its end. */
export async function runCommand(
  script: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<CommandResult> {
  const child = startCommand(script, args, options)
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // The command may exit before it reads its input.
  child.stdin.on('error', () => undefined).end(options.typed ?? '')
  const [code] = (await once(child, 'close')) as [ExitCode]
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }
}
