/** Defines a project, and checks it at start: a loader of TypeScript does not check types. */
import type { AnyStateMachine } from 'xstate'
import type { EffectsOfAll, Language, Text } from './engine/authoring.ts'
import { UssdError } from './engine/errors.ts'
import { codeProblems } from './engine/short-code.ts'
import type { EffectContext, Services } from './gateway/effects.ts'
import { subscriberPolicies } from './gateway/project.ts'
import type { Project, SubscriberPolicy } from './gateway/project.ts'
import { shippedLanguages, systemMessages } from './gateway/system-messages.ts'
import type { Messages, ShippedLanguage, SystemMessage } from './gateway/system-messages.ts'
import type { DemoSubscribers } from './services/demo.ts'
import type { ServiceKit } from './services/kit.ts'
import type { MenuModel } from './exploration/model-spec.ts'
import { isWorking, leavesOf, nameOf } from './menu-analysis/statechart.ts'
import { createNumbering, isCountry } from './ussd/numbering.ts'
import type { Country, NumberingOptions } from './ussd/numbering.ts'
import { isTransliterated } from './ussd/transliterate.ts'

/** A project with the bodies of its effects. */
export interface ServedProject extends Project {
  readonly services: (kit: ServiceKit) => Services
  readonly models: () => Promise<ProjectModels>
  /** Registered with `DEMO=on`. */
  readonly demo: DemoSubscribers
}

/** The models of the menus' effects, for `ussd explore`. */
export interface ProjectModels {
  // oxlint-disable-next-line typescript/no-explicit-any -- each project models a world of its own
  readonly models: Readonly<Record<string, MenuModel<any> | undefined>>
  /** The environment of the gateway for the setting of an origin. */
  readonly envOf?: (setting: string | undefined) => Readonly<Record<string, string>>
}

interface MenuIn<L extends Language> {
  readonly machine: AnyStateMachine
  // oxlint-disable-next-line typescript/no-explicit-any -- each menu has its own context; `Screens` has checked it
  readonly screens: Readonly<Record<string, Readonly<Record<L, Text<any>>>>>
}

/** Messages instead of the shipped ones, and every message in a language that does not ship. */
type MessagesIn<L extends Language> = {
  readonly [K in Extract<L, ShippedLanguage>]?: Readonly<Partial<Record<SystemMessage, string>>>
} & { readonly [K in Exclude<L, ShippedLanguage>]: Readonly<Record<SystemMessage, string>> }

type Codes<L extends Language> = Readonly<Record<string, MenuIn<L>>>

type ProjectOptions<
  Languages extends readonly [Language, ...Language[]],
  Menus extends Codes<Languages[number]>,
> = {
  /** BCP 47 tags. Every text exists in each of them. The first one is the language of numbers without a record. */
  readonly languages: Languages
  /**
   * The menu of each dialled code: `*141#`, `#144#`, or `*101…#` for all numbers that begin with 101. A code of whole segments
   * beats a digit prefix; among several, the longest one wins. The rest of the dialled string answers the first screens.
   */
  readonly codes: Menus
  /** `#141#` shows `*141#` in Latin letters. Off by default. */
  readonly latin?: boolean
  /**
   * The countries whose mobile numbers are served (ISO codes), and the country of numbers without a country code. By default,
   * numbers of any country with their country code.
   */
  readonly numbering?: NumberingOptions
  /**
   * `registered` by default: numbers without a record are told that they are not served. `anyone`: a record is made at the
   * first change.
   */
  readonly subscribers?: SubscriberPolicy
  /** Loads the models of the menus' effects, for `ussd explore`. */
  readonly models?: () => Promise<ProjectModels>
  /** Records that `DEMO=on` registers, by number in E.164 with `+`. */
  readonly demo?: DemoSubscribers
} & ([Exclude<Languages[number], ShippedLanguage>] extends [never]
  ? { readonly messages?: MessagesIn<Languages[number]> }
  : { readonly messages: MessagesIn<Languages[number]> }) &
  // Menus without effects need no services.
  ([keyof EffectsOfAll<Menus, EffectContext>] extends [never]
    ? { readonly services?: (kit: ServiceKit) => Services }
    : { readonly services: (kit: ServiceKit) => EffectsOfAll<Menus, EffectContext> & Services })

/**
 * Defines a project. A screen or a message without one of the languages, and an effect without a service, do not compile.
 *
 * @throws UssdError USSD_MISCONFIGURED with every problem, such as a screen without one of the languages
 */
export function defineProject<
  const Languages extends readonly [Language, ...Language[]],
  const Menus extends Codes<Languages[number]>,
