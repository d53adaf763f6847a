import { stderr, stdout } from 'node:process'
import { CommanderError } from 'commander'
import { UssdError } from '../engine/errors.ts'
import { TargetError } from '../walkthrough/script/target.ts'
import { CommandError } from './command-error.ts'

/**
 * Runs a command and sets its exit code: the one that `main` gives, 0 for help, 2 for an option that there is not, a `Stop`'s
 * own. What is wrong is one sentence behind the command's name; what nobody foresaw is thrown.
 *
 * @param sentenceOf what a command says of errors that no other knows, with exit code 1; undefined: it is thrown
 */
export async function runCommand(
  name: string,
  main: () => Promise<0 | 1 | 2> | 0 | 1 | 2,
  sentenceOf: (error: unknown) => string | undefined = () => undefined,
): Promise<void> {
  // A reader that has seen enough (`| head`) is no fault.
  const leave = (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1)
  stdout.on('error', leave)
  stderr.on('error', leave)
  try {
    process.exitCode = await main()
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    const isForeseen =
      error instanceof CommandError || error instanceof UssdError || error instanceof TargetError
    const sentence = isForeseen ? error.message : sentenceOf(error)
    if (sentence === undefined) throw error
    stderr.write(`${name}: ${sentence}\n`)
    process.exitCode = error instanceof CommandError ? error.exitCode : isForeseen ? 2 : 1
  }
}

/** Of whatever was thrown, what it says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
