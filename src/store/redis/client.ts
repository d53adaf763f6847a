import { isIP } from 'node:net'
import { isNativeError } from 'node:util/types'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { UssdError } from '../../engine/errors.ts'
import { defineCommands } from './commands.ts'

/**
 * Where Redis is: `redis://user:password@host:6379/0` (`rediss://` for TLS), or some nodes of a Redis Cluster, each
 * `host:port` or such a URL. User, password and TLS of the first node hold for all nodes of the cluster.
 */
export type RedisAddress = { readonly url: string } | { readonly clusterNodes: readonly string[] }

export interface RedisClientOptions {
  /** How long a command may take, 400 by default. Connecting may take as long; a silent connection is given up after 1.5 times that. */
  readonly commandTimeoutMs?: number
}

/** A connection for the turns of a gateway: it fails soon and heals by itself. */
export interface RedisClient {
  readonly redis: Redis | Cluster
  /** Whether the connection is up within a time. A gateway starts without it, too. */
  whenReady(timeoutMs: number): Promise<boolean>
  /** What last happened to the connection (`ECONNREFUSED`, `WRONGPASS`, `timeout` …) while it is not up. */
  lastFault(): string | undefined
  /**
   * Why Redis rejects connections that are configured like this one: a database that does not exist, a wrong password. A
   * sentence; `undefined` when the last connection was not rejected. A connection that is rejected never carries a command.
   */
  rejection(): string | undefined
  /** Lets running commands end, for as long as one may take, and closes. Never rejects. */
  close(): Promise<void>
}

/**
 * Connects to Redis 6.2 or newer (exclusive ranges of streams) or Valkey.
 * Rejects nothing itself: a fault shows in the commands, in `lastFault` and in `whenReady`. Throws USSD_MISCONFIGURED for an
 * address that is none.
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
  const note = (error: unknown) => {
    // The name only: an error of Redis carries the arguments of its command.
    fault = nameFault(error)
    rejection = rejectionOf(error) ?? (isOfTheNetwork(error) ? undefined : rejection)
  }
  redis.on('error', note)
  redis.on('node error', note)
  redis.on('ready', () => (fault = rejection = undefined))
  if (redis instanceof Redis) dropWhenSetUpFails(redis)

  return {
    redis,
    lastFault: () => fault,
    rejection: () => rejection,

    whenReady(timeoutMs) {
      if (redis.status === 'ready') return Promise.resolve(true)
      return new Promise((resolve) => {
        const settle = (up: boolean) => {
          clearTimeout(timer)
          redis.off('ready', onReady)
          redis.off('error', onError)
          resolve(up)
        }
        const onReady = () => settle(true)
        // Another attempt would be rejected as well. Other nodes of a cluster may not reject it.
        const onError = () => {
          if (redis instanceof Redis && rejection !== undefined) settle(false)
        }
        const timer = setTimeout(() => settle(false), timeoutMs)
        redis.once('ready', onReady)
        redis.on('error', onError)
      })
    },

    async close() {
      try {
        await redis.quit()
      } catch {
        // A connection that is not up cannot take its leave; disconnecting ends its attempts to come back.
      } finally {
        redis.disconnect()
      }
    },
  }
}

/**
 * One word for a fault, safe to log: never the message of an error of Redis, nor its `command`, which shows arguments.
 * `READONLY`, `OOM`, `BUSY`, `WRONGTYPE` …, `ECONNREFUSED` …, `timeout`, `not connected`, `closed`.
 */
export function nameFault(error: unknown): string {
  if (!isNativeError(error)) return 'unknown'
  const { message, name } = error
  if (name === 'ReplyError') {
    // Redis 7 says it without its own word.
    if (message.includes("can't run this command")) return 'NOPERM'
    // Redis 6.2 wraps what a script raised: `ERR Error running script …: @user_script:7: -READONLY You can't …`
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
 * Drops a connection whose set-up failed. ioredis reports that SELECT failed, or timed out, and then serves the connection all
 * the same: in database 0. Until it is ready it carries no command but those of its set-up, and now it never becomes ready.
 */
function dropWhenSetUpFails(redis: Redis): void {
  redis.on('error', () => {
    if (redis.status === 'connect') redis.disconnect(true)
  })
}

/** The reason, in a sentence, when an error says that Redis rejects the connection as configured. It repeats no argument. */
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

/** Whether an error comes from the network: Redis itself may accept the next connection. */
const isOfTheNetwork = (error: unknown): boolean =>
  isNativeError(error) && 'code' in error && typeof error.code === 'string'

interface Endpoint {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly tls: boolean
}

// Not left to ioredis: there the query of a URL overrides the settings below.
function endpointOf(address: string): Endpoint {
  const text = /^\w+:\/\//.test(address) ? address : `redis://${address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^rediss?:$/.test(url.protocol) || !/^(\/\d*)?$/.test(url.pathname) || !url.hostname) {
    // The address may hold a password: it is not repeated.
    const detail = 'the address of Redis is not of the form redis://user:password@host:6379/0 or rediss://…'
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
 * What both kinds of client share. With ioredis' own defaults a command hangs for more than ten seconds when Redis is refused,
 * killed, stopped or does not answer, and is sent a second time when its reply was lost. No one of these may be left out.
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
    // Counts only while a reply is owed: an idle connection stays.
    socketTimeout: commandTimeoutMs * 1.5,
    disconnectTimeout: 200,
    keepAlive: 5000,
    maxLoadingRetryTime: 500,
    reconnectOnError: (error: Error) => /^(READONLY|MASTERDOWN|LOADING)$/.test(nameFault(error)),
  } satisfies RedisOptions
}

// Each gateway comes back at a moment of its own, so that Redis is not stormed.
const pauseBefore = (attempt: number) => Math.min(50 * 2 ** (attempt - 1), 500) + Math.random() * 50

function connect(endpoint: Endpoint, commandTimeoutMs: number): Redis {
  const { host, port, db } = endpoint
  return new Redis({
    ...settingsFor(endpoint, commandTimeoutMs),
    host,
    port,
    db,
    // Not sent unless said; hosted Redis finds the database by it.
    ...(endpoint.tls && !isIP(host) ? { tls: { servername: host } } : {}),
    enableOfflineQueue: false,
    retryStrategy: pauseBefore,
  })
}

/**
 * The client of a cluster sends a command again when a connection closes under it, whatever the settings (turning that off
 * would turn off redirections, too). So only commands that may run twice are sent through it: a commit that did happen
 * answers the second time that the records have moved.
 */
function connectCluster(endpoints: readonly Endpoint[], commandTimeoutMs: number): Cluster {
  const [first] = endpoints
  if (!first)
    throw new UssdError('USSD_MISCONFIGURED', { detail: 'a cluster of Redis needs at least one node' })
  return new Cluster(
    endpoints.map(({ host, port }) => ({ host, port })),
    {
      redisOptions: settingsFor(first, commandTimeoutMs),
      enableOfflineQueue: false,
      clusterRetryStrategy: pauseBefore,
      maxRedirections: 6,
      slotsRefreshTimeout: commandTimeoutMs,
      slotsRefreshInterval: 5000,
      // Certificates name hosts, not the addresses they resolve to.
      ...(first.tls ? { dnsLookup: (host, found) => found(null, host) } : {}),
    },
  )
}
