import { startGatewayProcess } from '../../support/gateway-process.ts'
import type { Defer } from '../../support/cleanup.ts'
import { startRedisServer } from '../../support/redis/redis-server.ts'

const ADMIN_TOKEN = 'admin-token'

/** The gateway under load, in its own process and on its own Redis. */
export type Target = Awaited<ReturnType<typeof startTarget>>

/** Starts Redis and the gateway with these settings. */
export async function startTarget(env: Readonly<Record<string, string>>, defer: Defer) {
  const redis = await startRedisServer()
  defer(() => redis.stop())
  const gateway = await startGatewayProcess({ ...env, ADMIN_TOKEN, REDIS_URL: redis.url })
  defer(() => gateway.kill())
  const { url } = gateway
  return {
    port: Number(new URL(url).port),

    /** Registers subscribers with the language `ru` and returns their numbers. */
    async register(count: number): Promise<readonly string[]> {
      const msisdns = Array.from({ length: count }, (_one, at) => `+37529${String(2_000_000 + at)}`)
      const left = [...msisdns]
      const put = async () => {
        for (let msisdn = left.pop(); msisdn; msisdn = left.pop()) {
          const { status } = await fetch(`${url}/subscribers/${msisdn}`, {
            method: 'PUT',
            headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
            body: '{"language":"ru"}',
          })
          if (status >= 500) left.push(msisdn)
        }
      }
      await Promise.all(Array.from({ length: 16 }, put))
      return msisdns
    },

    /** Resident bytes of the gateway, from its metrics. */
    async memory(): Promise<number> {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1])
    },
  }
}
