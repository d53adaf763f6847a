/** The least that a stateful callback can do: one GET, one comparison, one SET with a TTL. */
import { Redis } from 'ioredis'
import { LAST_SCREEN, screenOf } from '../menus.ts'
import { serveForms } from './form-server.ts'
import type { ServerSpec } from './specs.ts'

const SESSION_SECONDS = 900

export function startFloor(spec: ServerSpec & { readonly kind: 'floor' }): Promise<string> {
  const redis = new Redis(spec.redisUrl)
  if (spec.corked) corkWrites(redis)
  return serveForms(spec.layer, async ({ sessionId, text }) => {
    const key = `floor:${sessionId}`
    const stored = await redis.get(key)
    const level = stored === null ? 0 : Number(stored) + 1
    const isLast = text.slice(text.lastIndexOf('*') + 1) === '2'
    await redis.set(key, String(level), 'EX', SESSION_SECONDS)
    return isLast ? `END ${LAST_SCREEN}` : `CON ${screenOf(level)}`
  })
}

/** Collects the commands of one iteration of the event loop in one write. */
function corkWrites(redis: Redis): void {
  const sendCommand = redis.sendCommand.bind(redis)
  let isCorked = false
  redis.sendCommand = (...args) => {
    const { stream } = redis
    if (!isCorked && stream) {
      isCorked = true
      stream.cork()
      setImmediate(() => {
        isCorked = false
        stream.uncork()
      })
    }
    return sendCommand(...args)
  }
}
