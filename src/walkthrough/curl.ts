/** Walkthroughs as plain `curl` commands for the simulated phones: one a step, the expected answer as a comment below it. */
import { attemptsLeftOf } from '../gateway/records/record.ts'
import { WalkthroughError } from './script/walkthrough.ts'
import type { Action, Expectation, TextMatch, Walkthrough } from './script/walkthrough.ts'

const HEAD = `#!/bin/sh
# The gateway needs SIMULATOR=on; ADMIN_TOKEN is its token. Compare each answer with the comment below the command.
URL=\${URL:-http://127.0.0.1:8141}`

const MAX_SLEEP_MS = 600_000

/**
 * Prints the commands, for `sh`. Secrets are in clear, so placeholders must be filled in first. A step that has no `curl` form
 * is a comment. Throws `WalkthroughError` for text that holds a NUL.
 */
export const curlScript = (walkthroughs: readonly Walkthrough[]): string =>
  `${[HEAD, ...walkthroughs.map(commandsOf)].join('\n\n')}\n`

function commandsOf({ title, handsets, steps, after, secrets, performed }: Walkthrough): string {
  const attempts = Object.entries(secrets).flatMap(([name, { attempts: most }]) =>
    most === undefined ? [] : [{ field: attemptsLeftOf(name), most }],
  )
  const fixtures = Object.values(handsets).flatMap(({ fixture }) => fixture ?? [])
  const msisdnOf = (who: string) => handsets[who]?.msisdn ?? ''
  const logIn = (who: string, password: string) =>
    request('POST', '/self-care/sessions', { msisdn: msisdnOf(who), password })

  const commandOf = (who: string, action: Action): string => {
    const phone = `/handsets/${msisdnOf(who)}`
    const token = `TOKEN${Object.keys(handsets).indexOf(who)}`
    switch (action.kind) {
      case 'look':
        return request('GET', phone)
      case 'dial':
        return request('POST', phone, action.code)
      case 'send':
        return request('POST', phone, action.text)
      case 'hang-up':
        return request('DELETE', phone)
      case 'wait':
        return action.ms > MAX_SLEEP_MS
          ? comment(`${action.ms / 60_000} minutes pass`)
          : `sleep ${Math.ceil(action.ms / 1000)}`
      case 'repeat':
        return comment('the aggregator sends the callback again')
      case 'log-in':
        return `${token}=$(${logIn(who, action.password)} | tee /dev/stderr | sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p')`
      case 'visit':
        return request('GET', '/self-care/session', undefined, token)
      case 'set-password': {
        const { puk1, password } = action
        return request('POST', '/self-care/password', { msisdn: msisdnOf(who), puk1, password })
      }
      case 'manage': {
        const path = `/self-care/subscribers/${msisdnOf(action.of)}/access`
        return request('PUT', path, { access: action.access }, token)
      }
      case 'change':
        return request('PUT', `/subscribers/${msisdnOf(who)}`, action.patch)
    }
  }

  return [
    comment(title),
    ...fixtures.flatMap(({ msisdn, ...fixture }) => [
      // A PUT is merged into the old record.
      request('DELETE', `/subscribers/${msisdn}`),
      request(
        'PUT',
        `/subscribers/${msisdn}`,
        without(
          fixture,
          attempts.map(({ field }) => field),
        ),
      ),
      ...attempts
        .filter(({ field, most }) => (fixture[field] ?? most) !== most)
        .map(({ field, most }) =>
          comment(`${field}: ${String(fixture[field])} cannot be set over HTTP; it is ${most}`),
        ),
    ]),
    ...steps.flatMap(({ who, action, expectation }) => [commandOf(who, action), ...expected(expectation)]),
    ...after.flatMap(({ who, record: { password, ...record } }) => [
      request('GET', `/subscribers/${msisdnOf(who)}`),
      comment(JSON.stringify(record)),
      ...(typeof password !== 'string' ? [] : [logIn(who, password), '# 201']),
    ]),
    ...(performed ? [comment(`effects, not visible over HTTP: ${performed.join(', ')}`)] : []),
  ].join('\n')
}

const without = (fields: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))

/** A request that prints its body and then its status. `token`: the variable that holds the bearer token. */
function request(method: string, path: string, body?: object | string, token = 'ADMIN_TOKEN'): string {
  const json = typeof body === 'object' ? " -H 'Content-Type: application/json'" : ''
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  const data = text === undefined ? '' : ` --data-raw ${quote(text)}`
  const bearer = `-H "Authorization: Bearer $${token}"`
  // A screen ends with a line feed; other bodies do not.
  const lineFeed = path.startsWith('/handsets/') && method !== 'DELETE' ? '' : '\\n'
  return `curl -sS -w '${lineFeed}%{http_code}\\n' -X ${method} ${bearer}${json}${data} "$URL${path}"`
}

function expected(expectation: Expectation | undefined): readonly string[] {
  if (!expectation) return []
  if (expectation.kind === 'status') return [comment(String(expectation.status))]
  if (expectation.kind === 'failure')
    return [comment(`the network ends the dialogue: ${textOf(expectation.message)}`)]
  return [comment(textOf(expectation.text))]
}

function textOf(match: TextMatch): string {
  if (match.kind === 'matches') return `/${match.pattern}/su`
  return match.kind === 'contains' ? `… ${match.text} …` : match.text
}

/** Each line of a text as a comment. */
const comment = (text: string): string =>
  text.replace(/(?!\n)[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/^/gm, '# ')

function quote(text: string): string {
  if (text.includes('\0')) throw new WalkthroughError('a shell command cannot hold the character NUL')
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
