import { readdirSync, readFileSync } from 'node:fs'
import type { Cluster, Redis, Result } from 'ioredis'
import type { Version } from '../../gateway/ports.ts'

const folder = new URL('./commands/', import.meta.url)

/** What `commit-n.lua` returns: the version of what was put, or `conflict` or `late` where nothing was written. */
export type CommitReply = Version

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** Records and the clock of Redis: `commands/load-n.lua`. */
    load(
      numberOfKeys: number,
      ...records: string[]
    ): Result<[nowMs: number, ...records: (string | null)[]], Context>
    /** Records and journal, all or nothing: `commands/commit-n.lua`. */
    commit(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<CommitReply, Context>
  }
}

/** The text of `commit-n.lua`, for the one place that must know itself where Redis has forgotten it. */
export const commitLua = readFileSync(new URL('commit-n.lua', folder), 'utf8')

/** The text of `probe-2.lua`, which is run on a node of a choice, where a client of a cluster would choose itself. */
export const probeLua = readFileSync(new URL('probe-2.lua', folder), 'utf8')

/**
 * Teaches a client the commands of `./commands`: `load-n.lua` is `load`, which is told the number of its keys;
 * `name-2.lua` would be `name`, with two. They run by EVALSHA, and by EVAL again where Redis forgot them.
 */
export function defineCommands(redis: Redis | Cluster): void {
  for (const file of readdirSync(folder)) {
    const [, name, keys] = /^(\w+)-(\d+|n)\.lua$/.exec(file) ?? []
    if (!name) throw new Error(`${file}: a command is named <name>-<number of keys, or n>.lua`)
    const lua = readFileSync(new URL(file, folder), 'utf8')
    redis.defineCommand(name, keys === 'n' ? { lua } : { lua, numberOfKeys: Number(keys) })
  }
}
