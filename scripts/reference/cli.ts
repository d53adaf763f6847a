import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { fence, page } from './markdown.ts'

const COMMANDS = ['dial', 'walk', 'explore', 'lint', 'diagram', 'codec', 'audit:keys']

/** The help text of an npm script that runs a command of `src/cli`. */
async function helpOf(script: string): Promise<string> {
  const [program = '', ...args] = script.split(' ')
  const run = promisify(execFile)(program === 'node' ? process.execPath : program, [...args, '--help'])
  // A command that reads standard input must not wait for a terminal.
  run.child.stdin?.end()
  return (await run).stdout
}

export async function cliPage(): Promise<string> {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Readonly<Record<string, string>>
  }
  const helps = await Promise.all(COMMANDS.map((name) => helpOf(scripts[name] ?? '')))
  return page(
    '# Command line',
    'Run the commands from a clone: `npm run <command> -- <options>`. `npm run -s` prints the output of the command only.',
    ...COMMANDS.flatMap((name, at) => [
      `## ${name}`,
      ...(helps[at] === '' ? [] : [fence('text', helps[at] ?? '')]),
    ]),
  )
}
