/** Remote targets of walkthroughs: a running gateway, or any application behind a callback. */
import { z } from 'zod'
import type { Dialect } from '../../dialects/dialect.ts'
import type { NetworkOptions } from '../../simulator/routes.ts'
import { TargetError } from '../../walkthrough/run/target.ts'
import type { Target, TargetGateway } from '../../walkthrough/run/target.ts'
import { ask } from './ask.ts'

/**
 * Creates a target for a running application. The path `/ussd/<dialect>` identifies a gateway of this project. With its admin
 * token, subscribers are registered there and removed on close. An existing record is kept unless `existing` is `overwrite`.
 */
export function remoteTarget(options: {
  readonly callbackUrl: URL
  readonly eventsUrl?: string | undefined
  readonly dialect: Dialect
  readonly network?: NetworkOptions
  readonly callbackToken: string | undefined
  readonly signatureKey?: Uint8Array | undefined
  readonly adminToken: string | undefined
  readonly existing: 'keep' | 'overwrite'
}): Target {
  const { callbackUrl, dialect, network = {}, callbackToken, adminToken, existing } = options
  const isGateway = /^\/ussd\/[\w-]+$/.test(callbackUrl.pathname)
  const events = new URL(callbackUrl)
  events.pathname += '/events'
  const gateway = isGateway ? remoteGateway(callbackUrl.origin, adminToken, existing) : undefined
  return {
    clock: undefined,
    route: {
      dialect,
      callbackUrl: callbackUrl.href,
      eventsUrl: options.eventsUrl ?? (isGateway ? events.href : undefined),
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
      throw new TargetError('registering subscribers on a running gateway needs its token: set ADMIN_TOKEN')
    const answer = await ask(origin, {
      method,
      path: `/subscribers/${msisdn}`,
      token: adminToken,
      ...(body && { body }),
    })
    if (answer.status === 401) throw new TargetError('the gateway rejected this ADMIN_TOKEN')
    if (answer.status >= 400 && answer.status !== 404)
      throw new TargetError(
        `the gateway answered ${method} /subscribers/${msisdn} with status ${answer.status}${messageOf(answer.body)}`,
      )
    return answer
  }
  return {
    async register({ msisdn, ...fields }) {
      const { status } = await administer('GET', msisdn)
      if (status !== 404) {
        if (existing === 'keep')
          throw new TargetError(
            `${msisdn} is already registered there: use --overwrite to replace its record`,
          )
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

/** The message of an error. A gateway of this project never quotes values in it. */
function messageOf(body: unknown): string {
  const parsed = z.object({ error: z.object({ message: z.string().max(200) }) }).safeParse(body)
  return parsed.success ? `: ${parsed.data.error.message}` : ''
}
