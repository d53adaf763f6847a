/** A gateway on which recorded dialogues are played: the real one, on a store in the process, at one moment that does not pass. */
import type { Language } from '../../../src/engine/authoring.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import type { Core } from '../../../src/core.ts'
import { Secret } from '../../../src/engine/secret.ts'
import { createKeyring } from '../../../src/gateway/records/keyring.ts'
import type { Store, Versioned } from '../../../src/gateway/ports.ts'
import { bucketOf, sessionName, subscriberName } from '../../../src/gateway/records/records.ts'
import { Session } from '../../../src/gateway/records/session.ts'
import { Subscriber, parseRecord } from '../../../src/gateway/records/subscriber.ts'
import type { Argon2 } from '../../../src/services/hashing/hashing.ts'
import type { WeakPasswordPolicy } from '../../../src/services/password.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createHarnessCore } from '../../support/harness-core.ts'
import type { Dialogue, Standing, Turn } from './release.ts'

/** Where a dialogue rests between two turns, as it lies in the store. */
export type Resting = Pick<Session, 'menu' | 'revision'> & { readonly state: NonNullable<Session['state']> }

/** A turn as it went: all of it is there, also what is as before. */
export interface Played extends Omit<Turn, 'rests' | 'subscriber'> {
  readonly rests: Resting | null
  readonly subscriber: Standing
}

export interface Stage {
  /** Plays it from the start. */
  play(
    dialogue: Pick<Dialogue, 'msisdn' | 'dialled' | 'weakPasswords' | 'subscriber'>,
    typed: readonly string[],
  ): Promise<readonly Played[]>
  /** Puts a session into the store as it rested after some turns, and plays what was typed then. */
  resume(
    dialogue: Pick<Dialogue, 'msisdn' | 'dialled' | 'weakPasswords'>,
    from: { readonly turns: number; readonly rests: Resting; readonly subscriber: Standing },
    typed: readonly string[],
  ): Promise<readonly Played[]>
}

/** A year that decides which digits are a date. */
const NOW_MS = Date.UTC(2026, 0, 1)
const IDLE_MS = 900_000
const DIALECT = 'released'

/** @param options `argon2`: a quicker one; what is hashed is no part of a dialogue */
export function createStage(options: {
  readonly menus: Readonly<Record<string, Menu>>
  readonly language: Language
  readonly secretsKey: string
  readonly puk1: string
  readonly argon2?: Argon2
}): Stage {
  const { menus, language, puk1 } = options
  const store = createMemoryStore({ now: () => NOW_MS })
  const keyring = createKeyring({ current: Buffer.from(options.secretsKey, 'base64') })
  const cores = new Map<WeakPasswordPolicy, Core>()

  const coreOf = (weakPasswords: WeakPasswordPolicy): Core => {
    const core =
      cores.get(weakPasswords) ??
      createHarnessCore({
        store,
        kind: 'embedded',
        menus,
        keyring,
        settings: { sessionIdleMs: IDLE_MS, turnBudgetMs: 10_000, repeatWithinMs: 0, weakPasswords },
        ...(options.argon2 && { overrides: { argon2: options.argon2 } }),
      })
    cores.set(weakPasswords, core)
    return core
  }

  const register = async (msisdn: string, { access, puk1AttemptsLeft }: Standing) => {
    await coreOf('warn').subscribers.put(msisdn, { language, access, puk1: new Secret(puk1) })
    const name = subscriberName(msisdn)
    const [record] = await read(store, msisdn, [name])
    const value = JSON.stringify({ ...parseRecord(Subscriber, record?.value ?? ''), puk1AttemptsLeft })
    await write(store, msisdn, name, value, record)
  }

  const say = async (
    { msisdn, dialled, weakPasswords }: Pick<Dialogue, 'msisdn' | 'dialled' | 'weakPasswords'>,
    number: number,
    typed: string | null,
  ): Promise<Played> => {
    const reported = { kind: 'sequenced', number, typed: typed ?? undefined } as const
    const callback = { dialect: DIALECT, sessionId: DIALECT, msisdn, dialled, reported }
    const { text, waits, asksSecret } = await coreOf(weakPasswords).gateway.turn(callback)
    const names = [sessionName(DIALECT, msisdn, DIALECT), subscriberName(msisdn)]
    const [stored, record] = await read(store, msisdn, names)
    const { access, puk1AttemptsLeft } = parseRecord(Subscriber, record?.value ?? '')
    const session = stored && parseRecord(Session, stored.value)
    const { menu, revision, state } = session ?? {}
    return {
      typed,
      screen: text,
      state: waits ? 'waiting' : 'ended',
      ...(asksSecret && { asksSecret }),
      rests:
        waits && menu !== undefined && revision !== undefined && state ? { menu, revision, state } : null,
      subscriber: { access, puk1AttemptsLeft },
    }
  }

  const sayAll = async (
    dialogue: Parameters<typeof say>[0],
    first: number,
    typed: readonly (string | null)[],
  ) => {
    const played: Played[] = []
    for (const [at, text] of typed.entries()) played.push(await say(dialogue, first + at, text))
    return played
  }

  return {
    async play(dialogue, typed) {
      await forget(store, dialogue.msisdn)
      await register(dialogue.msisdn, dialogue.subscriber)
      return sayAll(dialogue, 0, [null, ...typed])
    },

    async resume(dialogue, { turns, rests, subscriber }, typed) {
      const { msisdn, dialled } = dialogue
      await forget(store, msisdn)
      await register(msisdn, subscriber)
      const session: Session = {
        ...rests,
        latin: dialled.startsWith('#'),
        begunBy: '',
        turns,
        heard: turns - 1,
        answeredAtMs: NOW_MS,
        idleUntilMs: NOW_MS + IDLE_MS,
        receipts: [],
      }
      const name = sessionName(DIALECT, msisdn, DIALECT)
      await write(store, msisdn, name, JSON.stringify(session), undefined)
      return sayAll(dialogue, turns, typed)
    },
  }
}

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
  const name = sessionName(DIALECT, msisdn, DIALECT)
  const [session] = await read(store, msisdn, [name])
  if (session) await write(store, msisdn, name, undefined, session)
}
