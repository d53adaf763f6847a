/** The self-care actions of a walkthrough as HTTP requests. */
import { z } from 'zod'
import { TargetError } from './target.ts'
import type { TargetGateway } from './target.ts'
import type { Action, Walkthrough } from '../script/walkthrough.ts'

export type SelfCareAction = Extract<Action, { kind: 'log-in' | 'visit' | 'set-password' | 'manage' }>

export interface SelfCareClient {
  /** Performs the action as the subscriber of the phone `who` and returns the HTTP status. Rejects with `TargetError`. */
  perform(who: string, action: SelfCareAction): Promise<number>
  /** Logs in to check a password and returns the HTTP status. */
  logInStatus(msisdn: string, password: string): Promise<number>
}

/** Creates the client. It keeps the latest session of each phone. */
export function createSelfCareClient(
  gateway: TargetGateway,
  handsets: Walkthrough['handsets'],
): SelfCareClient {
  const tokens = new Map<string, string>()

  const msisdnOf = (who: string): string => {
    const phone = handsets[who]
    if (!phone) throw new TargetError(`unknown phone '${who}'`)
    return phone.msisdn
  }
  const logIn = (msisdn: string, password: string) =>
    gateway.request({ method: 'POST', path: '/self-care/sessions', body: { msisdn, password } })

  return {
    async perform(who, action) {
      const msisdn = msisdnOf(who)
      const token = tokens.get(who)
      switch (action.kind) {
        case 'log-in': {
          const { status, body } = await logIn(msisdn, action.password)
          const newToken = tokenIn(body)
          if (status === 201 && newToken !== undefined) tokens.set(who, newToken)
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
          const path = `/self-care/subscribers/${msisdnOf(action.of)}/access`
          return (await gateway.request({ method: 'PUT', path, token, body: { access: action.access } }))
            .status
        }
      }
    },

    logInStatus: async (msisdn, password) => (await logIn(msisdn, password)).status,
  }
}

function tokenIn(body: unknown): string | undefined {
  const parsed = z.object({ token: z.string() }).safeParse(body)
  return parsed.success ? parsed.data.token : undefined
}
