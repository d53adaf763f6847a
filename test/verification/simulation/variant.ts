import type { Clock } from '../../../src/gateway/clock.ts'
import type { Services } from '../../../src/gateway/effects.ts'
import type { Keyring } from '../../../src/gateway/records/keyring.ts'
import type { Store } from '../../../src/gateway/ports.ts'
import type { TurnClassifier } from '../../../src/gateway/turn-identity.ts'
import type { StoreRule } from './model-store.ts'

/** A gateway or a store with something left out; nothing left out is what is simulated otherwise. */
export interface Variant {
  readonly without?: StoreRule
  readonly clockOf?: (clock: Clock) => Clock
  readonly storeOf?: (store: Store) => Store
  readonly transcriptsOf?: (transcripts: TurnClassifier) => TurnClassifier
  readonly keyringOf?: (keyring: Keyring) => Keyring
  readonly servicesOf?: (services: Services) => Services
}
