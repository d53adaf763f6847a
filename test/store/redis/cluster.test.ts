import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { freePort, startRedisServer, type RedisServer } from '../../support/redis/redis-server.ts'
import { createRedisClient, type RedisClient } from '../../../src/store/redis/client.ts'
import { slotOf } from '../../../src/store/redis/keys.ts'
import { createRedisStore } from '../../../src/store/redis/store.ts'
import { assemble, dialogue } from '../../support/gateway.ts'
import { startProxy, type Proxy } from '../../support/redis/proxy.ts'

const LAST_SLOT = 16_383

describe('the cluster client', () => {
  let server: RedisServer
  let other: RedisServer
  let proxy: Proxy
  let client: RedisClient
  let admin: Redis

  beforeAll(async () => {
    const port = await freePort()
    proxy = await startProxy(port)
    const args = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']
    // Clients connect through the proxy.
    const announced = ['--cluster-announce-port', String(proxy.port)]
    server = await startRedisServer({
      port,
      args: [...args, ...announced, '--cluster-announce-bus-port', String(port + 10_000)],
    })
    // A second master keeps the cluster alive while the connection to the first is closed.
    other = await startRedisServer({ args })
    admin = new Redis(server.url)
    const second = new Redis(other.url)
    await admin.cluster('ADDSLOTS', ...Array.from({ length: LAST_SLOT }, (_, slot) => slot))
    await second.cluster('ADDSLOTS', LAST_SLOT)
    await second.cluster('SET-CONFIG-EPOCH', 7)
    await admin.cluster('MEET', '127.0.0.1', other.port)
    for (const node of [admin, second]) {
      while (!String(await node.cluster('INFO')).includes('cluster_state:ok')) await sleep(20)
    }
    second.disconnect()
    client = createRedisClient({ clusterNodes: [`127.0.0.1:${proxy.port}`] }, { commandTimeoutMs: 5000 })
    expect(await client.whenReady(10_000)).toBe(true)
  })
  afterAll(async () => {
    await client.close()
    admin.disconnect()
    await proxy.close()
    await Promise.all([server.stop(), other.stop()])
  })

  it('computes the slot of every bucket like Redis', async () => {
    for (let bucket = 0; bucket < 256; bucket++) {
      expect(slotOf(bucket)).toBe(await admin.cluster('KEYSLOT', `ussd:{b${bucket}}:journal`))
    }
  })

  it('retries a commit whose connection closed, and the commit counts once', async () => {
    const gateway = assemble(createRedisStore({ client }))
    const msisdn = '+375291234567'
    await gateway.register(msisdn)
    const phone = dialogue(gateway, msisdn)
    await phone.dial('*141*3*6#')
    await phone.type('1')
    const scripts = async () => {
      const stats = await admin.info('commandstats')
      return [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      )
    }
    const before = await scripts()
    // The load succeeds; the commit runs, and its reply is lost.
    proxy.inject({ kind: 'resetOnReply', after: 1, times: 1 })
    expect((await phone.type('2')).text).toMatch(/^Access is closed/)
    proxy.inject({ kind: 'pass' })
    // Load, commit, the retried commit with a conflict, and the load that finds the receipt.
    expect((await scripts()) - before).toBe(4)
    const closed = (await gateway.journalOf(msisdn)).filter((change) => change === 'access-closed')
    expect(closed).toHaveLength(1)
  })
})
