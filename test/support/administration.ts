import { Secret } from '../../src/engine/secret.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { bucketOf, subscriberName } from '../../src/gateway/records/records.ts'
import type { JournalRecord, Subscriber } from '../../src/gateway/records/subscriber.ts'
import { createAdministration } from '../../src/services/administration.ts'
import { createDigestArgon2 } from './digest-argon2.ts'
import { assemble } from './gateway.ts'

const budgetMs = 15_000

/** A gateway, self-care and its administrators over a store. */
export function createOffice(store: Store) {
  const gateway = assemble(store, { argon2: createDigestArgon2() })
  const { selfCare, administration } = gateway.core

  return {
    gateway,
    selfCare,
    register: (...given: Parameters<typeof gateway.register>) => gateway.register(...given),
    administration,
    /** The same in another process, or over a store that misbehaves. */
    another: (over: Store = store) => createAdministration({ store: over, budgetMs }),

    /** Logs in where that must succeed. */
    async tokenOf(msisdn: string, password: string): Promise<string> {
      const loggedIn = await selfCare.logIn(msisdn, new Secret(password))
      if (loggedIn.kind !== 'in') throw new Error(`the log-in was ${loggedIn.kind}`)
      return loggedIn.token
    },

    /** The record as it is stored, with its version. */
    async recordOf(msisdn: string) {
      const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
      return records[0] && { ...(JSON.parse(records[0].value) as Subscriber), version: records[0].version }
    },

    /** What the journal says of access to a number, oldest first, as `access-opened by administrator`. */
    async journalOf(msisdn: string): Promise<string[]> {
      const entries = await store.readJournal(bucketOf(msisdn), undefined, 10_000)
      return entries
        .map(({ entry }) => JSON.parse(entry) as JournalRecord)
        .filter((entry) => entry.msisdn === msisdn && entry.change.startsWith('access-'))
        .map(({ change, by }) => `${change} by ${by}`)
    },
  }
}

/** The store, where something else happens between the first load and its commit. */
export function meanwhile(store: Store, happens: () => Promise<unknown>): Store {
  let isDue = true
  return {
    ...store,
    async commit(commit) {
      if (isDue) {
        isDue = false
        await happens()
      }
      return store.commit(commit)
    },
  }
}
