/**
 * Secrets of a walkthrough. A script may hold a test subscriber's in clear, or a placeholder, which is what a recorded
 * dialogue holds: the real one is then nowhere. What a placeholder stands for is made up for each walkthrough, always the same.
 */
import { createHash } from 'node:crypto'
import { WalkthroughError } from './error.ts'
import type { Action, Given, Walkthrough } from './walkthrough.ts'

/** What is known of the subscribers that a walkthrough takes as they are registered: by MSISDN, E.164 with `+`. */
export type KnownSecrets = Readonly<
  Record<string, { readonly puk1?: string | undefined; readonly password?: string | undefined }>
>

/**
 * What may stand in a script: `{{puk1}}` and `{{password}}` of the subscriber's record; `{{8 digits}}`, `{{8 digits b}}`, of
 * which each letter, or two, is another one; `{{6 digits a, date}}`, easily guessed for that reason; `{{7 characters}}`, letters.
 * Digits that are given no reason are not easily guessed, and are nobody's PUK1.
 */
export const PLACEHOLDER =
  /^\{\{(puk1|password|(?:[1-9]\d{0,2}) (?:digits|characters)(?: [a-z]{1,2})?(?:, (?:repeat|sequence|keypad|date|own-number|common))?)\}\}$/

/** Whether a secret is a placeholder; others stand for themselves. */
export const isPlaceholder = (given: Given): boolean => PLACEHOLDER.test(given)

/** Why a password is easily guessed, if it is. Without it, what is made up is left to chance. */
export type WeaknessOf = (digits: string, msisdn: string) => string | undefined

/**
 * The walkthrough with every placeholder filled in. Throws `Unusable` where one stands for a secret that nobody knows.
 *
 * @param known secrets of subscribers that are taken as they are registered
 */
export function fillIn(
  walkthrough: Walkthrough,
  {
    known = {},
    weaknessOf,
  }: { readonly known?: KnownSecrets; readonly weaknessOf?: WeaknessOf | undefined } = {},
): Walkthrough {
  const { title, handsets, steps, after } = walkthrough
  const made = new Map<string, string>()

  const secretOf = (who: string, name: 'puk1' | 'password'): string => {
    const phone = handsets[who]
    if (!phone) throw new WalkthroughError(`there is no phone '${who}'`)
    const given = phone.fixture ? phone.fixture[name] : known[phone.msisdn]?.[name]
    const wanted = given === undefined ? undefined : PLACEHOLDER.exec(given)?.[1]
    if (given !== undefined && wanted === undefined) return given
    if (wanted !== undefined && wanted !== 'puk1' && wanted !== 'password') return make(who, wanted)
    // A password is not made up: without one, nobody has set it.
    if (phone.fixture && (name === 'puk1' || given !== undefined)) return make(who, '8 digits', name)
    throw new WalkthroughError(
      `{{${name}}} of ${phone.msisdn} is not known: name it in the file of --secrets`,
    )
  }

  const make = (who: string, wanted: string, name = wanted): string => {
    const { msisdn = '' } = handsets[who] ?? {}
    const key = `${msisdn} ${name}`
    const before = made.get(key)
    if (before !== undefined) return before
    const secret = makeUp(wanted, { seed: `${title}\n${key}`, msisdn, weaknessOf, taken: [...made.values()] })
    made.set(key, secret)
    return secret
  }

  const fill = (who: string, given: Given): string => {
    const name = PLACEHOLDER.exec(given)?.[1]
    if (name === undefined) return given
    return name === 'puk1' || name === 'password' ? secretOf(who, name) : make(who, name)
  }

  const filled = (who: string, action: Action): Action => {
    switch (action.kind) {
      case 'send':
        return { ...action, text: action.isSecret ? fill(who, action.text) : action.text }
      case 'log-in':
        return { ...action, password: fill(who, action.password) }
      case 'set-password':
        return { ...action, puk1: fill(who, action.puk1), password: fill(who, action.password) }
      case 'change': {
        const { puk1, password, ...rest } = action.patch
        const secrets = {
          ...(puk1 !== undefined && { puk1: fill(who, puk1) }),
          ...(password !== undefined && { password: fill(who, password) }),
        }
        return { ...action, patch: { ...rest, ...secrets } }
      }
      default:
        return action
    }
  }

  const usesPuk1 = (who: string) =>
    steps.some(({ who: by, action }) => by === who && JSON.stringify(action).includes('{{puk1}}'))
  const phones = Object.entries(handsets).map(([who, phone]) => {
    const { fixture } = phone
    if (!fixture) return [who, phone] as const
    const { puk1, password, ...rest } = fixture
    const secrets = {
      ...((puk1 !== undefined || usesPuk1(who)) && { puk1: secretOf(who, 'puk1') }),
      ...(password !== undefined && { password: secretOf(who, 'password') }),
    }
    return [who, { ...phone, fixture: { ...rest, ...secrets } }] as const
  })
  return {
    ...walkthrough,
    handsets: Object.fromEntries(phones),
    steps: steps.map((step) => ({ ...step, action: filled(step.who, step.action) })),
    after: after.map((one) => ({
      ...one,
      record: {
        ...one.record,
        ...(one.record.password !== undefined && { password: fill(one.who, one.record.password) }),
      },
    })),
  }
}

