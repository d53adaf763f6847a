/** A gateway that may die at any crash point. It loads its code, then waits for the message to listen. */
import project from '../../../menus/index.ts'
import { writeSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { startApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import { createRedisClient } from '../../../src/store/redis/client.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { createDigestArgon2, pauseOf } from '../../support/digest-argon2.ts'
import { crashingResponse, crashingStore } from './crash-points.ts'
import type { CrashPoint } from './crash-points.ts'
import type { ToGateway, ToHarness } from './gateways.ts'
import { createNaiveStore } from './naive-store.ts'

/** Writes the crash point to stdout, which has no other output, and kills the process. */
function die(point: CrashPoint): void {
  writeSync(1, point)
  process.kill(process.pid, 'SIGKILL')
}

async function listen(message: ToGateway): Promise<void> {
  const { redisUrl, settings, seed, generation, crash: crashRate, commit, hashing } = message
  const config = loadConfig({ ...settings, REDIS_URL: redisUrl })
  const random = createRandom(seed, `gateway ${generation}`)
  const doomed = () => random() < crashRate
  const crash = (point: CrashPoint) => {
    if (point === 'in-commit' || doomed()) die(point)
  }
  const client = createRedisClient({ url: redisUrl })
  const store =
    commit === 'naive' ? createNaiveStore(client, () => crash('before-commit')) : createRedisStore({ client })
  const gateway = startApp(config, project, {
    store: crashingStore(store, { crash, doomed }),
    logStream: new PassThrough().resume(),
    ...(hashing === 'quick' && { core: { argon2: createDigestArgon2(pauseOf(10)) } }),
  })
  gateway.server.prependListener('request', (_request, response) => crashingResponse(response, crash))
  await client.whenReady(1000)
  const { url } = await gateway.listen()
  send({ kind: 'listening', url })
}

const send = (message: ToHarness) => void process.send?.(message)

process.once('message', (message) => void listen(message as ToGateway))
// The harness has exited.
process.once('disconnect', () => process.exit(0))
send({ kind: 'warm' })
