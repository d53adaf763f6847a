import type { Clock } from '../../../src/gateway/clock.ts'
import type { Services } from '../../../src/gateway/effects.ts'
import type { Keyring } from '../../../src/gateway/records/keyring.ts'
import type { Store } from '../../../src/gateway/ports.ts'
import type { TurnClassifier } from '../../../src/gateway/turn-identity.ts'
import type { StoreRule } from './model-store.ts'

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
