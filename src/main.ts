import { compose } from './compose.ts'
import { loadConfig } from './config.ts'
import { UssdError, asUssdError } from './engine/errors.ts'

/** A stop that hangs is ended after this long. */
const HARD_STOP_MS = 8000

async function main(): Promise<void> {
  const config = loadConfig()
  const gateway = compose(config)

  let isStopping = false
  const stop = (signal: NodeJS.Signals) => {
    // Ctrl-C twice, and a terminal that gives up, mean now.
    if (isStopping) process.exit(1)
    isStopping = true
    setTimeout(() => process.exit(1), HARD_STOP_MS).unref()
    const how = signal === 'SIGTERM' && config.store.kind !== 'embedded' ? 'gently' : 'now'
    void gateway.close(how).then(() => process.exit(0))
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
  // Node would print the error whole, and with it perhaps what a subscriber typed.
  const crash = (error: unknown) => {
    gateway.crashed(asUssdError(error))
    void gateway.close('now').finally(() => process.exit(1))
  }
  process.on('uncaughtException', crash).on('unhandledRejection', crash)
  await gateway.listen()
}

main().catch((error: unknown) => {
  // Before the log is there, and where an operator looks first: in words, without a stack, without values.
  const inWords = error instanceof UssdError || (error instanceof Error && 'code' in error)
  process.stderr.write(
    `${inWords ? (error as Error).message : 'The gateway could not start: ' + String(error)}\n`,
  )
  process.exit(1)
})
