/** What walkthroughs are walked on over HTTP: a gateway that runs elsewhere, or somebody's application. */
import type { Dialect } from '../../dialects/dialect.ts'
import type { Route } from '../../simulator/network.ts'
import { TargetError } from '../../walkthrough/run/target.ts'
import type { Target, TargetGateway } from '../../walkthrough/run/target.ts'
import { ask } from './ask.ts'

/**
 * An application that runs elsewhere. A gateway of ours is known by its address, `/ussd/<dialect>`; with its admin token,
 * subscribers can be registered there; they are removed when the target is closed. A number that is registered there already
 * is left alone unless `existing` says that it may go.
 */
export function remoteTarget(options: {
  readonly callbackUrl: URL
  readonly eventsUrl?: string | undefined
  readonly dialect: Dialect
  readonly network?: Pick<Route, 'profile' | 'faults'>
  readonly callbackToken: string | undefined
  readonly signatureKey?: Uint8Array | undefined
  readonly adminToken: string | undefined
  readonly existing: 'keep' | 'overwrite'
}): Target {
  const { callbackUrl, dialect, network = {}, callbackToken, adminToken, existing } = options
  const isOurs = /^\/ussd\/[\w-]+$/.test(callbackUrl.pathname)
  const events = new URL(callbackUrl)
  events.pathname += '/events'
  const gateway = isOurs ? remoteGateway(callbackUrl.origin, adminToken, existing) : undefined
  return {
    clock: undefined,
    route: {
      dialect,
      callbackUrl: callbackUrl.href,
      eventsUrl: options.eventsUrl ?? (isOurs ? events.href : undefined),
      token: callbackToken,
      signatureKey: options.signatureKey,
      ...network,
    },
    gateway,
    close: async () => gateway?.removeRegistered(),
  }
}

function remoteGateway(
  origin: string,
  adminToken: string | undefined,
  existing: 'keep' | 'overwrite',
): TargetGateway & { removeRegistered(): Promise<void> } {
  const registered = new Set<string>()
  const administer = async (method: 'GET' | 'PUT' | 'DELETE', msisdn: string, body?: object) => {
    if (adminToken === undefined)
      throw new TargetError('the subscribers of a running gateway need its ADMIN_TOKEN in the environment')
    const answer = await ask(origin, {
      method,
      path: `/subscribers/${msisdn}`,
      token: adminToken,
      ...(body && { body }),
    })
    if (answer.status === 401) throw new TargetError('the gateway does not know this ADMIN_TOKEN')
    if (answer.status >= 400 && answer.status !== 404)
      throw new TargetError(`the gateway answered ${answer.status} where the operator set a subscriber`)
    return answer
  }
  return {
    async register({ msisdn, puk1AttemptsLeft, ...fields }) {
      if (puk1AttemptsLeft !== undefined && puk1AttemptsLeft !== 10)
        throw new TargetError('PUK1 attempts can be set only where the gateway is in this process')
      const { status } = await administer('GET', msisdn)
      if (status !== 404) {
        if (existing === 'keep')
          throw new TargetError(`${msisdn} is registered there already: --overwrite replaces its record`)
        await administer('DELETE', msisdn)
      }
      registered.add(msisdn)
      await administer('PUT', msisdn, fields)
    },
    change: async (msisdn, patch) => void (await administer('PUT', msisdn, patch)),
    async getSubscriber(msisdn) {
      const { status, body } = await administer('GET', msisdn)
      return status === 404 ? undefined : (body as Awaited<ReturnType<TargetGateway['getSubscriber']>>)
    },
    request: (request) => ask(origin, request),
    performed: undefined,
    async removeRegistered() {
      for (const msisdn of registered) await administer('DELETE', msisdn)
      registered.clear()
    },
  }
}
