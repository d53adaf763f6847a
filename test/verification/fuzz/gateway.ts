/** The gateway of `npm start` as a child process: sends its URL, and its memory on request. */
import { startApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { asUssdError } from '../../../src/engine/errors.ts'

const gateway = startApp(loadConfig())

const crash = (error: unknown) => {
  gateway.logCrash(asUssdError(error))
  process.exit(70)
}
process.on('uncaughtException', crash).on('unhandledRejection', crash)

process.on('message', (request) => {
  if (request === 'stop') void gateway.close('immediate').then(() => process.exit(0))
  if (request !== 'memory') return
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  process.send?.({ rss, heapUsed })
})
process.on('disconnect', () => process.exit(0))

const { url } = await gateway.listen()
process.send?.({ url })
