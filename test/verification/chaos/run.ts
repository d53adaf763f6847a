import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Keyring } from '../../../src/gateway/records/keyring.ts'
import { createHashing } from '../../../src/services/hashing/hashing.ts'
import type { Hashing } from '../../../src/services/hashing/hashing.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import { withCleanup } from '../../support/cleanup.ts'
import type { Defer } from '../../support/cleanup.ts'
import { startProxy } from '../../support/redis/proxy.ts'
import type { Proxy } from '../../support/redis/proxy.ts'
import { createAggregator } from './aggregator.ts'
import type { Tally } from './aggregator.ts'
import { checkSubscriber } from './check.ts'
import type { Finding, StoredSubscriber } from './check.ts'
import { compileGateway } from './compiled.ts'
import { spokenDialects } from './dialects.ts'
import { startGateways } from './gateways.ts'
import type { Gateways, ToGateway } from './gateways.ts'
import { isLate } from './history.ts'
import type { DialogueHistory, HistoryEvent, Retries, SubscriberHistory, TurnHistory } from './history.ts'
import { runSubscribers } from './lives.ts'
import { injectAtRandom, injectNetworkFault } from './nemesis.ts'
import type { NetworkFault } from './nemesis.ts'
import { startRedisHost } from './redis-host.ts'
import type { RedisFault, RedisHost } from './redis-host.ts'
import { openRegister } from './register.ts'
import type { Register } from './register.ts'

export interface RunOptions {
  readonly dialogues: number
  readonly seed: number
  readonly redis: RedisFault
  readonly appendfsync: 'always' | 'everysec'
  readonly commit: ToGateway['commit']
  readonly hashing: ToGateway['hashing']
  /** The network between gateways and Redis. */
  readonly network: 'faulty' | 'reliable'
  readonly crashRate: number
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
  readonly progress: (line: string) => void
}

export interface RunResult {
  readonly dialogues: number
  /** Dialogues of unknown outcome: unnumbered, and not retried after a long outage. */
  readonly givenUp: number
  readonly turns: number
  readonly tally: Readonly<Tally>
  readonly kills: Gateways['kills']
  readonly redisFaults: number
  readonly lostBytes: number
  readonly network: Readonly<Record<NetworkFault, number>>
  readonly findings: readonly Finding[]
  /** Duplicates later than `REPEAT_WITHIN_MS`. */
  readonly lateCopies: number
  /** Dialogues that a late duplicate moved to another screen. */
  readonly moved: number
  /** Passwords saved by a late duplicate of their first entry. */
  readonly residues: number
  /** PUK1 attempts that are still reserved at the end. */
  readonly pending: number
  /** Error output of gateways that exited by themselves. */
  readonly ended: readonly string[]
  /** Injected faults, with the time since the start of the run. */
  readonly events: readonly HistoryEvent[]
  readonly tookMs: number
}

/** Gateway settings: the defaults, or a long `REPEAT_WITHIN_MS` and any password. */
export const settingsOf = {
  default: {},
  patient: { REPEAT_WITHIN_MS: '30000', WEAK_PASSWORDS: 'allow' },
} as const satisfies Record<string, Record<string, string>>

const GATEWAYS = 2
/** A network fault about every n answered callbacks. */
const NETWORK_FAULT_EVERY = 100

/** The started parts of a run. */
interface Setup {
  readonly host: RedisHost
  readonly register: Register
  readonly proxies: readonly Proxy[]
  readonly gateways: Gateways
  readonly keyring: Keyring
  readonly hashing: Hashing
  readonly events: HistoryEvent[]
  /** Milliseconds since the start of the run. */
  readonly elapsedMs: () => number
}

