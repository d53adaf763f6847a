import { UssdError } from '../../../src/engine/errors.ts'
import type { Services } from '../../../src/gateway/effects.ts'
import type { Keyring, Purpose } from '../../../src/gateway/records/keyring.ts'
import type { Change, LoadedRecords, RecordName, Store } from '../../../src/gateway/ports.ts'
import type { Session } from '../../../src/gateway/records/session.ts'
import type { TurnClass, TurnClassifier } from '../../../src/gateway/turn-identity.ts'
import { keysOf } from './keys.ts'
import { BUDGET_MS } from './schedule.ts'
import type { Form } from './schedule.ts'
import type { Variant } from './variant.ts'

/** Of a commit that did not happen. */
const NO_VERSION = '0'.repeat(16)

/** A rule left out, and what a run that does not notice would have to say. */
export interface Mutant extends Variant {
  readonly name: string
  readonly says: string
  /** Where it makes a difference; in all forms unless it is said. */
  readonly forms?: readonly Form[]
}

/** Where a callback has a place among others, it can be out of step. */
const withPlaces: readonly Form[] = ['cumulative', 'deep-cumulative', 'sequenced']

/** Every callback is a turn: what it typed last is typed. */
function taken(
  recognised: TurnClass,
  callback: Parameters<TurnClassifier['classify']>[0],
  session: Session | undefined,
): TurnClass {
  const { reported: heard } = callback
  const id = recognised.kind === 'repeat' ? recognised.receipt.turn : `${JSON.stringify(heard)}`
  const key = session?.key ?? keysOf(['old']).id
  if (heard.kind === 'cumulative') {
    if (heard.text === '') return { kind: 'begin', id, key, heard: 0 }
    const typed = heard.text.slice(heard.text.lastIndexOf('*') + 1)
    return { kind: 'reply', id, key, heard: heard.text.length, typed }
  }
  const place = heard.kind === 'sequenced' ? heard.number : 0
  if (heard.typed === undefined) return { kind: 'begin', id, key, heard: place }
  return { kind: 'reply', id, key, heard: place, typed: heard.typed }
}

const recognising =
  (recognise: (real: TurnClassifier, ...of: Parameters<TurnClassifier['classify']>) => TurnClass) =>
  (real: TurnClassifier): TurnClassifier => ({
    classify: (callback, session, nowMs) => recognise(real, callback, session, nowMs),
  })

/** The store, but for what becomes of a commit. */
const committing =
  (commit: (store: Store, ...of: Parameters<Store['commit']>) => ReturnType<Store['commit']>) =>
  (store: Store): Store => ({ ...store, commit: (one) => commit(store, one) })

/** After a conflict the records are loaded again, but the session is taken for what it was. */
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

/** The reservation is made in the draft of the very turn that compares: it is committed with what came of it. */
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

/** Its receipts, none of them later than now. */
const withPastReceipts = (session: Session, nowMs: number): Session => ({
  ...session,
  receipts: session.receipts.map((receipt) => ({ ...receipt, atMs: Math.min(receipt.atMs, nowMs) })),
})

/** Digests of secrets under the current key where theirs is unknown. */
function guessing(keyring: Keyring): Keyring['mac'] {
  const isOfSecret = (purpose: Purpose) => purpose === 'puk1' || purpose === 'password'
  const mac = (purpose: Purpose, parts: readonly string[], keyId: string = keyring.id) =>
    keyring.mac(purpose, parts, keyId) ?? (isOfSecret(purpose) ? keyring.mac(purpose, parts) : undefined)
  return mac as Keyring['mac']
}

/** What finds no room fails for good. */
const failing =
  (service: Services[string]): Services[string] =>
  (input, call) =>
    service(input, call).catch((error: unknown) => {
      const isBusy = error instanceof UssdError && error.code === 'USSD_BUSY'
      throw isBusy ? new UssdError('USSD_SERVICE_FAILED') : error
    })

