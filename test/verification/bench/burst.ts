import { CONNECTIONS, drive } from './driver.ts'
import type { Script } from './menus.ts'
import type { RedisObserver } from './redis-usage.ts'
import { usedSince } from './redis-usage.ts'
import { quantileOf } from './rounds.ts'
import type { Sample } from './rounds.ts'
import type { BenchServer } from './server-process.ts'

/** Plays about `turns` turns against one server and measures what the server and its Redis used. */
export async function measureBurst(work: {
  readonly server: BenchServer
  readonly redis: RedisObserver
  readonly token: string
  readonly script: () => Script
  readonly turns: number
  /** The server sends scripts only, so the commands that it sent are the calls of scripts. */
  readonly scripted: boolean
  readonly onError: (message: string) => void
}): Promise<Sample> {
  const { server, redis } = work
  const turnsEach = work.script().answers.length
  const dialogues = CONNECTIONS * Math.max(1, Math.round(work.turns / CONNECTIONS / turnsEach))
  const read = () => Promise.all([server.usage(), redis.usage()])
  let before = await read()
  const burst = await drive({
    port: server.port,
    token: work.token,
    script: work.script,
    warmUp: 1,
    dialogues,
    async onStart() {
      before = await read()
    },
  })
  const after = await read()
  if (burst.firstError !== undefined) work.onError(burst.firstError)
  const { turns } = burst
  const used = usedSince(before[1], after[1])
  return {
    cpuUs: (after[0].cpuUs - before[0].cpuUs) / turns,
    turnsPerSecond: turns / burst.seconds,
    p50Ms: quantileOf(burst.latenciesMs, 0.5),
    p99Ms: quantileOf(burst.latenciesMs, 0.99),
    gcMsPer1000: ((after[0].gcMs - before[0].gcMs) / turns) * 1000,
    redisCpuUs: used.cpuUs / turns,
    commands: used.commands / turns,
    sent: (work.scripted ? used.scripts : used.commands) / turns,
    turns,
    errors: burst.errors,
  }
}
