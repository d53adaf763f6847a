import { UssdError } from '../../../src/engine/errors.ts'
import type { Clock } from '../../../src/gateway/clock.ts'
import type { Services } from '../../../src/gateway/effects.ts'
import type { Keyring, Purpose } from '../../../src/gateway/records/keyring.ts'
import type { Callback, Commit, LoadedRecords, RecordName, Store } from '../../../src/gateway/ports.ts'
import type { Session } from '../../../src/gateway/records/session.ts'
import type { TurnClass, TurnClassifier } from '../../../src/gateway/turn-identity.ts'
import { keysOf } from './keys.ts'
import { BUDGET_MS } from './plan.ts'
import type { Form } from './plan.ts'
import type { StoreRule } from './model-store.ts'

/** The result reported for a commit that did not happen. */
const PRETENDED = { kind: 'ok', version: '0'.repeat(16) } as const

/** Replacements for parts of the gateway or the store; empty for the shipped gateway. */
export interface Variant {
  /** A rule that the model store does not enforce. */
  readonly without?: StoreRule
  readonly clockOf?: (clock: Clock) => Clock
  readonly storeOf?: (store: Store) => Store
  readonly classifierOf?: (classifier: TurnClassifier) => TurnClassifier
  readonly keyringOf?: (keyring: Keyring) => Keyring
  readonly servicesOf?: (services: Services) => Services
}

/** A variant without one rule, which the simulation must detect. */
export interface Mutant extends Variant {
  readonly name: string
  /** The behaviour without the rule. */
  readonly description: string
  /** The forms in which the rule matters; all forms by default. */
  readonly forms?: readonly Form[]
}

/** Forms in which a callback has a position, and can therefore be out of step. */
const positional: readonly Form[] = ['cumulative', 'deep-cumulative', 'sequenced']

/** Classifies any callback as a new turn with the input that was typed last. */
function asNewTurn(found: TurnClass, { reported }: Callback, session: Session | undefined): TurnClass {
  const id = found.kind === 'repeat' ? found.receipt.turn : JSON.stringify(reported)
  const key = session?.key ?? keysOf(['old']).id
  if (reported.kind === 'cumulative') {
    if (reported.text === '') return { kind: 'begin', id, key, position: 0 }
    const typed = reported.text.slice(reported.text.lastIndexOf('*') + 1)
    return { kind: 'reply', id, key, position: reported.text.length, typed }
  }
  const position = reported.kind === 'sequenced' ? reported.number : 0
  if (reported.typed === undefined) return { kind: 'begin', id, key, position }
  return { kind: 'reply', id, key, position, typed: reported.typed }
}

/** Accepts callbacks of one class as new turns. */
const acceptingAsNew =
  (kind: TurnClass['kind']) =>
  (real: TurnClassifier): TurnClassifier => ({
    classify(callback, session, nowMs) {
      const found = real.classify(callback, session, nowMs)
      return found.kind === kind ? asNewTurn(found, callback, session) : found
    },
  })

/** Classifies a callback with a changed session. */
const withSession =
  (change: (session: Session, nowMs: number) => Session) =>
  (real: TurnClassifier): TurnClassifier => ({
    classify: (callback, session, nowMs) => real.classify(callback, session && change(session, nowMs), nowMs),
  })

/** Repeats the last answer for any callback in its position. */
const repeatingByPosition = (real: TurnClassifier): TurnClassifier => ({
  classify(callback, session, nowMs) {
    const found = real.classify(callback, session, nowMs)
    const { reported } = callback
    const position =
      reported.kind === 'sequenced'
        ? reported.number
        : reported.kind === 'cumulative'
          ? reported.text.length
          : -1
    const receipt = session?.receipts.at(-1)
    const isRepeat = found.kind === 'out-of-step' && position === session?.heard
    return isRepeat && receipt ? { kind: 'repeat', receipt } : found
  },
})