export const mutants: readonly Mutant[] = [
  {
    name: 'no receipts',
    says: 'a callback that was answered runs again',
    transcriptsOf: recognising((real, callback, session, nowMs) => {
      const recognised = real.classify(callback, session, nowMs)
      return recognised.kind === 'repeat' ? taken(recognised, callback, session) : recognised
    }),
  },
  {
    name: 'receipts by place',
    says: 'what comes in the place of an answered turn is shown its answer',
    forms: withPlaces,
    transcriptsOf: recognising((real, callback, session, nowMs) => {
      const recognised = real.classify(callback, session, nowMs)
      const { reported: heard } = callback
      const place =
        heard.kind === 'sequenced' ? heard.number : heard.kind === 'cumulative' ? heard.text.length : -1
      const receipt = session?.receipts.at(-1)
      return recognised.kind === 'out-of-step' && receipt && place === session?.heard
        ? { kind: 'repeat', receipt }
        : recognised
    }),
  },
  {
    name: 'no step check',
    says: 'a callback out of step is taken for the next answer',
    forms: withPlaces,
    transcriptsOf: recognising((real, callback, session, nowMs) => {
      const recognised = real.classify(callback, session, nowMs)
      return recognised.kind === 'out-of-step' ? taken(recognised, callback, session) : recognised
    }),
  },
  {
    name: 'no end',
    says: 'a dialogue that has ended is begun again',
    transcriptsOf: recognising((real, callback, session, nowMs) => {
      const recognised = real.classify(callback, session, nowMs)
      return recognised.kind === 'ended' ? taken(recognised, callback, session) : recognised
    }),
  },
  {
    name: 'no subscriber version',
    says: 'a subscriber that has moved is written over',
    without: 'subscriber-version',
  },
  {
    name: 'no session version',
    says: 'a session that has moved is written over',
    without: 'session-version',
  },
  { name: 'no deadline', says: 'a commit is carried out whenever it arrives', without: 'deadline' },
  {
    name: 'journal apart',
    says: 'the journal is written before the versions are compared',
    without: 'together',
  },
  {
    name: 'late is ok',
    says: 'a commit that was refused as late counts as done',
    storeOf: committing(async (store, one) => {
      const committed = await store.commit(one)
      return committed.kind === 'late' ? { kind: 'ok', version: NO_VERSION } : committed
    }),
  },
  {
    name: 'unknown is ok',
    says: 'a commit whose answer was lost counts as done',
    storeOf: committing((store, one) =>
      store.commit(one).catch((error: unknown) => {
        if (error instanceof UssdError && error.code === 'USSD_STORE_UNAVAILABLE') {
          return { kind: 'ok', version: NO_VERSION } as const
        }
        throw error
      }),
    ),
  },
  {
    name: 'not recognised again',
    says: 'after a conflict the turn is run on the session as it was',
    storeOf: keepsSession,
  },
  {
    name: 'far deadline',
    says: 'a commit may be carried out when its turn is over',
    storeOf: committing((store, one) => store.commit({ ...one, deadlineMs: one.deadlineMs + 5000 })),
  },
  {
    name: 'no life',
    says: 'a session stays for ever',
    storeOf: committing((store, one) =>
      store.commit({
        ...one,
        changes: one.changes.map((change) => ({ ...change, write: lasting(change.write) })),
      }),
    ),
  },
  {
    name: 'entries by turn',
    says: 'an entry of the journal is named after the turn id alone, which comes again where nothing is numbered',
    forms: ['latest-only'],
    storeOf: committing((store, one) =>
      store.commit({ ...one, journal: one.journal.map((entry) => entry.replace(/:\d+(:\d+",)/, '$1')) }),
    ),
  },
  {
    name: 'compares first',
    says: 'a guess of PUK1 is compared before its attempt is counted',
    servicesOf: (services) => ({ ...services, openAccess: comparingFirst(services) }),
  },
  {
    name: 'unknown key is wrong',
    says: 'a secret under a key that a gateway has not is compared under another',
    keyringOf: (keyring) => ({ ...keyring, mac: guessing(keyring) }),
  },
  {
    name: 'no lower bound',
    says: 'a commit may be carried out by a clock that was set back',
    storeOf: committing((store, { loadedMs: _loadedMs, ...one }) => store.commit(one)),
  },
  {
    name: 'repeats from the future',
    says: 'an answer is a copy of one that seems to be given later',
    forms: ['latest-only'],
    transcriptsOf: recognising((real, callback, session, nowMs) =>
      real.classify(callback, session && withPastReceipts(session, nowMs), nowMs),
    ),
  },
  {
    name: 'secrets by time',
    says: 'the same secret again is a copy for a while alone',
    forms: ['latest-only'],
    transcriptsOf: recognising((real, callback, session, nowMs) =>
      real.classify(callback, session && { ...session, asksAgain: true }, nowMs),
    ),
  },
  {
    name: 'no deliveries',
    says: 'a signed callback is remembered by the receipts of its session alone',
    storeOf: committing((store, one) =>
      store.commit({ ...one, changes: one.changes.filter(({ name }) => !name.startsWith('delivery:')) }),
    ),
  },
  {
    name: 'a begin begins',
    says: 'where nothing is numbered, what begins a dialogue always does',
    forms: ['latest-only'],
    transcriptsOf: recognising((real, callback, session, nowMs) =>
      real.classify({ ...callback, reusesSessionId: true }, session, nowMs),
    ),
  },
  {
    name: 'busy is an answer',
    says: 'what was not done for want of room is committed as the answer of its turn',
    servicesOf: (services) =>
      Object.fromEntries(Object.entries(services).map(([name, service]) => [name, failing(service)])),
  },
  {
    name: 'no budget',
    says: 'a turn ends when it ends',
    clockOf: (clock) => ({
      ...clock,
      after: (ms, call) => (ms === BUDGET_MS ? () => {} : clock.after(ms, call)),
    }),
  },
]

/** How a mutant is found by its name. */
export const mutantOf = (name: string): Mutant | undefined => mutants.find((mutant) => mutant.name === name)

const lasting = (write: Change['write']): Change['write'] =>
  write.kind === 'put' ? { kind: 'put', value: write.value } : write
