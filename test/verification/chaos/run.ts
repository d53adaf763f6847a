import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import { createHashing } from '../../../src/services/hashing/hashing.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import { withCleanup } from '../../support/cleanup.ts'
import type { Defer } from '../../support/cleanup.ts'
import { progress } from '../../support/harness.ts'
import { startProxy } from '../../support/redis/proxy.ts'
import type { Proxy } from '../../support/redis/proxy.ts'
import { RetryingAggregator } from './aggregator.ts'
import { checkSubscriber } from './check.ts'
import type { Finding } from './check.ts'
import { compileGateway } from './compiled.ts'
import { spokenDialects } from './dialects.ts'
import { startGateways } from './gateways.ts'
import type { ToGateway } from './gateways.ts'
import { lateDuplicatesOf } from './history.ts'
import type { DialogueHistory, HistoryEvent, Retries, SubscriberHistory } from './history.ts'
import { runSubscribers } from './subscribers.ts'
import { injectAtRandom, injectNetworkFault } from './nemesis.ts'
import type { NetworkFault } from './nemesis.ts'
import { startRedisHost } from './redis-host.ts'
import type { RedisFault } from './redis-host.ts'
import { openRegister } from './register.ts'

export interface RunOptions {
  readonly dialogues: number
  readonly seed: number
  readonly redis: RedisFault
  readonly appendfsync: 'always' | 'everysec'
  readonly commit: ToGateway['commit']
  readonly hashing: ToGateway['hashing']
  /** Faults of the network between gateways and Redis. */
  readonly network: 'on' | 'off'
  /** The probability that a gateway dies at each crash point. */
  readonly crash: number
  /** Slow dialogues wait until a repeated input is a new reply. */
  readonly slowDialogues: 'included' | 'excluded'
  /** Kill a gateway about every n answered callbacks; 0 never. */
  readonly killEvery: number
  /** Inject the Redis fault about every n answered callbacks; 0 never. */
  readonly redisEvery: number
  readonly parallel: number
  /** When aggregators duplicate answered callbacks; `mixed` is late in one dialogue of five. */
  readonly retries: Retries | 'mixed'
  readonly settings: keyof typeof settingsOf
  /** Names of dialects. */
  readonly dialects: readonly string[]
  /** Aborts the run: everything that was started is stopped, and the run rejects with the reason. */
  readonly signal: AbortSignal
}

export type RunResult = Awaited<ReturnType<typeof run>>

/** Gateway settings: the defaults, or a long `REPEAT_WITHIN_MS` and any password. */
export const settingsOf = {
  default: {},
  patient: { REPEAT_WITHIN_MS: '30000', WEAK_PASSWORDS: 'allow' },
} as const satisfies Record<string, Record<string, string>>

const GATEWAYS = 2
/** A network fault about every n answered callbacks. */
const NETWORK_FAULT_EVERY = 100

/** Runs subscribers against gateways and a Redis that keep failing, then compares the store with their histories. */
export const run = (options: RunOptions) =>
  withCleanup(async (defer) => {
    const { repeatWithinMs } = loadConfig(settingsOf[options.settings])
    const setup = await start(options, defer)
    const { host, register, gateways, hashing, keyring, events, elapsedMs } = setup
    const note = (dialogue: DialogueHistory, what: string) =>
      void dialogue.events.push({ atMs: elapsedMs(), what })
    const aggregator = new RetryingAggregator({ gateways, note, repeatWithinMs })
    const faults = injectFaults(options, setup, () => aggregator.tally.answered)
    defer(() => faults.stop())

    const dialects = spokenDialects.filter(({ name }) => options.dialects.includes(name))
    const environment = { register, aggregator, dialects, repeatWithinMs, keyring, note }
    const running = runSubscribers(options, environment)
    const timer = setInterval(() => {
      const killed = Object.values(gateways.kills).reduce((sum, one) => sum + one, 0)
      progress(
        `${running.done} of ${options.dialogues} dialogues, ${aggregator.tally.callbacks} callbacks, ` +
          `${killed} gateways killed, ${host.faults} Redis faults`,
      )
    }, 2000)
    await Promise.race([running.over, aborted(options.signal)]).finally(() => clearInterval(timer))
    await faults.stop()
    await aggregator.settled()
    const tookMs = Math.round(elapsedMs())
    // Closing kills all gateways, which must not be counted.
    const [ended, kills] = [[...gateways.ended], { ...gateways.kills }]
    await gateways.close()
    // A last fault checks that everything acknowledged is on disk.
    if (options.redis !== 'stop') await host.inject(createRandom(options.seed, 'last Redis fault'))
    progress(`checking ${running.histories.length} subscribers`)
    const stored = await register.readAll()
    const findings: Finding[] = []
    let [savedByDuplicate, pending] = [0, 0]
    for (const history of running.histories) {
      const checked = await checkSubscriber(history, stored.of(history.msisdn), { hashing, repeatWithinMs })
      findings.push(...checked.findings)
      savedByDuplicate += checked.savedByDuplicate
      pending += checked.pending
    }
    return {
      ...totalsOf(running.histories, repeatWithinMs),
      findings,
      /** Passwords saved by a late duplicate of their first entry. */
      savedByDuplicate,
      /** PUK1 attempts that are still reserved at the end. */
      pending,
      tally: aggregator.tally,
      kills,
      redisFaults: host.faults,
      lostBytes: host.lostBytes,
      network: faults.network,
      /** Error output of gateways that exited by themselves. */
      ended,
      /** Injected faults, with the time since the start of the run. */
      events,
      tookMs,
    }
  })

