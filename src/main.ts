import { Command, CommanderError } from 'commander'
import { startApp } from './app.ts'
import type { App } from './app.ts'
import { loadConfig, settings } from './config.ts'
import { UssdError, asUssdError } from './engine/errors.ts'
import { guardStandardStreams } from './log-writer.ts'

/** The process exits after this long even if the stop hangs. */
const HARD_STOP_MS = 8000

let running: App | undefined
let isEnding = false
let exitCode = 0

/** Exits when the work is done, fails or hangs. */
function endAfter(work: Promise<unknown> | undefined): void {
  isEnding = true
  setTimeout(() => process.exit(1), HARD_STOP_MS).unref()
  const failed = async (error: unknown) => {
    exitCode = 1
    running?.logCrash(asUssdError(error))
    await running?.flushLog()
  }
  void Promise.resolve(work)
    .catch(failed)
    .finally(() => process.exit(exitCode))
}

const command = new Command('npm start --')
  .description('Serves the USSD gateway until SIGTERM or Ctrl-C.')
  .addHelpText(
    'after',
    `
There are no arguments. Settings are environment variables, described in README.md:
${settings.map(({ name, byDefault }) => `  ${name}${byDefault && ` (${byDefault})`}`).join('\n')}

Exit code: 0 stopped, 1 failed to start or crashed, 2 wrong usage.`,
  )
  .exitOverride()

async function main(): Promise<void> {
  command.parse()
  const config = loadConfig()
  const app = (running = startApp(config))

  let interrupts = 0
  const stop = (signal: NodeJS.Signals) => {
    // A second Ctrl-C exits at once. A second SIGTERM does not: some orchestrators send it twice.
    if (signal === 'SIGINT' && ++interrupts > 1) process.exit(1)
    if (isEnding) return
    const mode = signal === 'SIGTERM' && config.store.kind !== 'embedded' ? 'drain' : 'immediate'
    endAfter(app.close(mode))
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
  // Node would print the whole error, and with it what a subscriber typed.
  const crash = (error: unknown) => {
    app.logCrash(asUssdError(error))
    // Later faults are only logged. The first one starts the shutdown.
    if (exitCode !== 0) return
    exitCode = 1
    endAfter(app.close('immediate'))
  }
  process.on('uncaughtException', crash).on('unhandledRejection', crash)
  await app.listen()
}

guardStandardStreams()
main().catch((error: unknown) => {
  // Commander has printed the help or the error.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2)
  // Operators look at standard error first: a message without a stack and without values.
  const inWords = error instanceof UssdError || (error instanceof Error && 'code' in error)
  process.stderr.write(
    `${inWords ? (error as Error).message : 'The gateway could not start: ' + String(error)}\n`,
  )
  exitCode = 1
  endAfter(running?.flushLog())
})
