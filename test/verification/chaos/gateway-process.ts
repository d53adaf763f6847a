/** A gateway that may die at any point of a turn. It is started by the harness, waits warm, and listens when it is told to. */
import { writeSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { startApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { createRandom } from '../../support/random.ts'
import { createRedisClient } from '../../../src/store/redis/client.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { createDigestArgon2, pauseOf } from '../../support/digest-argon2.ts'
import { crashingResponse, crashingStore } from './crash-points.ts'
import type { CrashPoint } from './crash-points.ts'
import type { ToGateway, ToHarness } from './gateways.ts'
import { createNaiveStore } from './naive-store.ts'

/** Its standard output says nothing but where it died. */
function die(point: CrashPoint): void {
  writeSync(1, point)
  process.kill(process.pid, 'SIGKILL')
}

async function listen(told: ToGateway): Promise<void> {
  const { redisUrl, settings, seed, generation, crashRate, commit, hashing } = told
  const config = loadConfig({ ...settings, REDIS_URL: redisUrl })
  const random = createRandom(seed, `gateway ${generation}`)
  const doomed = () => random.fraction() < crashRate
  const crash = (point: CrashPoint) => {
    if (point === 'in-commit' || doomed()) die(point)
  }
  const client = createRedisClient({ url: redisUrl })
  const store =
    commit === 'naive' ? createNaiveStore(client, () => crash('before-commit')) : createRedisStore({ client })
  const gateway = startApp(config, {
    store: crashingStore(store, { crash, doomed }),
    logStream: new PassThrough().resume(),
    ...(hashing === 'quick' && { core: { argon2: createDigestArgon2(pauseOf(10)) } }),
  })
  gateway.server.prependListener('request', (_request, response) => crashingResponse(response, crash))
  await client.whenReady(1000)
  const { url } = await gateway.listen()
  tell({ kind: 'listening', url })
}

const tell = (message: ToHarness) => void process.send?.(message)

process.once('message', (message) => void listen(message as ToGateway))
// Whoever started it is gone.
process.once('disconnect', () => process.exit(0))
tell({ kind: 'warm' })
