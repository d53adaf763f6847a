/** Plays recorded dialogues on the shipped gateway, with a store in memory and a clock that stands still. */
import type { Language } from '../../../src/engine/authoring.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import type { Core } from '../../../src/core.ts'
import { Secret } from '../../../src/engine/secret.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Store, Versioned } from '../../../src/gateway/ports.ts'
import { bucketOf, sessionName, subscriberName } from '../../../src/gateway/records/records.ts'
import type { Session } from '../../../src/gateway/records/session.ts'
import { parseSession } from '../../../src/gateway/records/session-format.ts'
import { parseSubscriber } from '../../support/record.ts'
import type { WeakPasswordPolicy } from '../../../src/services/weak-password.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import { createHarnessCore } from '../../support/harness-core.ts'
import type { Dialogue, SubscriberState, Turn } from './release.ts'

/** The stored state of a dialogue between two turns. */
export type StoredState = Pick<Session, 'menu' | 'revision'> & {
  readonly state: NonNullable<Session['state']>
}

/** One played turn, with the states after it. */
export interface PlayedTurn extends Omit<Turn, 'rests' | 'subscriber'> {
  readonly rests: StoredState | null
  readonly subscriber: SubscriberState
}

type Caller = Pick<Dialogue, 'msisdn' | 'dialled' | 'weakPasswords'>

interface StageOptions {
  readonly menus: Readonly<Record<string, Menu>>
  readonly language: Language
  readonly secretsKey: string
  readonly puk1: string
}

/** Fixed, because the year decides which digits look like a date. */
const NOW_MS = Date.UTC(2026, 0, 1)
const IDLE_MS = 900_000
const DIALECT = 'released'

/** Creates a stage with an empty store. */
export function createStage({ language, puk1, ...options }: StageOptions) {
  const store = createMemoryStore({ now: () => NOW_MS })
  const coreOf = createCores(store, options)

  const register = async (msisdn: string, { access, puk1AttemptsLeft }: SubscriberState) => {
    await coreOf('warn').subscribers.put(msisdn, { language, access, puk1: new Secret(puk1) })
    const name = subscriberName(msisdn)
    const [record] = await read(store, msisdn, [name])
    const value = JSON.stringify({ ...parseSubscriber(record?.value ?? ''), puk1AttemptsLeft })
    await write(store, msisdn, name, value, record)
  }

  const playTurns = async (caller: Caller, first: number, typed: readonly (string | null)[]) => {
    const { gateway } = coreOf(caller.weakPasswords)
    const played: PlayedTurn[] = []
    for (const [at, text] of typed.entries())
      played.push(await playTurn(store, gateway, caller, first + at, text))
    return played
  }

  return {
    /** Plays a dialogue from the start. */
    async play(dialogue: Caller & Pick<Dialogue, 'subscriber'>, typed: readonly string[]) {
      await forget(store, dialogue.msisdn)
      await register(dialogue.msisdn, dialogue.subscriber)
      return playTurns(dialogue, 0, [null, ...typed])
    },

    /** Stores a session as it was after some turns, and plays the inputs that follow. */
    async resume(
      dialogue: Caller,
      { turns, rests, subscriber }: Pick<PlayedTurn, 'subscriber'> & { turns: number; rests: StoredState },
      typed: readonly string[],
    ) {
      const { msisdn, dialled } = dialogue
      await forget(store, msisdn)
      await register(msisdn, subscriber)
      const session: Omit<Session, 'format'> = {
        ...rests,
        latin: dialled.startsWith('#'),
        begunBy: '',
        turns,
        heard: turns - 1,
        answeredAtMs: NOW_MS,
        idleUntilMs: NOW_MS + IDLE_MS,
        receipts: [],
      }
      await write(store, msisdn, sessionOf(msisdn), JSON.stringify(session), undefined)
      return playTurns(dialogue, turns, typed)
    },
  }
}

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Creates one core for each password policy; all share the store and the keys. Hashes are fast: no dialogue shows one. */
function createCores(store: Store, { menus, secretsKey }: Pick<StageOptions, 'menus' | 'secretsKey'>) {
  const keyring = createKeyring({ current: Buffer.from(secretsKey, 'base64') })
  const overrides = { argon2: createDigestArgon2() }
  const settings = { sessionIdleMs: IDLE_MS, turnBudgetMs: 10_000, repeatWithinMs: 0 }
  const coreWith = (weakPasswords: WeakPasswordPolicy) =>
    createHarnessCore({
      store,
      kind: 'embedded',
      menus,
      keyring,
      settings: { ...settings, weakPasswords },
      overrides,
    })
  const cores = { warn: coreWith('warn'), reject: coreWith('reject'), allow: coreWith('allow') }
  return (weakPasswords: WeakPasswordPolicy): Core => cores[weakPasswords]
}

/** Sends one callback and reads the states after it. */
async function playTurn(
  store: Store,
  gateway: Core['gateway'],
  { msisdn, dialled }: Caller,
  number: number,
  typed: string | null,
): Promise<PlayedTurn> {
  const reported = { kind: 'sequenced', number, typed: typed ?? undefined } as const
  const callback = { dialect: DIALECT, sessionId: DIALECT, msisdn, dialled, reported }
  const { text, waits, asksSecret } = await gateway.turn(callback)
  const [stored, record] = await read(store, msisdn, [sessionOf(msisdn), subscriberName(msisdn)])
  const { access, puk1AttemptsLeft } = parseSubscriber(record?.value ?? '')
  const { menu, revision, state } = stored ? parseSession(stored.value) : ({} as Partial<Session>)
  return {
    typed,
    screen: text,
    state: waits ? 'waiting' : 'ended',
    ...(asksSecret && { asksSecret }),
    rests: waits && menu !== undefined && revision !== undefined && state ? { menu, revision, state } : null,
    subscriber: { access, puk1AttemptsLeft },
  }
}

const sessionOf = (msisdn: string): string => sessionName(DIALECT, msisdn, DIALECT)

const read = async (store: Store, msisdn: string, names: readonly string[]) =>
  (await store.load(bucketOf(msisdn), names)).records

async function write(
  store: Store,
  msisdn: string,
  name: string,
  value: string | undefined,
  before: Versioned | undefined,
): Promise<void> {
  const write = value === undefined ? ({ kind: 'delete' } as const) : ({ kind: 'put', value } as const)
  const changes = [{ name, expectedVersion: before?.version, write }]
  await store.commit({ bucket: bucketOf(msisdn), changes, journal: [], deadlineMs: Infinity })
}

async function forget(store: Store, msisdn: string): Promise<void> {
  const name = sessionOf(msisdn)
  const [session] = await read(store, msisdn, [name])
  if (session) await write(store, msisdn, name, undefined, session)
}