>(
  options: ProjectOptions<Languages, Menus>,
): ServedProject & { readonly languages: Languages; readonly codes: Menus } {
  const { languages, codes, latin = false, messages = {}, services = () => ({}) } = options
  const { models = () => Promise.resolve({ models: {} }) } = options
  const { numbering = { countries: 'any' }, subscribers = 'registered', demo = {} } = options
  const problems = [
    ...languageProblems(languages, latin),
    ...codeProblems(Object.keys(codes), latin).map((problem) => `codes: ${problem}`),
    ...Object.entries(codes).flatMap(([code, menu]) => menuProblems(code, menu, languages)),
    ...messageProblems(languages, messages),
    ...numberingProblems(numbering),
    ...demoProblems(demo, numbering, languages),
    ...(subscriberPolicies.includes(subscribers)
      ? []
      : [`subscribers: use one of ${subscriberPolicies.join(', ')}`]),
  ]
  if (problems.length > 0) throw misconfigured(problems)
  return {
    languages,
    codes,
    latin,
    messages: messagesOf(languages, messages),
    numbering: createNumbering(numbering),
    subscribers,
    services,
    models,
    demo,
  }
}

function demoProblems(
  demo: DemoSubscribers,
  numbering: NumberingOptions,
  languages: readonly Language[],
): string[] {
  if (numberingProblems(numbering).length > 0) return []
  const { parse, requirement } = createNumbering(numbering)
  return Object.entries(demo).flatMap(([msisdn, { language }]) => {
    const number = parse(msisdn)
    return [
      ...(number.kind === 'msisdn' && number.e164 === msisdn
        ? []
        : [`demo: '${msisdn}' ${requirement}, in E.164 with +`]),
      ...(language === undefined || languages.includes(language)
        ? []
        : [`demo: '${msisdn}' has the language '${language}'; use one of ${languages.join(', ')}`]),
    ]
  })
}

/** The settings `NUMBERING` and `SUBSCRIBERS`. */
export interface NarrowedBy {
  readonly numbering: readonly Country[] | 'any' | undefined
  readonly subscribers: SubscriberPolicy | undefined
}

/**
 * Returns the project with fewer numbers. The country of numbers without a country code stays, so that no number changes its
 * meaning.
 *
 * @throws UssdError USSD_MISCONFIGURED when a setting would serve more numbers than the project
 */
export function narrowProject<P extends Project>(project: P, { numbering, subscribers }: NarrowedBy): P {
  const { countries, default: home } = project.numbering
  const added =
    countries === 'any' || numbering === undefined
      ? []
      : numbering === 'any'
        ? ['any']
        : numbering.filter((country) => !countries.includes(country))
  const problems = [
    ...(added.length > 0
      ? [
          `NUMBERING may only narrow the project, which serves ${[countries].flat().join(', ')}: remove ${added.join(', ')}`,
        ]
      : []),
    ...(subscribers === 'anyone' && project.subscribers === 'registered'
      ? ['SUBSCRIBERS may only narrow the project, which serves registered numbers: remove anyone']
      : []),
  ]
  if (problems.length > 0) throw misconfigured(problems)
  return {
    ...project,
    ...(numbering !== undefined && { numbering: createNumbering({ countries: numbering, default: home }) }),
    ...(subscribers !== undefined && { subscribers }),
  }
}

const misconfigured = (problems: readonly string[]): UssdError =>
  new UssdError('USSD_MISCONFIGURED', { detail: problems.map((line) => `\n  ${line}`).join('') })

type GivenMessages = Readonly<Partial<Record<Language, Readonly<Partial<Record<SystemMessage, string>>>>>>

const names = Object.keys(systemMessages) as readonly SystemMessage[]

const messageOf = (given: GivenMessages, language: Language, name: SystemMessage): string | undefined =>
  given[language]?.[name] ?? (systemMessages[name] as Readonly<Record<string, string>>)[language]

const messagesOf = (languages: readonly Language[], given: GivenMessages): Messages =>
  Object.fromEntries(
    names.map((name) => [
      name,
      Object.fromEntries(languages.map((language) => [language, messageOf(given, language, name) ?? ''])),
    ]),
  ) as Messages

function numberingProblems({ countries, default: home }: NumberingOptions): string[] {
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

function languageProblems(languages: readonly Language[], latin: boolean): string[] {
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

function menuProblems(
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

function messageProblems(languages: readonly Language[], given: GivenMessages): string[] {
  return [
    ...Object.keys(given)
      .filter((language) => !languages.includes(language))
      .map((language) => `messages: '${language}' is not a language of the project`),
    ...Object.entries(given).flatMap(([language, texts]) =>
      Object.keys(texts ?? {})
        .filter((name) => !(names as readonly string[]).includes(name))
        .map((name) => `messages.${language}: there is no message '${name}'; use one of ${names.join(', ')}`),
    ),
    ...languages
      .filter((language) => !(shippedLanguages as readonly string[]).includes(language))
      .flatMap((language) =>
        names
          .filter((name) => messageOf(given, language, name) === undefined)
          .map((name) => `messages.${language}: '${name}' is missing, and no message ships in this language`),
      ),
  ]
}
