import { isIP } from 'node:net'
import { isNativeError } from 'node:util/types'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import { defineCommands } from './commands.ts'
import { slotOf } from './keys.ts'

/**
 * The address of Redis: `redis://user:password@host:6379/0` (`rediss://` for TLS), or some nodes of a Redis Cluster, each
 * `host:port` or such a URL. The user, password and TLS of the first node apply to all nodes.
 */
export type RedisAddress = { readonly url: string } | { readonly clusterNodes: readonly string[] }

export interface RedisClientOptions {
  /**
   * The timeout of a command, 400 by default, and of connecting. A connection that owes a reply is dropped after 1.5 times
   * this.
   */
  readonly commandTimeoutMs?: number
}

/** A connection for a gateway's turns: it fails fast and reconnects by itself. */
export interface RedisClient {
  readonly redis: Redis | Cluster
  /** Waits for the connection. Resolves to `false` after the timeout; a gateway starts without Redis, too. */
  whenReady(timeoutMs: number): Promise<boolean>
  /** The last fault of the connection (`ECONNREFUSED`, `WRONGPASS`, `timeout` …) while it is not ready. */
  lastFault(): string | undefined
  /**
   * The reason why Redis rejects this configuration: a missing database, a wrong password. `undefined` when the last
   * connection was not rejected. A rejected connection never carries a command.
   */
  rejection(): string | undefined
  /** Waits for running commands, at most one command timeout, and closes. Never rejects. */
  close(): Promise<void>
}

/**
 * Connects to Valkey, or to Redis 6.2 or newer, which has exclusive stream ranges. Connection faults appear in commands,
 * `lastFault` and `whenReady`. Throws USSD_MISCONFIGURED for a malformed address.
 */
export function createRedisClient(address: RedisAddress, options: RedisClientOptions = {}): RedisClient {
  const { commandTimeoutMs = 400 } = options
  const redis =
    'url' in address
      ? connect(endpointOf(address.url), commandTimeoutMs)
      : connectCluster(address.clusterNodes.map(endpointOf), commandTimeoutMs)
  defineCommands(redis)

  let fault: string | undefined
  let rejection: string | undefined
  const recordFault = (error: unknown) => {
    // The name only: a Redis error carries the arguments of its command.
    fault = nameFault(error)
    rejection = rejectionOf(error) ?? (isNetworkError(error) ? undefined : rejection)
  }
  redis.on('error', recordFault)
  redis.on('node error', recordFault)
  redis.on('ready', () => (fault = rejection = undefined))
  if (redis instanceof Redis) {
    dropWhenSetupFails(redis)
    writeTogether(redis)
  }

  return {
    redis,
    lastFault: () => fault,
    rejection: () => rejection,

    whenReady(timeoutMs) {
      if (redis.status === 'ready') return Promise.resolve(true)
      return new Promise((resolve) => {
        const finish = (isReady: boolean) => {
          clearTimeout(timer)
          redis.off('ready', onReady)
          redis.off('error', onError)
          resolve(isReady)
        }
        const onReady = () => finish(true)
        // A retry would be rejected as well. In a cluster, another node may accept the connection.
        const onError = () => {
          if (redis instanceof Redis && rejection !== undefined) finish(false)
        }
        const timer = setTimeout(() => finish(false), timeoutMs)
        redis.once('ready', onReady)
        redis.on('error', onError)
      })
    },

    async close() {
      try {
        await redis.quit()
      } catch {
        // QUIT needs a live connection. Disconnecting stops the reconnection attempts.
      } finally {
        redis.disconnect()
      }
    },
  }
}

/**
 * Names a fault: `READONLY`, `OOM`, `BUSY`, `WRONGTYPE` …, `ECONNREFUSED` …, `timeout`, `not connected`, `closed`. Safe to
 * log: a Redis error's own message and `command` show arguments.
 */
export function nameFault(error: unknown): string {
  if (!isNativeError(error)) return 'unknown'
  const { message, name } = error
  if (name === 'ReplyError') {
    // Redis 7 reports this one without an error prefix.
    if (message.includes("can't run this command")) return 'NOPERM'
    // Redis 6.2 wraps an error raised in a script: `ERR Error running script …: @user_script:7: -READONLY You can't …`
    const raised = /@user_script: ?\d+: -?([A-Z]{2,})\b/.exec(message)?.[1]
    return raised ?? /^[A-Z]+/.exec(message)?.[0] ?? name
  }
  if (message === 'Command timed out' || message.startsWith('Socket timeout')) return 'timeout'
  if (message.includes('enableOfflineQueue')) return 'not connected'
  if (message.startsWith('Too many Cluster redirections')) return 'redirected too often'
  if (message === 'Connection is closed.' || /^(MaxRetriesPerRequest|Abort)Error$/.test(name)) return 'closed'
  return 'code' in error && typeof error.code === 'string' ? error.code : name
}

/**
 * Drops a connection whose setup failed. After a failed or timed out SELECT, ioredis only reports the error and then uses
 * the connection, in database 0. A connection carries no other command before it is ready, and a dropped one never is ready.
 */
function dropWhenSetupFails(redis: Redis): void {
  redis.on('error', () => {
    if (redis.status === 'connect') redis.disconnect(true)
  })
}

