import { Secret } from '../../src/engine/secret.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { bucketOf, subscriberName } from '../../src/gateway/records/records.ts'
import type { Subscriber } from '../../src/gateway/records/subscriber.ts'
import { createAdministration } from '../../src/services/administration.ts'
import { createDigestArgon2 } from './digest-argon2.ts'
import { assemble } from './gateway.ts'
import { journalOf } from './journal.ts'

const budgetMs = 15_000

/** Creates a gateway with self-care and administration over a store. */
export function createOffice(store: Store) {
  const gateway = assemble(store, { argon2: createDigestArgon2() })
  const { selfCare, administration } = gateway.core

  return {
    gateway,
    selfCare,
    register: (...args: Parameters<typeof gateway.register>) => gateway.register(...args),
    administration,
    /** Creates the administration of another process, or over a faulty store. */
    another: (over: Store = store) => createAdministration({ store: over, budgetMs }),

    /** Logs in and returns the token; throws when the log-in fails. */
    async tokenOf(msisdn: string, password: string): Promise<string> {
      const loggedIn = await selfCare.logIn(msisdn, new Secret(password))
      if (loggedIn.kind !== 'logged-in') throw new Error(`The log-in result was ${loggedIn.kind}.`)
      return loggedIn.token
    },

    /** Returns the stored record with its version. */
    async recordOf(msisdn: string) {
      const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
      return records[0] && { ...(JSON.parse(records[0].value) as Subscriber), version: records[0].version }
    },

    /** Returns the access changes of a number, oldest first, as `access-opened by administrator`. */
    async journalOf(msisdn: string): Promise<string[]> {
      return (await journalOf(store, msisdn))
        .filter(({ change }) => change.startsWith('access-'))
        .map(({ change, by }) => `${change} by ${by}`)
    },
  }
}

/** Wraps a store and runs an action before its first commit. */
export function beforeFirstCommit(store: Store, action: () => Promise<unknown>): Store {
  let isPending = true
  return {
    ...store,
    async commit(commit) {
      if (isPending) {
        isPending = false
        await action()
      }
      return store.commit(commit)
    },
  }
}
