import type { Request, Router } from 'express'
import type { Dialect } from '../../dialects/dialect.ts'
import type { SubscriberView } from '../../services/subscribers.ts'
import { createHandsets } from '../../simulator/handset.ts'
import { createRouteResolver } from '../../simulator/routes.ts'
import type { Route } from '../../simulator/network.ts'
import { createRestcommPush } from '../../simulator/restcomm-push.ts'
import { createTargetCheck } from '../../simulator/targets.ts'
import { handsetAccess, handsetRoutes } from './handsets.ts'
import { networkRoutes } from './network.ts'
import { recordedRoutes } from './recorded.ts'
import { createRecordings } from './recordings.ts'

/** How soon a simulated network notices that somebody does not answer. */
const TICK_MS = 1000

/**
 * The simulated network of a gateway: phones that dial it over HTTP, as an aggregator would.
 *
 * @param usual the dialect that is spoken where none is asked for
 * @param url where this gateway listens, once it does
 * @param codes what the menus are known by
 * @param look the record of a phone's subscriber
 * @param targets other applications that phones may be pointed at; they are shown no token
 */
export function createSimulator(options: {
  readonly dialects: Readonly<Record<string, Dialect>>
  readonly usual: Dialect
  readonly url: () => string
  readonly token: string | undefined
  readonly signatureKey: Uint8Array | undefined
  readonly targets: readonly string[]
  /** Lets through those without the admin token. */
  readonly isAllowed: (request: Request) => boolean
  readonly isAdmin: (request: Request) => boolean
  readonly codes: readonly string[]
  readonly look: (msisdn: string) => Promise<SubscriberView | undefined>
  readonly weaknessOf: (digits: string, msisdn: string) => string | undefined
}): { readonly routes: readonly Router[]; close(): void } {
  const { dialects, usual, url, token, signatureKey, targets, codes, look, weaknessOf } = options
  const own = (dialect: Dialect): Route => ({
    dialect,
    callbackUrl: () => `${url()}/ussd/${dialect.name}`,
    eventsUrl: () => `${url()}/ussd/${dialect.name}/events`,
    token,
    signatureKey,
  })
  const handsets = createHandsets(own(usual))
  const lines = createRouteResolver({ dialects, usual, own, isAllowed: createTargetCheck(targets) })
  const recordings = createRecordings({ codes, look, weaknessOf })
  const access = handsetAccess(options.isAllowed, options.isAdmin)
  const timer = setInterval(() => handsets.tick(), TICK_MS).unref()
  return {
    routes: [
      handsetRoutes({ handsets, lines, recordings, access }),
      recordedRoutes({ recordings, look, access }),
      networkRoutes({ restcomm: createRestcommPush(handsets), access }),
    ],
    close: () => clearInterval(timer),
  }
}
