/** Finds what is wrong with a project, at start: a loader of TypeScript does not check types. */
import type { AnyStateMachine } from 'xstate'
import type { Language, Text } from './engine/authoring.ts'
import { ownPurposes } from './gateway/records/keyring.ts'
import { attemptsLeftOf, generationOf, pendingOf } from './gateway/records/record.ts'
import type { Keys } from './gateway/project.ts'
import type { RecordDefinition } from './gateway/records/record.ts'
import { subscriberSchema } from './gateway/records/subscriber.ts'
import { shippedLanguages, systemMessages } from './gateway/system-messages.ts'
import type { SystemMessage } from './gateway/system-messages.ts'
import type { AnyRoute } from './http/route.ts'
import { isWorking, leavesOf, nameOf } from './menu-analysis/statechart.ts'
import { subscriberInput } from './services/subscriber-input.ts'
import { createNumbering, isCountry } from './ussd/numbering.ts'
import type { NumberingOptions } from './ussd/numbering.ts'
import { isTransliterated } from './ussd/transliterate.ts'

export interface MenuIn<L extends Language> {
  readonly machine: AnyStateMachine
  // oxlint-disable-next-line typescript/no-explicit-any -- each menu has its own context; `Screens` has checked it
  readonly screens: Readonly<Record<string, Readonly<Record<L, Text<any>>>>>
}

export type GivenMessages = Readonly<
  Partial<Record<Language, Readonly<Partial<Record<SystemMessage, string>>>>>
>

export const messageNames = Object.keys(systemMessages) as readonly SystemMessage[]

export const messageOf = (
  given: GivenMessages,
  language: Language,
  name: SystemMessage,
): string | undefined =>
  given[language]?.[name] ?? (systemMessages[name] as Readonly<Record<string, string>>)[language]

export function numberingProblems({ countries, default: home }: NumberingOptions): string[] {
  if (countries !== 'any' && (!Array.isArray(countries) || countries.length === 0)) {
    return ["numbering.countries: name at least one ISO code, such as ['KE'], or 'any'"]
  }
  const named: readonly string[] = [...(countries === 'any' ? [] : countries), ...(home ? [home] : [])]
  return [
    ...[...new Set(named)]
      .filter((code) => !isCountry(code))
      .map((code) => `numbering: '${code}' is not an ISO code of a country, such as KE`),
    ...(home !== undefined && countries !== 'any' && !countries.includes(home)
      ? [`numbering.default: '${home}' is not among the countries`]
      : []),
  ]
}

export function languageProblems(languages: readonly Language[], latin: boolean): string[] {
  if (!Array.isArray(languages) || languages.length === 0) return ['languages: name at least one, such as en']
  return [
    ...languages
      .filter((tag) => !isTag(tag))
      .map((tag) => `languages: '${tag}' is not a BCP 47 tag, such as en`),
    ...languages
      .filter((tag, at) => languages.indexOf(tag) < at)
      .map((tag) => `languages: '${tag}' is named twice`),
    ...(latin && !languages.some(isTransliterated)
      ? ['latin: only Russian and Belarusian texts have a Latin form; remove it']
      : []),
  ]
}

/** True for a BCP 47 tag in its canonical form: `en`, `pt-BR`. */
export function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag)[0] === tag
  } catch {
    return false
  }
}

export function menuProblems(
  code: string,
  menu: Partial<MenuIn<Language>>,
  languages: readonly Language[],
): string[] {
  const { machine, screens } = menu
  if (typeof machine?.getInitialSnapshot !== 'function' || typeof screens !== 'object') {
    return [`${code}: export a machine of setup().createMachine() and its screens`]
  }
  const leaves = leavesOf(machine)
  const states = leaves.map(nameOf)
  const shown = leaves.filter((leaf) => !isWorking(leaf)).map(nameOf)
  return [
    ...shown
      .filter((state) => !Object.hasOwn(screens, state))
      .map((state) => `${code} ${state}: has no screen`),
    ...Object.keys(screens)
      .filter((state) => !states.includes(state))
      .map((state) => `${code} ${state}: is a screen of no state; use one of ${shown.join(', ')}`),
    ...Object.entries(screens).flatMap(([state, texts]) =>
      languages
        .filter((language) => !['string', 'function'].includes(typeof texts[language]))
        .map((language) => `${code} ${state}/${language}: has no text`),
    ),
  ]
}

export function messageProblems(languages: readonly Language[], given: GivenMessages): string[] {
  return [
    ...Object.keys(given)
      .filter((language) => !languages.includes(language))
      .map((language) => `messages: '${language}' is not a language of the project`),
    ...Object.entries(given).flatMap(([language, texts]) =>
      Object.keys(texts ?? {})
        .filter((name) => !(messageNames as readonly string[]).includes(name))
        .map(
          (name) =>
            `messages.${language}: there is no message '${name}'; use one of ${messageNames.join(', ')}`,
        ),
    ),
    ...languages
      .filter((language) => !(shippedLanguages as readonly string[]).includes(language))
      .flatMap((language) =>
        messageNames
          .filter((name) => messageOf(given, language, name) === undefined)
          .map((name) => `messages.${language}: '${name}' is missing, and no message ships in this language`),
      ),
  ]
}

