import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../src/simulator/random.ts'
import { freePort, startRedisServer } from '../../support/redis/redis-server.ts'
import { between } from './aggregator.ts'
import { cutPower, shimIn, waitForUnsynced } from './power-cut.ts'

/** The faults of Redis. */
export const redisFaults = ['none', 'kill', 'stop', 'power-cut'] as const
export type RedisFault = (typeof redisFaults)[number]

/** Longer than a command timeout, shorter than a turn budget. */
const STOPPED_MS = { min: 300, max: 1500 } as const

/** Starts a Redis that is killed, stopped or loses power, and returns on the same port with the same folder. Throws a `CommandError` where this machine cannot simulate the fault. */
export async function startRedisHost(options: {
  readonly fault: RedisFault
  readonly appendfsync: 'always' | 'everysec'
  /** The folder for the compiled shim. */
  readonly folder: string
}) {
  const { fault, appendfsync, folder } = options
  const port = await freePort()
  let [faults, lostBytes] = [0, 0]
  // A rewrite would start a new file, and with it a new record of synced bytes.
  const args = ['--auto-aof-rewrite-percentage', '0', '--busy-reply-threshold', '200']
  const env = fault === 'power-cut' ? shimIn(folder) : {}
  const start = (dir?: string) =>
    startRedisServer({ port, appendfsync, args, env, ...(dir !== undefined && { dir }) })
  let server = await start()

  return {
    url: server.url,
    port,
    /** The number of injected faults. */
    get faults() {
      return faults
    },
    /** Bytes of the append-only file lost to power cuts. */
    get lostBytes() {
      return lostBytes
    },
    /** Injects the fault once; resolves when Redis is back. */
    async inject(random: Random): Promise<void> {
      if (fault === 'none') return
      faults += 1
      if (fault === 'stop') {
        server.freeze()
        await sleep(between(STOPPED_MS, random))
        return server.thaw()
      }
      if (fault === 'power-cut') await waitForUnsynced(server.dir)
      await server.kill()
      if (fault === 'power-cut') lostBytes += await cutPower(server.dir)
      server = await start(server.dir)
    },
    close: () => server.stop(),
  }
}