/** Replaces the commit of a store. */
const committing =
  (commit: (store: Store, one: Commit) => ReturnType<Store['commit']>) =>
  (store: Store): Store => ({ ...store, commit: (one) => commit(store, one) })

/** Changes what a store commits. */
const altering = (change: (one: Commit) => Commit) => committing((store, one) => store.commit(change(one)))

/** After a conflict, returns the session value from before it with the new version. */
function keepsSession(store: Store): Store {
  const last = new Map<RecordName, LoadedRecords>()
  const conflicts = new Set<RecordName>()
  return {
    ...store,
    async load(bucket, names) {
      const loaded = await store.load(bucket, names)
      const [name = ''] = names
      const known = last.get(name)?.records[0]
      last.set(name, loaded)
      const [session, ...others] = loaded.records
      if (!conflicts.delete(name) || !session) return loaded
      return { ...loaded, records: [known && { ...session, value: known.value }, ...others] }
    },
    async commit(one) {
      const committed = await store.commit(one)
      if (committed.kind === 'conflict') conflicts.add(one.changes[0]?.name ?? '')
      return committed
    },
  }
}

/** Reserves the attempt in the same commit as the outcome of the comparison. */
const comparingFirst =
  ({ openAccess }: Services): Services[string] =>
  async (input, call) => {
    const { access, puk1AttemptsLeft, puk1Pending } = call.subscriber.current
    const { turn, owner, nowMs } = call.attempt
    const left = puk1AttemptsLeft - 1
    if (access === 'closed-by-subscriber' && left >= 0) {
      const mine = { turn, owner, untilMs: nowMs, left }
      call.subscriber.patchSilently({ puk1AttemptsLeft: left, puk1Pending: [...puk1Pending, mine] })
    }
    return openAccess?.(input, call)
  }

/** Uses the current key for secrets whose key is unknown. */
function withFallbackKey(keyring: Keyring): Keyring['mac'] {
  const isSecret = (purpose: Purpose) => ['puk1', 'password', 'secret'].includes(purpose)
  const mac = (purpose: Purpose, parts: readonly string[], keyId: string = keyring.id) =>
    keyring.mac(purpose, parts, keyId) ?? (isSecret(purpose) ? keyring.mac(purpose, parts) : undefined)
  return mac as Keyring['mac']
}

/** Turns `USSD_BUSY` into a permanent failure. */
const failingWhenBusy =
  (service: Services[string]): Services[string] =>
  (input, call) =>
    service(input, call).catch((error: unknown) => {
      const isBusy = error instanceof UssdError && error.code === 'USSD_BUSY'
      throw isBusy ? new UssdError('USSD_SERVICE_FAILED') : error
    })

