/** What a walkthrough does at the self-care site, as HTTP requests. */
import { z } from 'zod'
import { TargetError } from './target.ts'
import type { TargetGateway } from './target.ts'
import type { Action, Walkthrough } from '../script/walkthrough.ts'

export type SelfCareAction = Extract<Action, { kind: 'log-in' | 'visit' | 'set-password' | 'manage' }>

export interface SelfCareClient {
  /** Does it as the subscriber of that phone; resolves with the HTTP status. Rejects with `Unusable`. */
  act(who: string, action: SelfCareAction): Promise<number>
  /** Logs in to see whether the password is this one: resolves with the HTTP status. */
  tries(msisdn: string, password: string): Promise<number>
}

/** The site of a gateway, with the sessions that the phones' subscribers have begun there. */
export function createSelfCareClient(
  gateway: TargetGateway,
  handsets: Walkthrough['handsets'],
): SelfCareClient {
  const tokens = new Map<string, string>()

  const numberOf = (who: string): string => {
    const phone = handsets[who]
    if (!phone) throw new TargetError(`there is no phone '${who}'`)
    return phone.msisdn
  }
  const logIn = (msisdn: string, password: string) =>
    gateway.request({ method: 'POST', path: '/self-care/sessions', body: { msisdn, password } })

  return {
    async act(who, action) {
      const msisdn = numberOf(who)
      const token = tokens.get(who)
      switch (action.kind) {
        case 'log-in': {
          const { status, body } = await logIn(msisdn, action.password)
          const begun = tokenIn(body)
          if (status === 201 && begun !== undefined) tokens.set(who, begun)
          return status
        }
        case 'visit':
          return (await gateway.request({ method: 'GET', path: '/self-care/session', token })).status
        case 'set-password': {
          const { puk1, password } = action
          const body = { msisdn, puk1, password }
          return (await gateway.request({ method: 'POST', path: '/self-care/password', body })).status
        }
        case 'manage': {
          const path = `/self-care/subscribers/${numberOf(action.of)}/access`
          return (await gateway.request({ method: 'PUT', path, token, body: { access: action.access } }))
            .status
        }
      }
    },

    tries: async (msisdn, password) => (await logIn(msisdn, password)).status,
  }
}

function tokenIn(body: unknown): string | undefined {
  const parsed = z.object({ token: z.string() }).safeParse(body)
  return parsed.success ? parsed.data.token : undefined
}
