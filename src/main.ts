import { compose } from './compose.ts'
import type { Composed } from './compose.ts'
import { loadConfig } from './config.ts'
import { UssdError, asUssdError } from './engine/errors.ts'
import { guardStandardStreams } from './log-writer.ts'

/** A stop that hangs is ended after this long. */
const HARD_STOP_MS = 8000

let gateway: Composed | undefined
let isEnding = false
let exitCode = 0

/** Ends the process once the work is done, fails or hangs. */
function endAfter(work: Promise<unknown> | undefined): void {
  isEnding = true
  setTimeout(() => process.exit(1), HARD_STOP_MS).unref()
  const failed = async (error: unknown) => {
    exitCode = 1
    gateway?.crashed(asUssdError(error))
    await gateway?.flushLog()
  }
  void Promise.resolve(work)
    .catch(failed)
    .finally(() => process.exit(exitCode))
}

async function main(): Promise<void> {
  const config = loadConfig()
  const composed = (gateway = compose(config))

  let interrupts = 0
  const stop = (signal: NodeJS.Signals) => {
    // Ctrl-C twice means now. A second SIGTERM does not: some orchestrators send it twice.
    if (signal === 'SIGINT' && ++interrupts > 1) process.exit(1)
    if (isEnding) return
    const how = signal === 'SIGTERM' && config.store.kind !== 'embedded' ? 'gently' : 'now'
    endAfter(composed.close(how))
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
  // Node would print the error whole, and with it perhaps what a subscriber typed.
  const crash = (error: unknown) => {
    composed.crashed(asUssdError(error))
    // Faults on the way out are logged; only the first begins an end of its own.
    if (exitCode !== 0) return
    exitCode = 1
    endAfter(composed.close('now'))
  }
  process.on('uncaughtException', crash).on('unhandledRejection', crash)
  await composed.listen()
}

guardStandardStreams()
main().catch((error: unknown) => {
  // Where an operator looks first: in words, without a stack, without values.
  const inWords = error instanceof UssdError || (error instanceof Error && 'code' in error)
  process.stderr.write(
    `${inWords ? (error as Error).message : 'The gateway could not start: ' + String(error)}\n`,
  )
  exitCode = 1
  endAfter(gateway?.flushLog())
})
