import { Redis } from 'ioredis'

/** Totals of a Redis server since its start. */
export interface RedisUsage {
  readonly cpuUs: number
  /** Commands, those inside scripts included. */
  readonly commands: number
  /** Calls of scripts. */
  readonly scripts: number
}

export interface RedisObserver {
  readonly redis: Redis
  usage(): Promise<RedisUsage>
  close(): void
}

/** The commands of the observer itself and of the start of a connection. */
const OWN = /^(?:info|config|client|hello|select|ping|memory|scan|command)\b/
const SCRIPTS = /^(?:eval|evalsha|fcall)$/

export function observeRedis(url: string): RedisObserver {
  const redis = new Redis(url)
  return {
    redis,
    async usage() {
      const [cpu, stats] = await Promise.all([redis.info('cpu'), redis.info('commandstats')])
      return { cpuUs: cpuOf(cpu), ...commandsOf(stats) }
    },
    close: () => redis.disconnect(),
  }
}

function cpuOf(info: string): number {
  const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1])
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
}

function commandsOf(info: string): { readonly commands: number; readonly scripts: number } {
  let [commands, scripts] = [0, 0]
  for (const [, name = '', calls] of info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
    if (!OWN.test(name)) commands += Number(calls)
    if (SCRIPTS.test(name)) scripts += Number(calls)
  }
  return { commands, scripts }
}

/** Adds up the usage of several servers. `redis` is the client of the first one. */
export function observeTogether(observers: readonly [RedisObserver, ...RedisObserver[]]): RedisObserver {
  return {
    redis: observers[0].redis,
    async usage() {
      const all = await Promise.all(observers.map((observer) => observer.usage()))
      return all.reduce((sum, one) => ({
        cpuUs: sum.cpuUs + one.cpuUs,
        commands: sum.commands + one.commands,
        scripts: sum.scripts + one.scripts,
      }))
    },
    close() {
      for (const observer of observers) observer.close()
    },
  }
}

/** What one Redis server did between two readings. */
export const usedSince = (before: RedisUsage, after: RedisUsage): RedisUsage => ({
  cpuUs: after.cpuUs - before.cpuUs,
  commands: after.commands - before.commands,
  scripts: after.scripts - before.scripts,
})
