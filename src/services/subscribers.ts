import { randomUUID } from 'node:crypto'
import type { Language } from '../engine/authoring.ts'
import type { Secret } from '../engine/secret.ts'
import type { Store } from '../gateway/ports.ts'
import { subscriberName } from '../gateway/records/records.ts'
import { createDraft } from '../gateway/records/draft.ts'
import { attemptsLeftOf, pendingOf } from '../gateway/records/record.ts'
import type { RecordDefinition, SealedHash } from '../gateway/records/record.ts'
import type { SubscriberFormat } from '../gateway/records/subscriber-format.ts'
import type { Subscriber } from '../gateway/records/subscriber.ts'
import type { Draft } from '../gateway/records/draft.ts'
import { changeOf } from '../gateway/transaction.ts'
import type { Hashing } from './hashing/hashing.ts'
import { createSecrets } from './secrets.ts'
import type { StoredSecret } from './secrets.ts'
import { hasSecret, subscriberOutput } from './subscriber-input.ts'
import type { SubscriberPatch } from './subscriber-input.ts'
import { createTransactions } from './transactions.ts'

/** A record without its secrets. */
export type SubscriberView = Readonly<{ msisdn: string; language: string } & Record<string, unknown>>

/**
 * The operator's access to subscriber records. MSISDNs are E.164 with `+`. Rejects with `USSD_BUSY` or a fault of the store.
 *
 * A secret with attempts that equals the stored one changes nothing. Another one restores all attempts.
 */
export interface Subscribers {
  put(
    msisdn: string,
    patch: SubscriberPatch,
  ): Promise<{ readonly created: boolean; readonly view: SubscriberView }>
  get(msisdn: string): Promise<SubscriberView | undefined>
  remove(msisdn: string): Promise<boolean>
}

export function createSubscribers(options: {
  readonly store: Store
  readonly hashing: Hashing
  readonly definition: RecordDefinition
  readonly format: SubscriberFormat
  /** The language of a record that has none. */
  readonly defaultLanguage: Language
  readonly budgetMs: number
}): Subscribers {
  const { store, format, budgetMs } = options
  const applyPatch = createPatching(options)
  const viewOf = createView(options)
  const run = createTransactions(store, budgetMs)

  return {
    put(msisdn, patch) {
      const idempotencyKey = randomUUID()
      const signal = AbortSignal.timeout(budgetMs)
      const name = subscriberName(msisdn)
      return run(msisdn, [name], async ({ records: [record], nowMs }) => {
        const draft = createDraft({
          subscriber: record ? format.parse(record.value) : format.create(),
          msisdn,
          idempotencyKey,
          atMs: nowMs,
          by: 'operator',
          format,
        })
        const change = record ? 'subscriber-changed' : 'subscriber-created'
        await applyPatch(patch, change, { msisdn, draft, signal })
        return {
          result: { created: !record, view: viewOf(msisdn, draft.current) },
          changes: [changeOf(name, record, format.put(draft.current))],
          journal: draft.journal,
        }
      })
    },

    get(msisdn) {
      return run(msisdn, [subscriberName(msisdn)], ({ records: [record] }) => ({
        result: record && viewOf(msisdn, format.parse(record.value)),
      }))
    },

    remove(msisdn) {
      const idempotencyKey = randomUUID()
      const name = subscriberName(msisdn)
      return run<boolean>(msisdn, [name], ({ records: [record], nowMs }) => {
        if (!record) return { result: false }
        const draft = createDraft({
          subscriber: format.create(),
          msisdn,
          idempotencyKey,
          atMs: nowMs,
          by: 'operator',
          format,
        })
        draft.change({}, 'subscriber-removed')
        return {
          result: true,
          changes: [changeOf(name, record, { kind: 'delete' })],
          journal: draft.journal,
        }
      })
    },
  }
}

/** Creates the function that applies a patch to a draft, with its secrets hashed, and adds the journal entries. */
function createPatching({
  definition,
  hashing,
}: {
  readonly definition: RecordDefinition
  readonly hashing: Hashing
}) {
  const forms = Object.entries(definition.secrets)
  const secrets: Readonly<Record<string, StoredSecret>> = createSecrets(definition, hashing)

  return async (
    patch: SubscriberPatch,
    change: 'subscriber-changed' | 'subscriber-created',
    to: { readonly msisdn: string; readonly draft: Draft; readonly signal: AbortSignal },
  ): Promise<void> => {
    const { msisdn, draft, signal } = to
    const fields = Object.fromEntries(Object.entries(patch).filter(([name]) => !Object.hasOwn(secrets, name)))
    const unlocked = forms.filter(([name]) => fields[attemptsLeftOf(name)] !== undefined)
    draft.change(
      {
        ...fields,
        ...Object.fromEntries(unlocked.map(([name]) => [pendingOf(name), []])),
      } as SubscriberPatch,
      change,
    )
    for (const [name, { attempts }] of forms) {
      const secret = patch[name] as Secret | undefined
      if (!secret) continue
      const of = { msisdn, subscriber: draft, signal }
      if (attempts === undefined) await secrets[name]?.set(secret, of)
      else if (!(await isStored(name, secret))) await secrets[name]?.setSilently(secret, of)
    }

    /** A hash under an unknown key cannot be compared, so it is replaced. */
    async function isStored(name: string, secret: Secret): Promise<boolean> {
      const stored = draft.current[name] as SealedHash | null
      if (!stored || !hashing.isKnown(stored)) return false
      return (await hashing.verify(stored, name, msisdn, secret, { signal })).matches
    }
  }
}

function createView({
  definition,
  defaultLanguage,
}: {
  readonly definition: RecordDefinition
  readonly defaultLanguage: Language
}) {
  const secrets = Object.keys(definition.secrets)
  const visible = Object.keys(subscriberOutput(definition).shape)
  return (msisdn: string, subscriber: Subscriber): SubscriberView => {
    const view: Readonly<Record<string, unknown>> = {
      ...subscriber,
      msisdn,
      language: subscriber.language || defaultLanguage,
      ...Object.fromEntries(secrets.map((name) => [hasSecret(name), subscriber[name] !== null])),
    }
    return Object.fromEntries(visible.map((name) => [name, view[name]])) as SubscriberView
  }
}
