/** A walkthrough as a script for bash and curl, which needs nothing of ours where it is run. */
import { africastalking } from '../dialects/africastalking.ts'
import type { NetworkTurn, WireCall } from '../dialects/dialect.ts'
import { MASK } from '../engine/secret.ts'
import { comment, jsonBody, patternFor, quote } from './bash.ts'
import { CURL_FUNCTIONS } from './curl-functions.ts'
import { siteLines } from './curl-site.ts'
import type { CurlPhone } from './curl-site.ts'
import type {
  Postcondition,
  Expectation,
  Fixture,
  Step,
  Walkthrough,
  TextMatch,
} from './script/walkthrough.ts'

interface Line extends CurlPhone {
  /** What it dialled last, and what was answered since. */
  turn: Pick<NetworkTurn, 'dialled' | 'replies'> | undefined
  /** Of the script so far. */
  dialogues: number
}

/**
 * The script of a walkthrough whose placeholders are filled in: its secrets stand in it in clear, and are not printed. It
 * registers the subscribers with ADMIN_TOKEN, sends each callback in Africa's Talking's form to the gateway at URL, with
 * CALLBACK_TOKEN, and ends with status 1 at the first difference, or 2 where it cannot do what is asked for. It really waits.
 * What a network says by itself, it has not: of `fails` only that there was no answer is looked at. Throws `Unusable` for text
 * that bash cannot hold.
 */
export function curlScript(walkthrough: Walkthrough): string {
  const { title, handsets, steps, after, performed } = walkthrough
  const names = Object.keys(handsets)
  const phones = new Map(
    Object.entries(handsets).map(([name, { msisdn }], at): [string, Line] => [
      name,
      { at, msisdn, prefix: names.length > 1 ? `${name} ` : '', turn: undefined, dialogues: 0 },
    ]),
  )
  const fixtures = Object.values(handsets).flatMap(({ fixture }) => fixture ?? [])
  const needsAdmin =
    fixtures.length > 0 || after.length > 0 || steps.some(({ action }) => action.kind === 'change')
  const phoneOf = (who: string): Line => phones.get(who) ?? unknownPhone(who)
  return [
    '#!/usr/bin/env bash',
    comment(title),
    '# bash <this file>; URL is where the gateway is, CALLBACK_TOKEN and ADMIN_TOKEN are its tokens.',
    'set -eu',
    CURL_FUNCTIONS,
    ...(needsAdmin ? ['', NEEDS_ADMIN] : []),
    '',
    ...[...phones.values()].map(({ at }) => `state${at}=ended text${at}='' session${at}='' token${at}=''`),
    `say ${quote(title)}`,
    ...fixtures.flatMap(registration),
    ...steps.flatMap((step) => ['', ...stepLines(step, phoneOf)]),
    ...after.flatMap((one) => ['', ...afterLines(one, phoneOf(one.who))]),
    ...(performed ? ['', "say '(the effects were not looked at: they are performed elsewhere)'"] : []),
    '',
    "say 'All was as it was to be.'",
    '',
  ].join('\n')
}

/** Nobody sits before a script that sleeps longer. */
const LONGEST_WAIT_MS = 600_000

const NEEDS_ADMIN = `[ -n "\${ADMIN_TOKEN:-}" ] || unable ${quote("set ADMIN_TOKEN to the gateway's: subscribers are registered and looked at with it")}`

function unknownPhone(who: string): never {
  throw new TypeError(`a walkthrough has no phone '${who}'`)
}

/** Where the operator has a subscriber's record. */
const recordAt = (msisdn: string): string => `"\${URL%/}"/subscribers/${encodeURIComponent(msisdn)}`

/** Whatever was there before goes: a change would be merged into it. */
function registration({ msisdn, puk1AttemptsLeft = 10, ...fields }: Fixture): readonly string[] {
  return [
    '',
    ...(puk1AttemptsLeft === 10
      ? []
      : ["unable 'puk1AttemptsLeft can only be set where the gateway runs in the same process'"]),
    `admin -X DELETE ${recordAt(msisdn)}`,
    'answered 204 404',
    `admin -X PUT ${jsonBody(fields)} ${recordAt(msisdn)}`,
    'answered 201',
  ]
}