/**
 * Writes the commands of one iteration of the event loop in one piece: a system call for each costs a sixth of a turn here, and
 * more in Redis. A single command waits for the end of the iteration.
 */
function writeTogether(redis: Redis): void {
  const send = redis.sendCommand.bind(redis)
  let corked: Redis['stream'] | undefined
  const flush = () => {
    corked?.uncork()
    corked = undefined
  }
  redis.sendCommand = (command, stream) => {
    if (corked === undefined && redis.status === 'ready') {
      corked = redis.stream
      corked.cork()
      setImmediate(flush)
    }
    return send(command, stream)
  }
}

/** Returns the reason when an error means that Redis rejects the configuration. The reason quotes no secret. */
function rejectionOf(error: unknown): string | undefined {
  if (!isNativeError(error) || error.name !== 'ReplyError') return undefined
  const { message, command } = error as Error & { command?: { name?: string; args?: readonly unknown[] } }
  const word = nameFault(error)
  if (command?.name === 'select') {
    const database = String(command.args?.[0])
    return message.includes('out of range')
      ? `database ${database} does not exist.`
      : `database ${database} cannot be selected (${word}).`
  }
  if (/^(WRONGPASS|NOAUTH)$/.test(word)) return `the user name or the password is wrong (${word}).`
  const denied = word === 'NOPERM' ? /'([\w|]+)' command/.exec(message)?.[1] : undefined
  return denied && `the user may not run ${denied.toUpperCase()}.`
}

/** Tests for a network error: Redis may accept the next connection. */
const isNetworkError = (error: unknown): boolean =>
  isNativeError(error) && 'code' in error && typeof error.code === 'string'

interface Endpoint {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly tls: boolean
}

// ioredis must not parse the URL: its query would override the settings below.
function endpointOf(address: string): Endpoint {
  const text = /^\w+:\/\//.test(address) ? address : `redis://${address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^rediss?:$/.test(url.protocol) || !/^(\/\d*)?$/.test(url.pathname) || !url.hostname) {
    // Do not quote the address: it may contain a password.
    const detail = 'the Redis address must have the form redis://user:password@host:6379/0 or rediss://…'
    throw new UssdError('USSD_MISCONFIGURED', { detail })
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    db: Number(url.pathname.slice(1)),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    tls: url.protocol === 'rediss:',
  }
}

/**
 * The settings of both kinds of client; every one is needed. With the defaults of ioredis, a command hangs for over ten
 * seconds while Redis is down or frozen, and is sent twice when its reply was lost.
 */
function settingsFor({ username, password, tls }: Endpoint, commandTimeoutMs: number) {
  return {
    username,
    password,
    tls: tls ? {} : undefined,
    connectionName: 'ussd-gateway',
    commandTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: commandTimeoutMs,
    // Runs only while a reply is owed: idle connections stay open.
    socketTimeout: commandTimeoutMs * 1.5,
    disconnectTimeout: 200,
    keepAlive: 5000,
    maxLoadingRetryTime: 500,
    reconnectOnError: (error: Error) => /^(READONLY|MASTERDOWN|LOADING)$/.test(nameFault(error)),
  } satisfies RedisOptions
}

// The jitter keeps gateways from reconnecting in step.
const reconnectDelayMs = (attempt: number) => Math.min(50 * 2 ** (attempt - 1), 500) + Math.random() * 50

function connect(endpoint: Endpoint, commandTimeoutMs: number): Redis {
  const { host, port, db } = endpoint
  return new Redis({
    ...settingsFor(endpoint, commandTimeoutMs),
    host,
    port,
    db,
    // ioredis sends no SNI by default; hosted Redis routes by it.
    ...(endpoint.tls && !isIP(host) ? { tls: { servername: host } } : {}),
    enableOfflineQueue: false,
    retryStrategy: reconnectDelayMs,
  })
}

/**
 * Connects to a cluster. The cluster client retries a command whose connection closed, whatever the settings; turning that
 * off would turn off redirections, too. So send only idempotent commands: a commit that ran twice returns 'conflict'.
 */
function connectCluster(endpoints: readonly Endpoint[], commandTimeoutMs: number): Cluster {
  const [first] = endpoints
  if (!first)
    throw new UssdError('USSD_MISCONFIGURED', { detail: 'a Redis Cluster needs at least one node address' })
  return new Cluster(
    endpoints.map(({ host, port }) => ({ host, port })),
    {
      redisOptions: settingsFor(first, commandTimeoutMs),
      enableOfflineQueue: false,
      clusterRetryStrategy: reconnectDelayMs,
      maxRedirections: 6,
      slotsRefreshTimeout: commandTimeoutMs,
      slotsRefreshInterval: 5000,
      // Certificates name hosts, not IP addresses.
      ...(first.tls ? { dnsLookup: (host, found) => found(null, host) } : {}),
    },
  )
}

/**
 * Returns a function from a bucket to the cluster node that holds it now, as `host:port`. The node changes after a failover.
 * Returns `undefined` when the client is not a cluster's.
 */
export function createNodeLookup({ redis }: RedisClient): ((bucket: number) => string) | undefined {
  if (!(redis instanceof Cluster)) return undefined
  return (bucket) => redis.slots[slotOf(bucket)]?.[0] ?? 'unknown'
}
