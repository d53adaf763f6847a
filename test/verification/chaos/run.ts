/** A run: gateways and a Redis that fail, subscribers that go on, and what the store says when all is over. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import { createHashing } from '../../../src/services/hashing/hashing.ts'
import { createRandom } from '../../support/random.ts'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import { startProxy } from '../../support/redis/proxy.ts'
import { createAggregator } from './aggregator.ts'
import type { Tally } from './aggregator.ts'
import { checkSubscriber } from './check.ts'
import type { Finding, Found } from './check.ts'
import { compileGateway } from './compiled.ts'
import { spokenDialects } from './dialects.ts'
import { startGateways } from './gateways.ts'
import type { Gateways, ToGateway } from './gateways.ts'
import { isLate } from './history.ts'
import type { DialogueHistory, HistoryEvent, Retries, SubscriberHistory, TurnHistory } from './history.ts'
import { liveAll } from './lives.ts'
import { disturb, strikeAtRandom } from './nemesis.ts'
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
  /** Whether the ways between gateways and Redis are disturbed. */
  readonly network: 'disturbed' | 'quiet'
  readonly crashRate: number
  /** Whether a dialogue may be one that takes long: where the same answer again must be waited for. */
  readonly waits: 'taken' | 'left out'
  /** In answered callbacks, as what follows; 0 for never. */
  readonly killEvery: number
  readonly redisEvery: number
  readonly parallel: number
  /** When aggregators send again what was answered; `mixed`: late in one dialogue of five. */
  readonly retries: Retries | 'mixed'
  /** Those of the gateways: the defaults, or a `REPEAT_WITHIN_MS` of half a minute and any password allowed. */
  readonly settings: keyof typeof settingsOf
  /** Names of dialects. */
  readonly dialects: readonly string[]
  /** Ends the run early: what was started is ended, too, and the run rejects with its reason. */
  readonly signal: AbortSignal
  /** Gets a line now and then. */
  readonly progress: (line: string) => void
}

export interface Ran {
  readonly dialogues: number
  /** Begun, and never known how they ended: in dialects that number nothing, after too long an outage. */
  readonly givenUp: number
  readonly turns: number
  readonly tally: Readonly<Tally>
  readonly kills: Gateways['kills']
  readonly redisStruck: number
  readonly lostBytes: number
  readonly network: Readonly<Record<NetworkFault, number>>
  readonly findings: readonly Finding[]
  /** Callbacks sent again, and not answered before `REPEAT_WITHIN_MS` was over. */
  readonly lateCopies: number
  /** Dialogues in which a late duplicate moved the page before the subscriber's eyes. */
  readonly moved: number
  /** Passwords saved by a late duplicate of their first entry. */
  readonly residues: number
  /** Attempts at PUK1 still reserved in the end. */
  readonly pending: number
  /** What gateways said that ended by themselves. */
  readonly ended: readonly string[]
  /** What struck all, with the time since the run began. */
  readonly events: readonly HistoryEvent[]
  readonly tookMs: number
}

export const settingsOf = {
  default: {},
  patient: { REPEAT_WITHIN_MS: '30000', WEAK_PASSWORDS: 'allow' },
} as const satisfies Record<string, Record<string, string>>

const GATEWAYS = 2
/** In answered callbacks. */
const DISTURBED_EVERY = 100

