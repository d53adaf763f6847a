#!/usr/bin/env node
/** The `ussd` command. It loads only the subcommand that is run. */
import { argv, stderr, stdout } from 'node:process'
import type { CliCommand } from './command.ts'

const load: Readonly<Record<string, () => Promise<{ readonly command: CliCommand }>>> = {
  init: () => import('./init.ts'),
  serve: () => import('./serve.ts'),
  dial: () => import('./dial.ts'),
  walk: () => import('./walk.ts'),
  explore: () => import('./explore.ts'),
  lint: () => import('./lint.ts'),
  diagram: () => import('./diagram.ts'),
  codec: () => import('./codec.ts'),
  'audit-keys': () => import('./audit-keys.ts'),
}

const [name, ...args] = argv.slice(2)
const selected = name !== undefined && Object.hasOwn(load, name) ? load[name] : undefined

if (selected) {
  await (await selected()).command.run(args)
} else if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
  stdout.write(await overview())
} else {
  stderr.write(`ussd: no command '${name}'. Commands: ${Object.keys(load).join(', ')}\n`)
  process.exitCode = 2
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(load).map(async (one) => (await one()).command))
  const width = Math.max(...commands.map((command) => command.name.length))
  return [
    'Usage: ussd <command> [options]',
    '',
    'A USSD gateway, its simulator and its test tools.',
    '',
    'Commands:',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    "Run 'ussd <command> --help' for the options of a command.",
    "In a clone, 'npm run <command> --' is the same command.",
    '',
  ].join('\n')
}