export function keyProblems(keys: Partial<Keys>): string[] {
  const named = Object.entries(keys).filter(([, key]) => key !== undefined) as [string, unknown][]
  return named.flatMap(([name, key], at) => [
    ...(['back', 'home', 'more'].includes(name)
      ? []
      : [`keys: there is no key '${name}'; use back, home or more`]),
    ...(typeof key === 'string' && /^\d{1,2}$/.test(key) ? [] : [`keys.${name}: use one or two digits`]),
    ...(named.findIndex(([, other]) => other === key) < at
      ? [`keys.${name}: '${String(key)}' has another meaning already`]
      : []),
  ])
}

export function localeProblems({
  timeZone,
  currency,
}: {
  readonly timeZone: string
  readonly currency: string | undefined
}): string[] {
  return [
    ...(isTimeZone(timeZone)
      ? []
      : [`timeZone: '${timeZone}' is no IANA time zone; use a name such as Africa/Nairobi`]),
    ...(currency === undefined || Intl.supportedValuesOf('currency').includes(currency)
      ? []
      : [`currency: '${currency}' is no ISO 4217 code; use a code such as KES`]),
  ]
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Fields that the gateway itself adds to a record or its view. */
const OWN_FIELDS = ['msisdn', 'language']

export function recordProblems(record: RecordDefinition): string[] {
  const { fields, secrets, storedAs } = record
  const names = Object.keys(fields.shape)
  const added = Object.keys(secrets).flatMap((name) => [
    name,
    attemptsLeftOf(name),
    pendingOf(name),
    generationOf(name),
  ])
  const all = ['language', ...names, ...added]
  const stored = all.map((name) => (name === 'language' ? 'l' : (storedAs[name] ?? name)))
  return [
    ...names
      .filter((name) => OWN_FIELDS.includes(name) || added.includes(name))
      .map((name) => `record ${name}: this name is taken; rename the field`),
    ...Object.entries(secrets).flatMap(([name, { digits, attempts }]) => [
      ...(/^[a-z][A-Za-z0-9]{0,31}$/.test(name) && !(ownPurposes as readonly string[]).includes(name)
        ? []
        : [`record ${name}: this is no name for a secret; use another one, such as pin`]),
      ...(isRange(digits) ? [] : [`record ${name}: digits must be 1 to 64, or [least, most]`]),
      ...(attempts === undefined || isWhole(attempts, 100)
        ? []
        : [`record ${name}: attempts must be a whole number from 1 to 100`]),
    ]),
    ...Object.keys(storedAs)
      .filter((name) => !all.includes(name))
      .map((name) => `record ${name}: storedAs names no field of the record`),
    ...all
      .filter((_, at) => stored.indexOf(stored[at] ?? '') < at)
      .map((name) => `record ${name}: is stored under the name of another field; change storedAs`),
    ...defaultProblems(record),
  ]
}

const isWhole = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most

function isRange(digits: number | readonly number[]): boolean {
  if (!Array.isArray(digits)) return isWhole(digits, 64)
  const [least, most] = digits as readonly unknown[]
  return isWhole(least, 64) && isWhole(most, 64) && least <= most && digits.length === 2
}

/** A new record must be valid. */
function defaultProblems(record: RecordDefinition): string[] {
  const parsed = subscriberSchema(record).safeParse({ ...record.initial })
  if (parsed.success) return []
  return parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0] ?? '')
    return Object.hasOwn(record.initial, name)
      ? `record ${name}: its initial value is invalid: ${message}`
      : `record ${name}: has no default; add one, or a value in initial`
  })
}

export function demoProblems(
  demo: Readonly<Record<string, object>>,
  of: {
    readonly numbering: NumberingOptions
    readonly languages: readonly Language[]
    readonly record: RecordDefinition
  },
): string[] {
  if (numberingProblems(of.numbering).length > 0 || recordProblems(of.record).length > 0) return []
  const { parse, requirement } = createNumbering(of.numbering)
  const input = subscriberInput(of.record, of.languages)
  return Object.entries(demo).flatMap(([msisdn, patch]) => {
    const number = parse(msisdn)
    const parsed = input.safeParse(patch)
    return [
      ...(number.kind === 'msisdn' && number.e164 === msisdn
        ? []
        : [`demo: '${msisdn}' ${requirement}, in E.164 with +`]),
      ...(parsed.success
        ? []
        : parsed.error.issues.map(
            ({ path, message }) => `demo: '${msisdn}' ${[...path, message].join(' ')}`,
          )),
    ]
  })
}

/** Paths of the gateway. Those below a subscriber may belong to the project. */
const OWN_PATHS =
  /^\/(ussd|handsets|network|healthz|readyz|metrics|openapi\.json|console|events)(\/|$)|^\/$|^\/subscribers(\/\{msisdn\})?$/

export function routeProblems(routes: readonly AnyRoute[]): string[] {
  const names = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  return routes.flatMap(({ method, path, body }, at) => {
    const name = names[at] ?? ''
    return [
      ...(/^(\/(\{msisdn\}|[\w.~-]+))+$/.test(path) || path === '/'
        ? []
        : [`routes ${name}: use a path such as /orders/{msisdn}`]),
      ...(OWN_PATHS.test(path) ? [`routes ${name}: this path is the gateway's; use another one`] : []),
      ...(names.indexOf(name) < at ? [`routes ${name}: is defined twice`] : []),
      ...(body && (method === 'get' || method === 'delete') ? [`routes ${name}: takes no body`] : []),
    ]
  })
}
