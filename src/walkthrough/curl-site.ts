/** What a walkthrough does at the self-care site, for curl. */
import { jsonBody, quote } from './bash.ts'
import type { SelfCareAction } from './run/self-care-client.ts'

/** A phone as the script knows it: its variables end in `at`. */
export interface CurlPhone {
  readonly at: number
  readonly msisdn: string
  /** Printed before what it does. */
  readonly prefix: string
}

/** @param msisdnOf the number of a phone of the walkthrough */
export function siteLines(
  action: SelfCareAction,
  { at, msisdn, prefix }: CurlPhone,
  msisdnOf: (who: string) => string,
): readonly string[] {
  const bearer = `-H "Authorization: Bearer $token${at}"`
  const ask = (method: 'GET' | 'POST' | 'PUT', path: string, how: string) => [
    `say ${quote(`${prefix}${method} ${path}`)}`,
    `request -X ${method} ${how} "\${URL%/}"${quote(path)}`,
  ]
  switch (action.kind) {
    case 'log-in':
      return [
        ...ask('POST', '/self-care/sessions', jsonBody({ msisdn, password: action.password })),
        `if [ "$status" = 201 ]; then token${at}=$(token_in "$body"); fi`,
      ]
    case 'visit':
      return ask('GET', '/self-care/session', bearer)
    case 'set-password': {
      const { puk1, password } = action
      return ask('POST', '/self-care/password', jsonBody({ msisdn, puk1, password }))
    }
    case 'manage': {
      const path = `/self-care/subscribers/${encodeURIComponent(msisdnOf(action.of))}/access`
      return ask('PUT', path, `${bearer} ${jsonBody({ access: action.access })}`)
    }
  }
}