/** Runs subscribers against gateways and a Redis that keep failing, then compares the store with their histories. */
export const run = (options: RunOptions): Promise<RunResult> =>
  withCleanup(async (defer) => {
    const { repeatWithinMs } = loadConfig(settingsOf[options.settings])
    const setup = await start(options, defer)
    const { host, register, gateways, hashing, keyring, events, elapsedMs } = setup
    const note = (dialogue: DialogueHistory, what: string) =>
      void dialogue.events.push({ atMs: elapsedMs(), what })
    const aggregator = createAggregator({ gateways, note, repeatWithinMs })
    const faults = injectFaults(options, setup, () => aggregator.tally.answered)
    defer(() => faults.stop())

    const dialects = spokenDialects.filter(({ name }) => options.dialects.includes(name))
    const environment = { register, aggregator, dialects, repeatWithinMs, keyring, note }
    const running = runSubscribers(options, environment)
    const timer = setInterval(() => {
      const killed = Object.values(gateways.kills).reduce((sum, one) => sum + one, 0)
      options.progress(
        `${running.done} of ${options.dialogues} dialogues, ${aggregator.tally.callbacks} callbacks, ` +
          `${killed} gateways killed, ${host.faults} Redis faults`,
      )
    }, 2000)
    await Promise.race([running.over, aborted(options.signal)]).finally(() => clearInterval(timer))
    await faults.stop()
    await aggregator.settled()
    const tookMs = elapsedMs()
    // Closing kills all gateways, which must not be counted.
    const [ended, kills] = [[...gateways.ended], { ...gateways.kills }]
    await gateways.close()
    // A last fault checks that everything acknowledged is on disk.
    if (options.redis !== 'stop') await host.inject(createRandom(options.seed, 'last Redis fault'))
    options.progress(`checking ${running.histories.length} subscribers`)
    const stored = await register.readAll()
    return {
      ...(await checkAll(running.histories, stored, { hashing, repeatWithinMs })),
      ...totalsOf(running.histories, repeatWithinMs),
      tally: aggregator.tally,
      kills,
      redisFaults: host.faults,
      lostBytes: host.lostBytes,
      network: faults.network,
      ended,
      events,
      tookMs,
    }
  })

/** Starts Redis, the proxies and the gateways. */
async function start(options: RunOptions, defer: Defer): Promise<Setup> {
  const { redis: fault, appendfsync, seed, crashRate, commit, hashing: hashingKind } = options
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
  const gateways = await startGateways({
    program: await compileGateway(join(folder, 'gateway')),
    redisUrls: proxies.map(({ port }) => `redis://127.0.0.1:${port}`),
    message: {
      seed,
      crashRate,
      commit,
      hashing: hashingKind,
      settings: {
        PORT: '0',
        LOG_LEVEL: 'silent',
        SECRETS_KEY: secretsKey.toString('base64'),
        ...settingsOf[options.settings],
      },
    },
    onDeath: (where) => void events.push({ atMs: elapsedMs(), what: `a gateway died ${where}` }),
  })
  defer(() => gateways.close())
  startedMs = performance.now()
  return { host, register, proxies, gateways, keyring, hashing, events, elapsedMs }
}

/** Injects faults of gateways, Redis and the network until stopped. */
function injectFaults(options: RunOptions, setup: Setup, answered: () => number) {
  const { host, proxies, gateways, events, elapsedMs } = setup
  const { seed, killEvery, redis: fault } = options
  const network: Record<NetworkFault, number> = { blackHole: 0, resetOnReply: 0, delay: 0 }
  const happened = (what: string) => void events.push({ atMs: elapsedMs(), what })
  const [killing, redisRandom] = [createRandom(seed, 'killing'), createRandom(seed, 'redis')]
  const redisEvery = fault === 'none' ? 0 : options.redisEvery
  const networkEvery = options.network === 'reliable' ? 0 : NETWORK_FAULT_EVERY
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

async function checkAll(
  histories: readonly SubscriberHistory[],
  stored: { of(msisdn: string): StoredSubscriber },
  settings: Parameters<typeof checkSubscriber>[2],
): Promise<Pick<RunResult, 'findings' | 'residues' | 'pending'>> {
  const findings: Finding[] = []
  let [residues, pending] = [0, 0]
  for (const history of histories) {
    const checked = await checkSubscriber(history, stored.of(history.msisdn), settings)
    findings.push(...checked.findings)
    residues += checked.residues
    pending += checked.pending
  }
  return { findings, residues, pending }
}

function totalsOf(
  histories: readonly SubscriberHistory[],
  repeatWithinMs: number,
): Pick<RunResult, 'dialogues' | 'givenUp' | 'turns' | 'lateCopies' | 'moved'> {
  const dialogues = histories.flatMap((history) => history.dialogues)
  const turns = dialogues.flatMap((dialogue) => dialogue.turns)
  return {
    dialogues: dialogues.length,
    givenUp: dialogues.filter(({ events }) => events.at(-1)?.what === 'given up').length,
    turns: turns.length,
    lateCopies: turns.reduce((sum, turn) => sum + lateDuplicatesOf(turn, repeatWithinMs).length, 0),
    moved: dialogues.filter(({ moved }) => moved).length,
  }
}

const lateDuplicatesOf = (turn: TurnHistory, repeatWithinMs: number) =>
  turn.sendings.slice(1).filter((sending) => isLate(turn, sending, repeatWithinMs))

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
