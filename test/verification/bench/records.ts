/** The records of the gateway in Redis: their sizes, copies of them, and the commands that write them. */
import type { Redis } from 'ioredis'
import { screens as passwordScreens } from '../../../menus/password.ts'
import { newCaller, requestOf } from './driver.ts'
import type { Caller } from './driver.ts'
import type { Environment } from './environment.ts'
import { createHttpClient } from './http-client.ts'
import { DEEP_CODE, scriptOf } from './menus.ts'
import type { Script } from './menus.ts'

/** Bytes of a session in Redis, key and overhead included, and bytes of the screens that it has shown. */
export interface SessionSize {
  readonly turns: number
  readonly bytes: number
  readonly textBytes: number
}

export interface RecordSizes {
  readonly sessions: readonly SessionSize[]
  readonly subscriberBytes: number
}

const PASSWORD = '73926150'

/** Sets a password: dials, types it, repeats it. */
export const passwordScript: Script = {
  code: '*141*0#',
  replies: [PASSWORD, PASSWORD],
  answers: [
    `CON ${textOf(passwordScreens.password)}`,
    `CON ${textOf(passwordScreens.repeatPassword)}`,
    `END ${textOf(passwordScreens.saved)}`,
  ],
}

function textOf(screen: { readonly ru: unknown }): string {
  if (typeof screen.ru === 'string') return screen.ru
  throw new Error('The screen depends on the dialogue.')
}

/** Plays the first turns of a dialogue and returns who played it. Throws on a wrong answer. */
async function playTurns(
  { token, server }: Environment,
  options: {
    readonly server: string
    readonly script: Script
    readonly turns: number
    readonly onTurn?: (turn: number) => Promise<void>
  },
): Promise<Caller> {
  const client = createHttpClient(server(options.server).port)
  const caller = newCaller()
  const { code, replies, answers } = options.script
  try {
    for (let turn = 0; turn < options.turns; turn++) {
      const request = requestOf(token, caller, code, replies.slice(0, turn))
      const answer = (await client.exchange(request)).toString()
      if (answer !== answers[turn]) throw new Error(`Expected '${answers[turn]}', got '${answer}'.`)
      await options.onTurn?.(turn)
    }
  } finally {
    client.close()
  }
  return caller
}

/** Measures sessions after several numbers of turns, and a subscriber with a password. */
export async function measureSizes(environment: Environment): Promise<RecordSizes> {
  const { redis } = environment.redis.main
  const sessions: SessionSize[] = []
  const script = scriptOf(DEEP_CODE, 40)
  for (const turns of [1, 3, 16, 20]) {
    const { msisdn } = await playTurns(environment, { server: 'ours', script, turns })
    const key = await findKey(redis, `*:session:${msisdn.slice(1)}:*`)
    const texts = script.answers.slice(0, turns).map((answer) => answer.slice('CON '.length))
    sessions.push({ turns, bytes: await bytesOf(redis, key), textBytes: Buffer.byteLength(texts.join('')) })
  }
  const { msisdn } = await playTurns(environment, { server: 'passwords', script: passwordScript, turns: 3 })
  const key = await findKey(redis, `*:subscriber:${msisdn.slice(1)}`)
  return { sessions, subscriberBytes: await bytesOf(redis, key) }
}

const bytesOf = async (redis: Redis, key: string): Promise<number> => Number(await redis.memory('USAGE', key))

async function findKey(redis: Redis, match: string): Promise<string> {
  for await (const keys of redis.scanStream({ match, count: 5000 })) {
    const [key] = keys as string[]
    if (key !== undefined) return key
  }
  throw new Error(`Redis has no key ${match}.`)
}

/** The commands that the gateway sends to set a password: for the dial, for the secret and for its repetition. */
export async function countSecretCommands(environment: Environment): Promise<readonly number[]> {
  const { main } = environment.redis
  // The readiness probe also sends scripts, so the lowest count of several dialogues is the right one.
  const lowest = [Infinity, Infinity, Infinity]
  for (let repetition = 0; repetition < 5; repetition++) {
    let before = (await main.usage()).scripts
    await playTurns(environment, {
      server: 'passwords',
      script: passwordScript,
      turns: 3,
      async onTurn(turn) {
        const { scripts } = await main.usage()
        lowest[turn] = Math.min(lowest[turn] ?? Infinity, scripts - before)
        before = scripts
      },
    })
  }
  return lowest
}

const COPIES_AT_ONCE = 10_000
const TTL_MS = 24 * 3_600_000

/** Writes copies of a record under the keys of other subscribers. */
const COPY = `
for i = ARGV[3], ARGV[4] do
  local key = string.format('ussd:{b%d}:session:37529%07d:%s', i % 256, i, ARGV[2])
  redis.call('SET', key, ARGV[1], 'PX', ARGV[5])
end`

/** Fills a Redis with live sessions: copies of a session after two turns. */
export async function fillWithSessions(environment: Environment, redis: Redis, count: number): Promise<void> {
  const { msisdn } = await playTurns(environment, {
    server: 'ours',
    script: scriptOf(DEEP_CODE, 40),
    turns: 2,
  })
  const source = environment.redis.main.redis
  const key = await findKey(source, `*:session:${msisdn.slice(1)}:*`)
  const record = await source.get(key)
  const handle = key.split(':').at(-1)
  if (record === null || handle === undefined) throw new Error(`The record of ${key} has gone.`)
  for (let first = 0; first < count; first += COPIES_AT_ONCE) {
    const last = Math.min(count, first + COPIES_AT_ONCE) - 1
    await redis.eval(COPY, 0, record, handle, first, last, TTL_MS)
  }
}
