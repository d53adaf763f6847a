/** The Redis of a run: dies, stands still or loses its power, and comes back on the same port with the same folder. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../support/random.ts'
import { freePort, startRedisServer } from '../../support/redis/redis-server.ts'
import { cutPower, shimIn } from './power-cut.ts'

/** What happens to Redis. */
export const redisFaults = ['none', 'kill', 'stop', 'power-cut'] as const
export type RedisFault = (typeof redisFaults)[number]

export interface RedisHost {
  readonly url: string
  readonly port: number
  /** How often it happened. */
  readonly struck: number
  /** Bytes of the append-only file that power cuts took. */
  readonly lostBytes: number
  /** It happens once, and is over when this resolves. */
  strike(random: Random): Promise<void>
  close(): Promise<void>
}

/** Longer than any command may take, shorter than a turn. */
const STOPPED_MS = { least: 300, most: 1500 } as const

/** Throws `NoPowerCut` where the fault cannot be played on this machine. */
export async function startRedisHost(options: {
  readonly fault: RedisFault
  readonly appendfsync: 'always' | 'everysec'
  /** For what is compiled. */
  readonly folder: string
}): Promise<RedisHost> {
  const { fault, appendfsync, folder } = options
  const port = await freePort()
  let [struck, lostBytes] = [0, 0]
  // One file for the whole run: a rewritten one would begin a new count of what is synced.
  const args = ['--auto-aof-rewrite-percentage', '0', '--busy-reply-threshold', '200']
  const env = fault === 'power-cut' ? shimIn(folder) : {}
  const start = (dir?: string) =>
    startRedisServer({ port, appendfsync, args, env, ...(dir !== undefined && { dir }) })
  let server = await start()

  return {
    url: server.url,
    port,
    get struck() {
      return struck
    },
    get lostBytes() {
      return lostBytes
    },
    async strike(random) {
      if (fault === 'none') return
      struck += 1
      if (fault === 'stop') {
        server.freeze()
        await sleep(STOPPED_MS.least + random.fraction() * (STOPPED_MS.most - STOPPED_MS.least))
        return server.thaw()
      }
      await server.kill()
      if (fault === 'power-cut') lostBytes += await cutPower(server.dir)
      server = await start(server.dir)
    },
    close: () => server.stop(),
  }
}