export const mutants: readonly Mutant[] = [
  {
    name: 'no receipts',
    description: 'a duplicate runs the turn again',
    classifierOf: acceptingAsNew('repeat'),
  },
  {
    name: 'receipts by position',
    description: 'any callback in the position of an answered turn gets its answer',
    forms: positional,
    classifierOf: repeatingByPosition,
  },
  {
    name: 'no step check',
    description: 'a callback out of step is accepted as the next reply',
    forms: positional,
    classifierOf: acceptingAsNew('out-of-step'),
  },
  {
    name: 'no end',
    description: 'a dialogue that has ended starts again',
    classifierOf: acceptingAsNew('ended'),
  },
  {
    name: 'no subscriber version',
    description: 'a concurrent change of a subscriber is overwritten',
    without: 'subscriber-version',
  },
  {
    name: 'no session version',
    description: 'a concurrent change of a session is overwritten',
    without: 'session-version',
  },
  { name: 'no deadline', description: 'a commit is executed however late it arrives', without: 'deadline' },
  {
    name: 'journal not atomic',
    description: 'the journal is written before versions are compared',
    without: 'atomic-journal',
  },
  {
    name: 'late commit accepted',
    description: 'a commit rejected as late counts as done',
    storeOf: committing(async (store, one) => {
      const committed = await store.commit(one)
      return committed.kind === 'late' ? PRETENDED : committed
    }),
  },
  {
    name: 'lost reply accepted',
    description: 'a commit whose reply was lost counts as done',
    storeOf: committing((store, one) =>
      store.commit(one).catch((error: unknown) => {
        if (error instanceof UssdError && error.code === 'USSD_STORE_UNAVAILABLE') return PRETENDED
        throw error
      }),
    ),
  },
  {
    name: 'stale session',
    description: 'after a conflict, the turn runs on the session as it was',
    storeOf: keepsSession,
  },
  {
    name: 'far deadline',
    description: 'a commit may execute after its turn is over',
    storeOf: altering((one) => ({ ...one, deadlineMs: one.deadlineMs + 5000 })),
  },
  {
    name: 'no expiry',
    description: 'a session never expires',
    storeOf: altering((one) => ({
      ...one,
      changes: one.changes.map(({ write, ...change }) => ({
        ...change,
        write: write.kind === 'put' ? { kind: 'put', value: write.value } : write,
      })),
    })),
  },
  {
    name: 'entries by turn',
    description: 'a journal id contains only the turn id, which repeats where turns are not numbered',
    forms: ['latest-only'],
    storeOf: altering((one) => ({
      ...one,
      journal: one.journal.map((entry) => entry.replace(/:\d+(:\d+",)/, '$1')),
    })),
  },
  {
    name: 'compares first',
    description: 'a PUK1 guess is compared before its attempt is counted',
    servicesOf: (services) => ({ ...services, openAccess: comparingFirst(services) }),
  },
  {
    name: 'unknown key is wrong',
    description: 'a secret under an unknown key is compared under another key',
    keyringOf: (keyring) => ({ ...keyring, mac: withFallbackKey(keyring) }),
  },
  {
    name: 'no lower bound',
    description: 'a commit may execute after the clock was set back',
    storeOf: altering(({ loadedMs: _loadedMs, ...one }) => one),
  },
  {
    name: 'repeats from the future',
    description: 'a reply counts as a duplicate of one that seems to be in the future',
    forms: ['latest-only'],
    classifierOf: withSession((session, nowMs) => ({
      ...session,
      receipts: session.receipts.map((receipt) => ({ ...receipt, atMs: Math.min(receipt.atMs, nowMs) })),
    })),
  },
  {
    name: 'secrets by time',
    description: 'a repeated secret is a duplicate only for a while',
    forms: ['latest-only'],
    classifierOf: withSession((session) => ({ ...session, asksAgain: true })),
  },
  {
    name: 'no deliveries',
    description: 'a signed callback is known only from the receipts of its session',
    storeOf: altering((one) => ({
      ...one,
      changes: one.changes.filter(({ name }) => !name.startsWith('delivery:')),
    })),
  },
  {
    name: 'every begin starts',
    description: 'where turns are not numbered, every begin starts a new dialogue',
    forms: ['latest-only'],
    classifierOf: (real) => ({
      classify: (callback, session, nowMs) =>
        real.classify({ ...callback, reusesSessionId: true }, session, nowMs),
    }),
  },
  {
    name: 'busy is an answer',
    description: 'a turn that was shed is committed as answered',
    servicesOf: (services) =>
      Object.fromEntries(Object.entries(services).map(([name, service]) => [name, failingWhenBusy(service)])),
  },
  {
    name: 'no budget',
    description: 'a turn has no time limit',
    clockOf: (clock) => ({
      ...clock,
      after: (ms, call) => (ms === BUDGET_MS ? () => {} : clock.after(ms, call)),
    }),
  },
]

/** Returns the mutant with this name; without a name, `undefined`, which runs the shipped gateway. */
export const mutantOf = (name?: string): Mutant | undefined => mutants.find((mutant) => mutant.name === name)
