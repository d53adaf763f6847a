import type { Readable, Writable } from 'node:stream'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { UssdError } from '../engine/errors.ts'
import type { ServedProject } from '../project.ts'
import { WalkthroughError } from '../walkthrough/script/walkthrough.ts'
import { CommandError } from './command-error.ts'
import { loadProject, projectFiles } from './project.ts'

/** 0: success. 1: something failed. 2: wrong usage. */
export type ExitCode = 0 | 1 | 2

/** The streams and the environment of a command: those of the process, or of a test. */
export interface CommandIo {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>>
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface CommandDefinition<Options extends object> {
  /** As typed: `dial` for `ussd dial`. */
  readonly name: string
  /** The program in front of the name: `ussd` by default, `npm run` for a harness. */
  readonly program?: string
  /** One sentence for the list of commands and the first line of its help. */
  readonly summary: string
  /** Arguments in the usage line, e.g. `[code]`. */
  readonly usage?: string
  /** Adds arguments and options. */
  readonly configure?: (command: Command) => unknown
  /** Details and examples, printed below the options. */
  readonly details?: string
  /** Exit codes in words. Code 2 is wrong usage unless named here. */
  readonly exitCodes: { readonly 0: string; readonly 1: string; readonly 2?: string }
  /** Leaves errors of standard output and standard error to the command. By default, a closed pipe exits the process. */
  readonly ownsStreams?: true
  /** Returns the exit code. Throw `CommandError` for what the user can put right. */
  readonly run: (
    options: Options,
    args: readonly string[],
    io: CommandIo,
    loadProject: () => Promise<ServedProject>,
  ) => Promise<ExitCode> | ExitCode
  /** Adds the option that names the project. */
  readonly usesProject?: true
  /** The message for an error of another kind; such a command exits with 1. Without one the error is rethrown. */
  readonly messageOf?: (error: unknown) => string | undefined
}

export interface CliCommand {
  readonly name: string
  readonly summary: string
  /** The text of `--help`. */
  help(): string
  /** Parses the arguments, runs the command and returns its exit code. */
  execute(argv: readonly string[], io: CommandIo): Promise<ExitCode>
  /** Executes the command on the streams of the process, and sets its exit code. */
  run(argv: readonly string[]): Promise<void>
}

/** Defines a command of the CLI or of a harness: its options, help, errors and exit codes. */
export function defineCommand<Options extends object>(definition: CommandDefinition<Options>): CliCommand {
  const { name, program = 'ussd', summary, usage, details, exitCodes } = definition
  const invocation = `${program} ${name}${program === 'npm run' ? ' --' : ''}`
  const build = () => {
    const command = new Command(invocation)
      .usage(`${usage === undefined ? '' : `${usage} `}[options]`)
      .description(summary)
      .allowExcessArguments(false)
      .addHelpText('after', `${details === undefined ? '' : `\n${details}\n`}\n${exitText(exitCodes)}`)
      .showHelpAfterError(`Run '${invocation} --help' for usage.`)
      .exitOverride()
    definition.configure?.(command)
    if (definition.usesProject)
      command.option('--project <file>', `file of the project (default: ${projectFiles.join(', ')})`)
    return command
  }
  return {
    name,
    summary,
    help() {
      let text = ''
      build()
        .configureOutput({ writeOut: (part) => void (text += part) })
        .outputHelp()
      return text
    },
    async execute(argv, io) {
      try {
        const command = build()
          .configureOutput({
            writeOut: (text) => void io.stdout.write(text),
            writeErr: (text) => void io.stderr.write(text),
          })
          .parse(argv, { from: 'user' })
        const { project } = command.opts<{ project?: string }>()
        return await definition.run(command.opts<Options>(), command.args, io, () => loadProject(project))
      } catch (error) {
        if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
        const isExpected =
          error instanceof CommandError || error instanceof UssdError || error instanceof WalkthroughError
        const message = isExpected ? error.message : definition.messageOf?.(error)
        if (message === undefined) throw error
        io.stderr.write(`${name}: ${message}\n`)
        return error instanceof CommandError ? error.exitCode : isExpected ? 2 : 1
      }
    },
    async run(argv) {
      if (!definition.ownsStreams) exitWithReader()
      process.exitCode = await this.execute(argv, process)
    },
  }
}

const exitText = (codes: CommandDefinition<object>['exitCodes']): string =>
  `Exit codes: 0 ${codes[0]}; 1 ${codes[1]}; 2 ${codes[2] ?? 'wrong usage'}.`

/** Exits quietly when the reader of the output closes the pipe (`| head`). */
function exitWithReader(): void {
  const leave = (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1)
  process.stdout.on('error', leave)
  process.stderr.on('error', leave)
}

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Parses an option that is a whole number from `min` to `max`. */
export const wholeNumber = (min: number, max: number) => (value: string) => {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (number >= min && number <= max) return number
  throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`)
}

/** Writes lines to the standard output of the process. */
export const print = (...lines: readonly string[]) => printTo(process.stdout, ...lines)

/** Writes lines to a stream. */
export const printTo = (stream: Writable, ...lines: readonly string[]) =>
  void stream.write(lines.map((line) => `${line}\n`).join(''))
