/** The stores that an exploration runs on. Each returns everything written to it, for the search for secrets. */
import { randomUUID } from 'node:crypto'
import type { Store } from '../../gateway/ports.ts'
import { createMemoryStore } from '../../store/memory.ts'
import { createRedisClient } from '../../store/redis/client.ts'
import type { RedisClient } from '../../store/redis/client.ts'
import { createRedisStore } from '../../store/redis/store.ts'
import { CommandError } from '../command-error.ts'

/** A stored text and its name: `subscriber:375291234567`, `journal`. */
export interface StoredText {
  readonly name: string
  readonly text: string
}

export interface ExplorationStore {
  readonly store: Store
  storedTexts(): AsyncIterable<StoredText>
  close(): Promise<void>
}

/** The embedded store. It returns every write, also of records that were overwritten or deleted later. */
export function embeddedStore(): ExplorationStore {
  const store = createMemoryStore()
  const written: StoredText[] = []
  return {
    store: {
      ...store,
      async commit(commit) {
        for (const { name, write } of commit.changes)
          if (write.kind === 'put') written.push({ name, text: `${name}\n${write.value}` })
        for (const text of commit.journal) written.push({ name: 'journal', text })
        return store.commit(commit)
      },
    },
    async *storedTexts() {
      yield* written
    },
    close: () => store.close(),
  }
}

const READY_TIMEOUT_MS = 2000
const COMMAND_TIMEOUT_MS = 5000
const SCAN_COUNT = 500

/** A Redis under a key prefix of its own; `close` deletes the keys. Rejects with a `CommandError` if it is unreachable. */
export async function redisStore(url: string): Promise<ExplorationStore> {
  const client = createRedisClient({ url }, { commandTimeoutMs: COMMAND_TIMEOUT_MS })
  if (!(await client.whenReady(READY_TIMEOUT_MS))) {
    await client.close()
    throw new CommandError(`Redis at ${new URL(url).host} does not answer. Check --redis.`, 1)
  }
  const prefix = `ussd-explore-${randomUUID()}`
  return {
    store: createRedisStore({ client, prefix }),
    async *storedTexts() {
      for await (const keys of keysOf(client, prefix))
        for (const key of keys) yield { name: recordName(key), text: `${key}\n${await textOf(client, key)}` }
    },
    async close() {
      try {
        for await (const keys of keysOf(client, prefix))
          if (keys.length > 0) await client.redis.unlink(...keys)
      } finally {
        await client.close()
      }
    },
  }
}

async function* keysOf({ redis }: RedisClient, prefix: string): AsyncGenerator<readonly string[]> {
  let cursor = '0'
  do {
    const scanned = await redis.call('SCAN', cursor, 'MATCH', `${prefix}:*`, 'COUNT', SCAN_COUNT)
    const [next, keys] = scanned as [string, string[]]
    yield keys
    cursor = next
  } while (cursor !== '0')
}

/** A gateway writes strings and streams. */
async function textOf({ redis }: RedisClient, key: string): Promise<string> {
  const type = await redis.type(key)
  if (type === 'stream') return JSON.stringify(await redis.xrange(key, '-', '+'))
  if (type === 'none') return ''
  return (await redis.get(key)) ?? ''
}

/** `prefix:{b17}:session:375291234567:…` without the prefix and the bucket. */
const recordName = (key: string): string => key.replace(/^.*\}:/, '')