export async function run(options: RunOptions): Promise<Ran> {
  const { seed } = options
  const { repeatWithinMs } = loadConfig(settingsOf[options.settings])
  const dialects = spokenDialects.filter(({ name }) => options.dialects.includes(name))
  const secretsKey = randomBytes(32)
  const keyring = createKeyring({ current: secretsKey })
  const hashing = createHashing({
    keyring,
    ...(options.hashing === 'quick' && { argon2: createDigestArgon2() }),
  })
  const folder = await mkdtemp(join(tmpdir(), 'ussd-chaos-'))
  const closing: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const { redis: fault, appendfsync } = options
    const host = await startRedisHost({ fault, appendfsync, folder })
    closing.push(() => host.close())
    const register = openRegister(host.url, hashing)
    closing.push(() => register.close())
    const proxies = await Promise.all(Array.from({ length: GATEWAYS }, () => startProxy(host.port)))
    closing.push(...proxies.map((proxy) => () => proxy.close()))
    const events: HistoryEvent[] = []
    let beganMs = performance.now()
    const now = () => Math.round(performance.now() - beganMs)
    const happened = (what: string) => void events.push({ atMs: now(), what })
    const gateways = await startGateways({
      program: await compileGateway(join(folder, 'gateway')),
      redisUrls: proxies.map(({ port }) => `redis://127.0.0.1:${port}`),
      told: {
        seed,
        crashRate: options.crashRate,
        commit: options.commit,
        hashing: options.hashing,
        settings: {
          PORT: '0',
          LOG_LEVEL: 'silent',
          SECRETS_KEY: secretsKey.toString('base64'),
          ...settingsOf[options.settings],
        },
      },
      died: (where) => happened(`a gateway died ${where}`),
    })
    closing.push(() => gateways.close())
    beganMs = performance.now()

    const note = (dialogue: DialogueHistory, what: string) => void dialogue.events.push({ atMs: now(), what })
    const aggregator = createAggregator({ gateways, note, repeatWithinMs })
    const network: Record<NetworkFault, number> = { blackHole: 0, resetOnReply: 0, delay: 0 }
    const chanceOf = (who: string) => createRandom(seed, who)
    const answered = () => aggregator.tally.answered
    const [killing, striking] = [chanceOf('killing'), chanceOf('redis')]
    const redisEvery = fault === 'none' ? 0 : options.redisEvery
    const disturbedEvery = options.network === 'quiet' ? 0 : DISTURBED_EVERY
    const strikes = [
      strikeAtRandom({ every: options.killEvery, answered, random: killing }, () =>
        gateways.killOne(killing),
      ),
      strikeAtRandom({ every: redisEvery, answered, random: striking }, async () => {
        happened(`Redis: ${fault}`)
        await host.strike(striking)
        happened('Redis is back')
      }),
      ...proxies.map((proxy, at) => {
        const random = chanceOf(`way ${at}`)
        return strikeAtRandom({ every: disturbedEvery, answered, random }, async () => {
          const kind = await disturb(proxy, random)
          network[kind] += 1
          happened(`the way of gateway ${at + 1} to Redis: ${kind}`)
        })
      }),
    ]

    const peace = () => Promise.all(strikes.map((strike) => strike.stop()))
    closing.push(async () => void (await peace()))

    const living = liveAll(options, { register, aggregator, dialects, repeatWithinMs, keyring, note })
    const { histories } = living
    const telling = setInterval(() => {
      const died = Object.values(gateways.kills).reduce((sum, one) => sum + one, 0)
      options.progress(
        `${living.done} of ${options.dialogues} dialogues, ${aggregator.tally.callbacks} callbacks, ${died} gateways killed, ` +
          `Redis struck ${host.struck} times`,
      )
    }, 2000)
    await Promise.race([living.over, aborted(options.signal)]).finally(() => clearInterval(telling))
    await peace()
    await aggregator.settled()
    const tookMs = performance.now() - beganMs
    const ended = [...gateways.ended]
    const kills = { ...gateways.kills }
    await gateways.close()
    // The last word has the disk.
    if (fault !== 'stop') await host.strike(striking)
    options.progress(`checking ${histories.length} subscribers`)

    const judged = await judge(histories, await register.readAll(), { hashing, repeatWithinMs })
    const all = histories.flatMap((history) => history.dialogues)
    return {
      dialogues: all.length,
      givenUp: all.filter(({ events: own }) => own.at(-1)?.what === 'given up').length,
      turns: all.reduce((sum, { turns }) => sum + turns.length, 0),
      tally: aggregator.tally,
      kills,
      redisStruck: host.struck,
      lostBytes: host.lostBytes,
      network,
      ...judged,
      lateCopies: all
        .flatMap(({ turns }) => turns)
        .reduce((sum, turn) => sum + lateCopiesOf(turn, repeatWithinMs).length, 0),
      moved: all.filter(({ moved }) => moved).length,
      ended,
      events,
      tookMs,
    }
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}

async function judge(
  histories: readonly SubscriberHistory[],
  found: { of(msisdn: string): Found },
  judging: Parameters<typeof checkSubscriber>[2],
): Promise<Pick<Ran, 'findings' | 'residues' | 'pending'>> {
  const findings: Finding[] = []
  let [residues, pending] = [0, 0]
  for (const history of histories) {
    const checked = await checkSubscriber(history, found.of(history.msisdn), judging)
    findings.push(...checked.findings)
    residues += checked.residues
    pending += checked.pending
  }
  return { findings, residues, pending }
}

const lateCopiesOf = (turn: TurnHistory, repeatWithinMs: number) =>
  turn.sendings.slice(1).filter((sending) => isLate(turn, sending, repeatWithinMs))

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = () => reject(signal.reason as Error)
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true })
  })
}
