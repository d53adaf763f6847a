/** A gateway as `npm start` makes it, in a process of its own that tells its address and, when it is asked, its memory. */
import { startApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { asUssdError } from '../../../src/engine/errors.ts'

const gateway = startApp(loadConfig())

const crash = (error: unknown) => {
  gateway.logCrash(asUssdError(error))
  process.exit(70)
}
process.on('uncaughtException', crash).on('unhandledRejection', crash)

process.on('message', (asked) => {
  if (asked === 'stop') void gateway.close('immediate').then(() => process.exit(0))
  if (asked !== 'memory') return
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  process.send?.({ rss, heapUsed })
})
process.on('disconnect', () => process.exit(0))

const { url } = await gateway.listen()
process.send?.({ url })
