import { readdirSync, readFileSync } from 'node:fs'
import type { Cluster, Redis, Result } from 'ioredis'
import type { Version } from '../../gateway/ports.ts'

const folder = new URL('./commands/', import.meta.url)

/** The reply of `commit-n.lua`: the version of the records put, or `conflict` or `late` when nothing was written. */
export type CommitReply = Version

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** Reads records and the clock of Redis: `commands/load-n.lua`. */
    load(
      numberOfKeys: number,
      ...records: string[]
    ): Result<[nowMs: number, ...records: (string | null)[]], Context>
    /** Writes records and journal entries atomically: `commands/commit-n.lua`. */
    commit(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<CommitReply, Context>
  }
}

/** The source of `commit-n.lua`, for `replication.ts`, which handles NOSCRIPT itself. */
export const commitLua = readFileSync(new URL('commit-n.lua', folder), 'utf8')

/** The source of `probe-2.lua`, which runs on a given node; a cluster client would choose one itself. */
export const probeLua = readFileSync(new URL('probe-2.lua', folder), 'utf8')

/**
 * Defines the commands of `./commands` on a client. `load-n.lua` becomes `load`, which takes the number of its keys first;
 * `name-2.lua` becomes `name`, with two keys. They run by EVALSHA, and by EVAL after NOSCRIPT.
 */
export function defineCommands(redis: Redis | Cluster): void {
  for (const file of readdirSync(folder)) {
    const [, name, keys] = /^(\w+)-(\d+|n)\.lua$/.exec(file) ?? []
    if (!name) throw new Error(`${file}: the file name must have the form <name>-<number of keys, or n>.lua`)
    const lua = readFileSync(new URL(file, folder), 'utf8')
    redis.defineCommand(name, keys === 'n' ? { lua } : { lua, numberOfKeys: Number(keys) })
  }
}
