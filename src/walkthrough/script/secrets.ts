/**
 * The secrets of a walkthrough. A script holds those of a test subscriber in clear, or placeholders. Recorded scripts hold
 * placeholders only. Their secrets are generated from the title, so each run gets the same ones.
 */
import { createHash } from 'node:crypto'
import { lengthsOf } from '../../gateway/records/record.ts'
import { WalkthroughError } from './walkthrough.ts'
import type { Action, RecordFields, ScriptText, Walkthrough } from './walkthrough.ts'

/** The secrets of subscribers that exist on the target, by MSISDN (E.164 with `+`). */
export type KnownSecrets = Readonly<Record<string, Readonly<Record<string, string | undefined>>>>

const FORM =
  '(?:[1-9]\\d{0,2}) (?:digits|characters)(?: [a-z]{1,2})?(?:, (?:repeat|sequence|keypad|date|own-number|common))?'

/**
 * Matches a placeholder: `{{pin}}` for a secret of the record; `{{8 digits}}` and `{{8 digits b}}`, where another letter means
 * another secret; `{{6 digits a, date}}`, weak for that reason; `{{7 characters}}`, letters. Digits without a reason are not weak
 * and differ from every secret of the record.
 *
 * @param names the secrets of the record
 */
export const placeholderPattern = (names: readonly string[]): RegExp =>
  new RegExp(`^\\{\\{(${[...names, FORM].join('|')})\\}\\}$`)

const PLACEHOLDER = placeholderPattern(['[a-z][A-Za-z0-9]*'])

/** Returns true for a placeholder, false for a literal secret. */
export const isPlaceholder = (text: ScriptText): boolean => PLACEHOLDER.test(text)

/** The reason a password is weak; undefined for a strong one. */
export type WeaknessOf = (digits: string, msisdn: string) => string | undefined

/**
 * Fills in every placeholder. Throws `WalkthroughError` for a secret that is neither in the record nor known.
 *
 * @param secrets `known`: secrets of registered subscribers; `weaknessOf`: without it, generated secrets may be weak
 */
export function fillIn(
  walkthrough: Walkthrough,
  {
    known = {},
    weaknessOf,
  }: { readonly known?: KnownSecrets; readonly weaknessOf?: WeaknessOf | undefined } = {},
): Walkthrough {
  const { title, handsets, steps, after, secrets } = walkthrough
  const names = Object.keys(secrets)
  const placeholder = placeholderPattern(names)
  const generated = new Map<string, string>()

  const secretOf = (who: string, name: string): string => {
    const phone = handsets[who]
    if (!phone) throw new WalkthroughError(`unknown phone '${who}'`)
    const text = phone.fixture ? (phone.fixture[name] as string | undefined) : known[phone.msisdn]?.[name]
    const form = text === undefined ? undefined : placeholder.exec(text)?.[1]
    if (text !== undefined && form === undefined) return text
    if (form !== undefined && !names.includes(form)) return generate(who, form)
    // A secret without attempts is not generated: without one, the subscriber has none.
    if (phone.fixture && (isIssued(name) || text !== undefined)) {
      return generate(who, `${lengthOf(name)} digits`, name)
    }
    throw new WalkthroughError(`{{${name}}} of ${phone.msisdn} is unknown: add it to the file of --secrets`)
  }

  const isIssued = (name: string): boolean => secrets[name]?.attempts !== undefined

  /** Eight digits, if the secret may have as many. */
  const lengthOf = (name: string): number => {
    const [least, most] = lengthsOf(secrets[name] ?? { digits: 8 })
    return Math.min(most, Math.max(least, 8))
  }

  const generate = (who: string, form: string, name = form): string => {
    const { msisdn = '' } = handsets[who] ?? {}
    const key = `${msisdn} ${name}`
    const known = generated.get(key)
    if (known !== undefined) return known
    const taken = [...generated.values()]
    const secret = generateSecret(form, { seed: `${title}\n${key}`, msisdn, weaknessOf, taken })
    generated.set(key, secret)
    return secret
  }

  const fill = (who: string, text: ScriptText): string => {
    const form = placeholder.exec(text)?.[1]
    if (form === undefined) return text
    return names.includes(form) ? secretOf(who, form) : generate(who, form)
  }

  const uses = (who: string, name: string) =>
    steps.some(({ who: by, action }) => by === who && JSON.stringify(action).includes(`{{${name}}}`))
  const phones = Object.entries(handsets).map(([who, phone]) => {
    const { fixture } = phone
    if (!fixture) return [who, phone] as const
    const needed = names.filter((name) => fixture[name] !== undefined || (isIssued(name) && uses(who, name)))
    const filled = Object.fromEntries(needed.map((name) => [name, secretOf(who, name)]))
    return [who, { ...phone, fixture: { ...fixture, ...filled } }] as const
  })
  return {
    ...walkthrough,
    handsets: Object.fromEntries(phones),
    steps: steps.map((step) => ({
      ...step,
      action: replaceInAction(step.action, names, (text) => fill(step.who, text)),
    })),
    after: after.map((one) => ({
      ...one,
      record: replaceInRecord(one.record, names, (text) => fill(one.who, text)),
    })),
  }
}

