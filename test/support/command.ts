import { USSD } from './build.ts'
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'

interface CommandOptions {
  /** Text written to stdin. */
  readonly typed?: string
  /** Environment variables besides PATH. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** The exit code and the output of a command. */
export interface CommandResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

/**
 * Starts a subcommand of `ussd`, or a program by its path without the extension. PORT is 0 so that the command does not find
 * a gateway that happens to run on this machine.
 */
export const startCommand = (
  script: string,
  args: readonly string[],
  { env = {}, cwd }: Pick<CommandOptions, 'env' | 'cwd'> = {},
): ChildProcessWithoutNullStreams =>
  spawn(
    process.execPath,
    script.includes('/') ? ['--import', 'tsx', `${script}.ts`, ...args] : [USSD, script, ...args],
    {
      env: { PATH: process.env['PATH'], PORT: '0', ...env },
      ...(cwd !== undefined && { cwd }),
    },
  )

/** Runs a script to its end. */
export async function runCommand(
  script: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = startCommand(script, args, options)
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // The command may exit before it reads its input.
  child.stdin.on('error', () => undefined).end(options.typed ?? '')
  const [code] = (await once(child, 'close')) as [number]
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }
}