function stepLines(step: Step, phoneOf: (who: string) => Line): readonly string[] {
  const { action, expectation } = step
  const phone = phoneOf(step.who)
  const { at, prefix } = phone
  const say = (done: string) => `say ${quote(`${prefix}${done}`)}`
  const shown = [`state=$state${at} text=$text${at}`]
  switch (action.kind) {
    case 'look':
      return [...shown, ...screenLines(expectation, 'seen before')]
    case 'dial':
      phone.turn = { dialled: action.code, replies: [] }
      phone.dialogues += 1
      return [
        `idle "$state${at}"`,
        say(`☎ ${action.code}`),
        `session${at}="walk-$RUN-${at}-${phone.dialogues}"`,
        ...callback(phone, expectation),
      ]
    case 'send':
      if (!phone.turn) return ['waits ended']
      phone.turn = { ...phone.turn, replies: [...phone.turn.replies, action.text] }
      return [
        `waits "$state${at}"`,
        say(action.isSecret ? `> ${MASK}` : `> ${action.text}`),
        ...callback(phone, expectation),
      ]
    case 'repeat':
      return [
        say('(the callback comes again)'),
        ...(phone.turn
          ? callback(phone, expectation)
          : ["failed 'there is no callback that could come again'"]),
      ]
    case 'wait': {
      if (action.ms > LONGEST_WAIT_MS) return [`unable ${quote('it waits for more than ten minutes')}`]
      const passes = [say(`(${action.ms / 1000} s pass)`), `sleep ${action.ms / 1000}`]
      if (expectation?.kind !== 'failure')
        return [...passes, ...shown, ...screenLines(expectation, 'seen before')]
      return [...passes, "say '(the network would end the dialogue here)'", ...endLines(phone, 'timed-out')]
    }
    case 'hang-up':
      return [say('(hangs up)'), ...endLines(phone, 'cancelled')]
    case 'change':
      return [
        say('(the operator changes the record)'),
        `admin -X PUT ${jsonBody(action.patch)} ${recordAt(phone.msisdn)}`,
        'answered 200',
      ]
    default:
      return [
        ...siteLines(action, phone, (who) => phoneOf(who).msisdn),
        ...(expectation?.kind === 'status' ? [`answered ${expectation.status}`] : []),
      ]
  }
}

/** The callback as the phone sends it now, and what it shows then. */
function callback(phone: Line, expectation: Expectation | undefined): readonly string[] {
  const { at } = phone
  const { body } = africastalking.formatRequest(turnOf(phone))
  return [
    `callback ${fieldsOf(body, at)}`,
    `state${at}=$state text${at}=$text`,
    ...screenLines(expectation, 'answered now'),
  ]
}

/** Tells the application that the dialogue is over, if there is one. */
function endLines(phone: Line, how: 'cancelled' | 'timed-out'): readonly string[] {
  const { at } = phone
  const wire: WireCall | undefined = phone.turn && africastalking.formatEnd(turnOf(phone), how, 0)
  const tell = wire
    ? [`if [ "$state${at}" = waiting ]; then aggregator ${wire.path} ${fieldsOf(wire.body, at)}; fi`]
    : []
  return [...tell, `state${at}=ended text${at}=''`]
}

const turnOf = ({ msisdn, turn }: Line): NetworkTurn => ({
  sessionId: '',
  msisdn,
  dialled: turn?.dialled ?? '',
  replies: turn?.replies ?? [],
  answers: [],
  beganAtMs: 0,
})

/** The fields of a form, each encoded by curl; the session and the date are those of the run. */
const fieldsOf = (body: string, at: number): string =>
  [...new URLSearchParams(body)]
    .map(([name, value]) => {
      if (name === 'sessionId') return `"sessionId=$session${at}"`
      return name === 'date' ? `"date=$(date -u '+%Y-%m-%d %H:%M:%S')"` : quote(`${name}=${value}`)
    })
    .map((field) => `--data-urlencode ${field}`)
    .join(' ')

function screenLines(
  expectation: Expectation | undefined,
  when: 'answered now' | 'seen before',
): readonly string[] {
  if (expectation?.kind === 'screen') return [`screen ${expectation.state} ${wantedOf(expectation.text)}`]
  if (when === 'seen before') return expectation ? ["say '(the network was not looked at)'"] : []
  return [expectation?.kind === 'failure' ? 'failure' : 'answer']
}

function wantedOf(wanted: TextMatch): string {
  if (wanted.kind !== 'matches') return `${wanted.kind} ${quote(wanted.text)}`
  const { kind, pattern } = patternFor(wanted.pattern)
  return `${kind} ${quote(pattern)}`
}

function afterLines({ record }: Postcondition, { msisdn }: CurlPhone): readonly string[] {
  const { password, ...fields } = record
  const looked = Object.entries(fields).map(
    ([name, value]) => `holds ${quote(`"${name}":${JSON.stringify(value)}`)}`,
  )
  return [
    ...(looked.length > 0 ? [`admin ${recordAt(msisdn)}`, 'answered 200', ...looked] : []),
    ...(password === undefined
      ? []
      : [`request ${jsonBody({ msisdn, password })} "\${URL%/}"/self-care/sessions`, 'answered 201']),
  ]
}
