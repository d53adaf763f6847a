import type { Project } from '../gateway/project.ts'
import type { Keyring } from '../gateway/records/keyring.ts'
import type { RecordDefinition, SubscriberOf } from '../gateway/records/record.ts'
import type { SubscriberFormat } from '../gateway/records/subscriber-format.ts'
import type { Store } from '../gateway/ports.ts'
import type { Numbering } from '../ussd/numbering.ts'
import type { Hashing } from './hashing/hashing.ts'
import type { HashingLanes } from './hashing/lanes.ts'
import { createSeal } from './seal.ts'
import type { Seal } from './seal.ts'
import { createSecrets } from './secrets.ts'
import type { SecretsOf } from './secrets.ts'
import type { WeakPasswordPolicy } from './weak-password.ts'

/** What the bodies of effects may use. */
export interface ServiceKit<D extends RecordDefinition = RecordDefinition> {
  /** The secrets of the record, by name. */
  readonly secrets: SecretsOf<D>
  /** Digests for secrets that are entered twice. */
  readonly seal: Seal
  readonly weakPasswords: WeakPasswordPolicy
  /** Of the project. */
  readonly timeZone: string
  readonly currency: string | undefined
}

/** What the project's routes may use. */
export interface RouteKit<D extends RecordDefinition = RecordDefinition> extends ServiceKit<D> {
  readonly hashing: Hashing
  readonly keyring: Keyring
  /** For `createTransactions` and `createRequests`. */
  readonly store: Store
  /** The time for one request, in milliseconds. */
  readonly budgetMs: number
  /** Reads and writes the records of subscribers. */
  readonly format: SubscriberFormat<SubscriberOf<D>>
  readonly numbering: Numbering
}

/** Creates what the services and the routes of a project use. Each has its own lane of hashing. */
export function createKits(
  { record, numbering, timeZone, currency }: Project,
  parts: {
    readonly lanes: Pick<HashingLanes, 'turns' | 'requests'>
    readonly format: SubscriberFormat
  } & Pick<RouteKit, 'weakPasswords' | 'keyring' | 'store' | 'budgetMs'>,
): { readonly services: ServiceKit; readonly routes: RouteKit } {
  const { lanes, weakPasswords, format, ...rest } = parts
  const shared = { seal: createSeal(rest.keyring), weakPasswords, timeZone, currency }
  return {
    services: { ...shared, secrets: createSecrets(record, lanes.turns) },
    routes: {
      ...shared,
      ...rest,
      numbering,
      format: format as unknown as RouteKit['format'],
      hashing: lanes.requests,
      secrets: createSecrets(record, lanes.requests),
    },
  }
}