/** Every secret that stands in a walkthrough whose placeholders are filled in; the shortest are no secret to anybody. */
export function secretsOf({ handsets, steps, after }: Walkthrough): readonly string[] {
  const all = [
    ...Object.values(handsets).flatMap(({ fixture }) => [fixture?.puk1, fixture?.password]),
    ...steps.flatMap(({ action }) => secretsIn(action)),
    ...after.map(({ record }) => record.password),
  ]
  const long = all.filter((secret) => secret !== undefined && Array.from(secret.trim()).length >= 4)
  // The longest first: one may be a part of another.
  return [...new Set(long as string[])].toSorted((a, b) => b.length - a.length)
}

function secretsIn(action: Action): readonly (string | undefined)[] {
  switch (action.kind) {
    case 'send':
      return action.isSecret ? [action.text, action.text.trim()] : []
    case 'log-in':
      return [action.password]
    case 'set-password':
      return [action.puk1, action.password]
    case 'change':
      return [action.patch.puk1, action.patch.password]
    default:
      return []
  }
}

/** More than is ever needed: of all numbers of five digits, most are not easily guessed. */
const MAX_TRIES = 10_000

function makeUp(
  wanted: string,
  of: {
    readonly seed: string
    readonly msisdn: string
    readonly weaknessOf: WeaknessOf | undefined
    readonly taken: readonly string[]
  },
): string {
  const { seed, msisdn, weaknessOf, taken } = of
  const [, length = '8', what, reason] =
    /^(\d+) (digits|characters)(?: [a-z]{1,2})?(?:, ([a-z-]+))?$/.exec(wanted) ?? []
  const size = Number(length)
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const random = digitsFrom(`${seed}\n${attempt}`, size)
    const secret =
      what === 'characters'
        ? lettersFrom(random)
        : reason === undefined
          ? random
          : easyOnes(reason, size, msisdn, random)
    // A single digit would be a choice, on a screen that has it.
    const isUsable =
      !taken.includes(secret) && (what === 'characters' || size < 5 || isAsWanted(secret, reason))
    if (isUsable) return secret
  }
  throw new WalkthroughError(`no secret like '${wanted}' could be made up`)

  function isAsWanted(secret: string, why: string | undefined): boolean {
    return weaknessOf === undefined || size > 10 || weaknessOf(secret, msisdn) === why
  }
}

function digitsFrom(seed: string, size: number): string {
  let digits = ''
  for (let block = 0; digits.length < size; block++) {
    for (const byte of createHash('sha256').update(`${seed}\n${block}`).digest()) {
      // 0 to 249: every digit as often as the others.
      if (byte < 250) digits += String(byte % 10)
    }
  }
  return digits.slice(0, size)
}

const lettersFrom = (digits: string): string =>
  digits.replace(/\d/g, (digit) => 'bdfgklmnrs'.charAt(Number(digit)))

/** One that is easily guessed for a reason, if there is one of that length; `random` says which. */
function easyOnes(reason: string, size: number, msisdn: string, random: string): string {
  const first = Number(random.charAt(0))
  const cut = (text: string) => text.slice(0, size)
  switch (reason) {
    case 'repeat':
      return cut(random.slice(0, 1 + (first % 2)).repeat(size))
    case 'sequence':
      return cut('0123456789'.repeat(2).slice(first))
    case 'keypad':
      return cut('12369874'.repeat(3).slice(first % 8))
    case 'date': {
      const day = String((Number(random.slice(0, 2)) % 28) + 1).padStart(2, '0')
      const month = String((first % 12) + 1).padStart(2, '0')
      const year = String(1950 + (Number(random.slice(2, 4)) % 50))
      return size === 6 ? `${day}${month}${year.slice(2)}` : `${day}${month}${year}`
    }
    case 'own-number':
      return msisdn.slice(-size)
    default: {
      // There and back: what many people take.
      const half = '1234567890'.slice(0, Math.ceil(size / 2))
      const back = Array.from(half).toReversed().join('')
      return half + (size % 2 === 0 ? back : back.slice(1))
    }
  }
}