/**
 * Replaces every secret of an action.
 *
 * @param names the secrets of the record
 */
export function replaceInAction(
  action: Action,
  names: readonly string[],
  replace: (secret: ScriptText) => string,
): Action {
  switch (action.kind) {
    case 'send':
      return action.isSecret ? { ...action, text: replace(action.text) } : action
    case 'log-in':
      return { ...action, password: replace(action.password) }
    case 'set-password':
      return { ...action, puk1: replace(action.puk1), password: replace(action.password) }
    case 'change':
      return { ...action, patch: replaceInRecord(action.patch, names, replace) }
    default:
      return action
  }
}

/** Replaces the secrets of a record. */
export const replaceInRecord = <T extends RecordFields>(
  record: T,
  names: readonly string[],
  replace: (secret: ScriptText) => string,
): T => ({
  ...record,
  ...Object.fromEntries(
    names
      .filter((name) => record[name] !== undefined)
      .map((name) => [name, replace(record[name] as ScriptText)]),
  ),
})

/** Lists the secrets of a walkthrough without placeholders. Fewer than four characters are a choice, not a secret. */
export function secretsOf({ handsets, steps, after, secrets }: Walkthrough): readonly string[] {
  const names = Object.keys(secrets)
  const all = new Set<string>()
  const collect = (secret: string): string => {
    if (Array.from(secret.trim()).length >= 4) all.add(secret).add(secret.trim())
    return secret
  }
  for (const { fixture } of Object.values(handsets)) if (fixture) replaceInRecord(fixture, names, collect)
  for (const { action } of steps) replaceInAction(action, names, collect)
  for (const { record } of after) replaceInRecord(record, names, collect)
  // The longest first: a secret may contain another one.
  return [...all].toSorted((a, b) => b.length - a.length)
}

/** Enough for every reason: most numbers of five digits are not weak. */
const MAX_ATTEMPTS = 10_000

function generateSecret(
  form: string,
  by: {
    readonly seed: string
    readonly msisdn: string
    readonly weaknessOf: WeaknessOf | undefined
    readonly taken: readonly string[]
  },
): string {
  const { seed, msisdn, weaknessOf, taken } = by
  const [, length = '8', kind, reason] =
    /^(\d+) (digits|characters)(?: [a-z]{1,2})?(?:, ([a-z-]+))?$/.exec(form) ?? []
  const size = Number(length)
  const hasReason = (secret: string) =>
    weaknessOf === undefined || size > 10 || weaknessOf(secret, msisdn) === reason
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const random = digitsFrom(`${seed}\n${attempt}`, size)
    const secret =
      kind === 'characters'
        ? lettersFrom(random)
        : reason === undefined
          ? random
          : weakDigits(reason, size, msisdn, random)
    // The rule for weak passwords starts at five digits.
    if (!taken.includes(secret) && (kind === 'characters' || size < 5 || hasReason(secret))) return secret
  }
  throw new WalkthroughError(`no secret matches the placeholder {{${form}}}`)
}

function digitsFrom(seed: string, size: number): string {
  let digits = ''
  for (let block = 0; digits.length < size; block++) {
    for (const byte of createHash('sha256').update(`${seed}\n${block}`).digest()) {
      // Bytes from 250 would favour the low digits.
      if (byte < 250) digits += String(byte % 10)
    }
  }
  return digits.slice(0, size)
}

const lettersFrom = (digits: string): string =>
  digits.replace(/\d/g, (digit) => 'bdfgklmnrs'.charAt(Number(digit)))

/** Digits that are weak for a reason, chosen by `random`. */
function weakDigits(reason: string, size: number, msisdn: string, random: string): string {
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
      // Up and back down, a common choice.
      const half = '1234567890'.slice(0, Math.ceil(size / 2))
      const back = Array.from(half).toReversed().join('')
      return half + (size % 2 === 0 ? back : back.slice(1))
    }
  }
}
