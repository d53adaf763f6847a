import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'

interface How {
  readonly typed?: string
  /** Beside PATH. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** What came of a command: its exit code, and all it printed. */
export interface Ran {
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
  { env = {}, cwd }: Pick<How, 'env' | 'cwd'> = {},
): ChildProcessWithoutNullStreams =>
  spawn(
    process.execPath,
    ['--import', 'tsx', ...(script.includes('/') ? [`${script}.ts`] : ['src/cli/ussd.ts', script]), ...args],
    {
      env: { PATH: process.env['PATH'], PORT: '0', ...env },
      ...(cwd !== undefined && { cwd }),
    },
  )

/** Runs one to its end, with what is typed into it. */
export async function runCommand(script: string, args: readonly string[], how: How = {}): Promise<Ran> {
  const child = startCommand(script, args, how)
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // The command may have ended before it read anything.
  child.stdin.on('error', () => undefined).end(how.typed ?? '')
  const [code] = (await once(child, 'close')) as [number]
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }
}
