/** What walkthroughs are walked on over HTTP: a gateway that runs elsewhere, or somebody's application. */
import type { Dialect } from '../../src/dialects/dialect.ts'
import type { Line } from '../../src/simulator/network.ts'
import { Unusable } from '../../src/walkthrough/target.ts'
import type { Target, TargetGateway } from '../../src/walkthrough/target.ts'
import { ask } from './ask.ts'

/**
 * An application that runs elsewhere. A gateway of ours is known by its address, `/ussd/<dialect>`; with its admin token,
 * subscribers can be registered there.
 */
export function remoteTarget(options: {
  readonly callbackUrl: URL
  readonly eventsUrl?: string | undefined
  readonly dialect: Dialect
  readonly network?: Pick<Line, 'profile' | 'faults'>
  readonly callbackToken: string | undefined
  readonly signatureKey?: Uint8Array | undefined
  readonly adminToken: string | undefined
}): Target {
  const { callbackUrl, dialect, network = {}, callbackToken, adminToken } = options
  const isOurs = /^\/ussd\/[\w-]+$/.test(callbackUrl.pathname)
  const events = new URL(callbackUrl)
  events.pathname += '/events'
  return {
    clock: undefined,
    line: {
      dialect,
      callbackUrl: callbackUrl.href,
      eventsUrl: options.eventsUrl ?? (isOurs ? events.href : undefined),
      token: callbackToken,
      signatureKey: options.signatureKey,
      ...network,
    },
    gateway: isOurs ? remoteGateway(callbackUrl.origin, adminToken) : undefined,
    close: async () => {},
  }
}

function remoteGateway(origin: string, adminToken: string | undefined): TargetGateway {
  const administer = async (method: 'GET' | 'PUT' | 'DELETE', msisdn: string, body?: object) => {
    if (adminToken === undefined)
      throw new Unusable('the subscribers of a running gateway need its ADMIN_TOKEN in the environment')
    const answer = await ask(origin, {
      method,
      path: `/subscribers/${msisdn}`,
      token: adminToken,
      ...(body && { body }),
    })
    if (answer.status === 401) throw new Unusable('the gateway does not know this ADMIN_TOKEN')
    if (answer.status >= 400 && answer.status !== 404)
      throw new Unusable(`the gateway answered ${answer.status} where the operator set a subscriber`)
    return answer
  }
  return {
    async register({ msisdn, puk1AttemptsLeft, ...fields }) {
      if (puk1AttemptsLeft !== undefined && puk1AttemptsLeft !== 10)
        throw new Unusable('PUK1 attempts can be set only where the gateway is in this process')
      await administer('DELETE', msisdn)
      await administer('PUT', msisdn, fields)
    },
    change: async (msisdn, patch) => void (await administer('PUT', msisdn, patch)),
    async look(msisdn) {
      const { status, body } = await administer('GET', msisdn)
      return status === 404 ? undefined : (body as Awaited<ReturnType<TargetGateway['look']>>)
    },
    ask: (request) => ask(origin, request),
    performed: undefined,
  }
}
