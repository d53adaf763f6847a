import { randomBytes } from 'node:crypto'
import { createDigestArgon2 } from './digest-argon2.ts'
import { createHarnessCore } from './harness-core.ts'
import { journalOf } from './journal.ts'
import type { CoreOverrides } from '../../src/core.ts'
import type { Menu } from '../../src/engine/menu.ts'
import { Secret } from '../../src/engine/secret.ts'
import type { TurnReport } from '../../src/gateway/gateway.ts'
import { createKeyring } from '../../src/gateway/records/keyring.ts'
import type { Keyring } from '../../src/gateway/records/keyring.ts'
import type { Answer, Callback, Store } from '../../src/gateway/ports.ts'
import { bucketOf, subscriberName } from '../../src/gateway/records/records.ts'
import type { RecordFormat } from '../../src/gateway/records/record-format.ts'
import { parseSubscriber } from './record.ts'
import type { PlainPatch, ShippedSubscribers } from './record.ts'
import type { Argon2 } from '../../src/services/hashing/hashing.ts'
import type { WeakPasswordPolicy } from '../../src/services/weak-password.ts'
import type { SubscriberPatch } from '../../src/services/subscriber-input.ts'

export type { PlainPatch } from './record.ts'

export const keyring = createKeyring({ current: randomBytes(32) })

export const sealed = ({ puk1, password, ...fields }: PlainPatch): SubscriberPatch => ({
  ...fields,
  ...(puk1 !== undefined && { puk1: new Secret(puk1) }),
  ...(password !== undefined && { password: new Secret(password) }),
})

/** Returns the stored record of a subscriber with its version. */
export async function recordOf(store: Store, msisdn: string) {
  const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
  return records[0] && { ...parseSubscriber(records[0].value), version: records[0].version }
}

/** Creates the shipped core over a store, with real services and fast hashes. */
export function assemble(
  store: Store,
  options: {
    readonly menus?: Readonly<Record<string, Menu>>
    readonly weakPasswords?: WeakPasswordPolicy
    readonly sessionIdleMs?: number
    readonly turnBudgetMs?: number
    readonly recordFormat?: RecordFormat
    readonly argon2?: Argon2
    readonly keyring?: Keyring
    readonly kind?: 'embedded' | 'shared'
    readonly overrides?: CoreOverrides
  } = {},
) {
  const reports: TurnReport[] = []
  const core = createHarnessCore({
    store,
    keyring: options.keyring ?? keyring,
    kind: options.kind ?? 'embedded',
    ...(options.menus && { menus: options.menus }),
    settings: {
      weakPasswords: options.weakPasswords ?? 'warn',
      sessionIdleMs: options.sessionIdleMs ?? 900_000,
      // Generous, so that a busy machine does not fail tests.
      turnBudgetMs: options.turnBudgetMs ?? 15_000,
      recordFormat: options.recordFormat ?? 'compact',
      maxTurnsInFlight: 100_000,
    },
    events: { onTurn: (turn) => void reports.push(turn) },
    overrides: {
      argon2: options.argon2 ?? createDigestArgon2(),
      requestBudgetMs: 15_000,
      ...options.overrides,
    },
  })
  const { gateway, lanes } = core
  const subscribers = core.subscribers as ShippedSubscribers
  const hashing = lanes.requests
  return {
    core,
    gateway,
    reports,
    subscribers,
    hashing,
    register: (msisdn: string, patch: PlainPatch = {}) =>
      subscribers.put(msisdn, sealed({ language: 'en', ...patch })),
    async matches(msisdn: string, password: string): Promise<boolean> {
      const stored = (await recordOf(store, msisdn))?.password ?? undefined
      return (await hashing.verify(stored, 'password', msisdn, new Secret(password))).matches
    },
    /** Returns the journal changes of a number, oldest first. */
    journalOf: async (msisdn: string): Promise<string[]> =>
      (await journalOf(store, msisdn)).map(({ change }) => change),
  }
}

type Assembled = ReturnType<typeof assemble>

let sessions = 0

/** Creates a dialogue in a cumulative dialect: call `dial`, then `type` for each reply. */
export function dialogue(
  { gateway }: Pick<Assembled, 'gateway'>,
  msisdn: string,
  sessionId = `session-${sessions++}`,
) {
  let dialled = ''
  const replies: string[] = []
  const callback = (): Callback => ({
    dialect: 'test',
    sessionId,
    msisdn,
    dialled,
    reported: { kind: 'cumulative', code: dialled, text: replies.join('*'), begins: 'empty' },
  })
  return {
    sessionId,
    dial(code: string): Promise<Answer> {
      dialled = code
      return gateway.turn(callback())
    },
    type(reply: string): Promise<Answer> {
      replies.push(reply)
      return gateway.turn(callback())
    },
    /** Returns the last callback. */
    lastCallback: callback,
    /** Returns the last callback with other cumulative input. */
    withInput: (text: string): Callback => ({
      ...callback(),
      reported: { kind: 'cumulative', code: dialled, text, begins: 'empty' },
    }),
  }
}
