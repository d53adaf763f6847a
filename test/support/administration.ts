import { Secret } from '../../src/engine/secret.ts'
import type { Store } from '../../src/gateway/ports.ts'
import type { Routes } from '../../menus/record.ts'
import { createSelfCare } from '../../menus/services/self-care.ts'
import { createAdministration } from '../../menus/services/administration.ts'
import { createDigestArgon2 } from './digest-argon2.ts'
import { assemble, recordOf } from './gateway.ts'
import { journalOf } from './journal.ts'

/** Creates a gateway with self-care and administration over a store. */
export function createOffice(store: Store) {
  const gateway = assemble(store, { argon2: createDigestArgon2() })
  const kit = gateway.core.routeKit as Routes
  const selfCare = createSelfCare(kit)

  return {
    gateway,
    selfCare,
    register: gateway.register,
    kit,
    administration: createAdministration(kit),
    /** Creates the administration of another process, or over a faulty store. */
    another: (over: Store = store) => createAdministration({ ...kit, store: over }),

    /** Logs in and returns the token; throws when the log-in fails. */
    async tokenOf(msisdn: string, password: string): Promise<string> {
      const loggedIn = await selfCare.logIn(msisdn, new Secret(password))
      if (loggedIn.kind !== 'logged-in') throw new Error(`The log-in result was ${loggedIn.kind}.`)
      return loggedIn.token
    },

    recordOf: (msisdn: string) => recordOf(store, msisdn),

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