/** Starts Redis, the proxies and the gateways. */
async function start(options: RunOptions, defer: Defer) {
  const { redis: fault, appendfsync, seed, crash, commit, hashing: hashingKind } = options
  const secretsKey = randomBytes(32)
  const keyring = createKeyring({ current: secretsKey })
  const hashing = createHashing({ keyring, ...(hashingKind === 'quick' && { argon2: createDigestArgon2() }) })
  const folder = await mkdtemp(join(tmpdir(), 'ussd-chaos-'))
  defer(() => rm(folder, { recursive: true, force: true }))
  const host = await startRedisHost({ fault, appendfsync, folder })
  defer(() => host.close())
  const register = openRegister(host.url, hashing)
  defer(() => register.close())
  const proxies: Proxy[] = []
  while (proxies.length < GATEWAYS) {
    const proxy = await startProxy(host.port)
    defer(() => proxy.close())
    proxies.push(proxy)
  }
  const events: HistoryEvent[] = []
  let startedMs = performance.now()
  const elapsedMs = () => Math.round(performance.now() - startedMs)
  const settings = {
    PORT: '0',
    LOG_LEVEL: 'silent',
    SECRETS_KEY: secretsKey.toString('base64'),
    ...settingsOf[options.settings],
  }
  const gateways = await startGateways({
    program: await compileGateway(join(folder, 'gateway')),
    redisUrls: proxies.map(({ port }) => `redis://127.0.0.1:${port}`),
    message: { seed, crash, commit, hashing: hashingKind, settings },
    onDeath: (where) => void events.push({ atMs: elapsedMs(), what: `a gateway died ${where}` }),
  })
  defer(() => gateways.close())
  startedMs = performance.now()
  return { host, register, proxies, gateways, keyring, hashing, events, elapsedMs }
}

/** Injects faults of gateways, Redis and the network until stopped. */
function injectFaults(
  options: RunOptions,
  { host, proxies, gateways, events, elapsedMs }: Awaited<ReturnType<typeof start>>,
  answered: () => number,
) {
  const { seed, killEvery, redis: fault } = options
  const network: Record<NetworkFault, number> = { blackHole: 0, resetOnReply: 0, delay: 0 }
  const happened = (what: string) => void events.push({ atMs: elapsedMs(), what })
  const [killing, redisRandom] = [createRandom(seed, 'killing'), createRandom(seed, 'redis')]
  const redisEvery = fault === 'none' ? 0 : options.redisEvery
  const networkEvery = options.network === 'off' ? 0 : NETWORK_FAULT_EVERY
  const injections = [
    injectAtRandom({ every: killEvery, answered, random: killing }, () => gateways.killOne(killing)),
    injectAtRandom({ every: redisEvery, answered, random: redisRandom }, async () => {
      happened(`Redis: ${fault}`)
      await host.inject(redisRandom)
      happened('Redis is back')
    }),
    ...proxies.map((proxy, at) => {
      const random = createRandom(seed, `network ${at}`)
      return injectAtRandom({ every: networkEvery, answered, random }, async () => {
        const kind = await injectNetworkFault(proxy, random)
        network[kind] += 1
        happened(`network between gateway ${at + 1} and Redis: ${kind}`)
      })
    }),
  ]
  return { network, stop: () => Promise.all(injections.map((injection) => injection.stop())) }
}

function totalsOf(histories: readonly SubscriberHistory[], repeatWithinMs: number) {
  const dialogues = histories.flatMap((history) => history.dialogues)
  const turns = dialogues.flatMap((dialogue) => dialogue.turns)
  return {
    dialogues: dialogues.length,
    /** Dialogues of unknown outcome: unnumbered, and not retried after a long outage. */
    givenUp: dialogues.filter(({ events }) => events.some(({ what }) => what === 'given up')).length,
    turns: turns.length,
    /** Duplicates later than `REPEAT_WITHIN_MS`. */
    lateDuplicates: turns.reduce((sum, turn) => sum + lateDuplicatesOf(turn, repeatWithinMs).length, 0),
    /** Dialogues that a late duplicate moved to another screen. */
    moved: dialogues.filter(({ moved }) => moved).length,
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
