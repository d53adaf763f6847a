import type { Router } from 'express'
import { africastalking } from '../../dialects/africastalking.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import type { RecordDefinition } from '../../gateway/records/record.ts'
import type { SubscriberView } from '../../services/subscribers.ts'
import { createHandsets } from '../../simulator/handset.ts'
import { createRouteResolver } from '../../simulator/routes.ts'
import type { Route } from '../../simulator/network.ts'
import { createRestcommPush } from '../../simulator/restcomm-push.ts'
import { createTargetCheck } from '../../simulator/targets.ts'
import { weakness } from '../../services/weak-password.ts'
import type { Numbering } from '../../ussd/numbering.ts'
import { isLoopback } from '../../loopback.ts'
import { createTokenCheck } from '../tokens.ts'
import { handsetAccess, handsetRoutes } from './handsets.ts'
import { networkRoutes } from './network.ts'
import { recordedRoutes } from './recorded.ts'
import { createRecordings } from './recordings.ts'

/** The interval at which the simulated network looks for expired dialogues. */
const TICK_MS = 1000

export interface SimulatorOptions {
  readonly dialects: Readonly<Record<string, Dialect>>
  /** The address of this gateway; read on each call, because it is known only after `listen()`. */
  readonly url: () => string
  /** The host that the gateway listens on. A loopback host opens the phones to this machine. */
  readonly host: string
  readonly callbackToken: string | undefined
  readonly signatureKey: Uint8Array | undefined
  /** Opens the phones to any machine. */
  readonly adminToken: string | undefined
  /** Other applications that phones may call. They are sent no token. */
  readonly targets: readonly string[]
  /** The codes of the menus and the record, for recordings. */
  readonly codes: readonly string[]
  readonly record: RecordDefinition
  /** The numbers that dial this gateway. */
  readonly numbering: Numbering
  readonly getSubscriber: (msisdn: string) => Promise<SubscriberView | undefined>
}

/** The simulated network of this gateway: phones that dial it over HTTP, as an aggregator would. */
export function createSimulator(options: SimulatorOptions): {
  readonly routes: readonly Router[]
  close(): void
} {
  const { dialects, url, host, callbackToken: token, signatureKey, adminToken } = options
  const { codes, record, numbering, getSubscriber } = options
  const own = (dialect: Dialect): Route => ({
    dialect,
    callbackUrl: () => `${url()}/ussd/${dialect.name}`,
    eventsUrl: () => `${url()}/ussd/${dialect.name}/events`,
    token,
    signatureKey,
  })
  const handsets = createHandsets(own(africastalking))
  const resolveRoute = createRouteResolver({
    dialects,
    defaultDialect: africastalking,
    own,
    isAllowed: createTargetCheck(options.targets),
  })
  const recordings = createRecordings({
    codes,
    record,
    getSubscriber,
    weaknessOf: (digits, msisdn) => weakness(digits, { msisdn, thisYear: new Date().getUTCFullYear() }),
  })
  // A caller of these routes can act as any subscriber. From another machine only the operator may.
  const isAdmin = adminToken === undefined ? () => false : createTokenCheck(adminToken)
  const access = handsetAccess(() => isLoopback(host), isAdmin)
  const timer = setInterval(() => handsets.tick(), TICK_MS).unref()
  return {
    routes: [
      handsetRoutes({ numbering, handsets, resolveRoute, recordings, access }),
      recordedRoutes({ numbering, recordings, getSubscriber, access }),
      networkRoutes({ restcomm: createRestcommPush(handsets), access }),
    ],
    close: () => clearInterval(timer),
  }
}
