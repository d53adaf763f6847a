/** Defines a project, and checks it at start. */
import { z } from 'zod'
import type { EffectsOfAll, Language } from './engine/authoring.ts'
import { UssdError } from './engine/errors.ts'
import { codeProblems } from './engine/short-code.ts'
import type { EffectContext, Services } from './gateway/effects.ts'
import { defineRecord, plainRecord } from './gateway/records/record.ts'
import type { PlainPatchOf, RecordDefinition, SubscriberOf } from './gateway/records/record.ts'
import { subscriberPolicies } from './gateway/project.ts'
import type { Keys, Project, SubscriberPolicy } from './gateway/project.ts'
import type { Messages, ShippedLanguage, SystemMessage } from './gateway/system-messages.ts'
import type { AnyRoute } from './http/route.ts'
import type { RouteKit, ServiceKit } from './services/kit.ts'
import { subscriberInput } from './services/subscriber-input.ts'
import type { SubscriberPatch } from './services/subscriber-input.ts'
import type { MenuModel } from './exploration/model-spec.ts'
import { leavesOf, nameOf } from './menu-analysis/statechart.ts'
import {
  demoProblems,
  keyProblems,
  languageProblems,
  localeProblems,
  menuProblems,
  messageOf,
  messageProblems,
  messageNames,
  numberingProblems,
  recordProblems,
  routeProblems,
} from './project-problems.ts'
import type { GivenMessages, MenuIn } from './project-problems.ts'
import { createNumbering } from './ussd/numbering.ts'
import type { Country, NumberingOptions } from './ussd/numbering.ts'

/** A project with the bodies of its effects. */
export interface ServedProject extends Project {
  readonly services: (kit: AnyServiceKit) => Services
  readonly routes: (kit: AnyRouteKit) => readonly AnyRoute[]
  readonly models: () => Promise<ProjectModels>
  /** Registered with `DEMO=on`, by number. Secrets are in clear: they protect nothing. */
  readonly demo: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

// oxlint-disable-next-line typescript/no-explicit-any -- each project has a record of its own; `defineProject` has checked its parts
type AnyServiceKit = ServiceKit<any>
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type AnyRouteKit = RouteKit<any>

/** The models of the menus' effects, for `ussd explore`. */
export interface ProjectModels {
  // oxlint-disable-next-line typescript/no-explicit-any -- each project models a world of its own
  readonly models: Readonly<Record<string, MenuModel<any> | undefined>>
  /** The environment of the gateway for the setting of an origin. */
  readonly envOf?: (setting: string | undefined) => Readonly<Record<string, string>>
}

/** Messages instead of the shipped ones, and every message in a language that does not ship. */
type MessagesIn<L extends Language> = {
  readonly [K in Extract<L, ShippedLanguage>]?: Readonly<Partial<Record<SystemMessage, string>>>
} & { readonly [K in Exclude<L, ShippedLanguage>]: Readonly<Record<SystemMessage, string>> }

type Codes<L extends Language> = Readonly<Record<string, MenuIn<L>>>

/** A zod object alone is a record without secrets. */
type DefinitionOf<R extends RecordDefinition | z.ZodObject> = R extends z.ZodObject
  ? RecordDefinition<R, Record<never, never>>
  : R extends RecordDefinition
    ? R
    : never

type ProjectOptions<
  Languages extends readonly [Language, ...Language[]],
  Menus extends Codes<Languages[number]>,
  R extends RecordDefinition | z.ZodObject,
  D extends RecordDefinition = DefinitionOf<R>,
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
  /**
   * The record of a subscriber besides its language: a zod object whose fields have defaults, or `defineRecord` for secrets.
   * Feeds the store, `PUT /subscribers`, the OpenAPI document, scripts and `ussd explore`.
   */
  readonly record?: R
  /** The keys that mean the same on every screen; `{ back: '0' }` by default. */
  readonly keys?: Partial<Keys>
  /** The time zone of the subscribers, an IANA name such as `Africa/Nairobi`; `UTC` by default. */
  readonly timeZone?: string
  /** The currency of prices and balances, an ISO 4217 code such as `KES`. */
  readonly currency?: string
  /** HTTP routes of the project. */
  readonly routes?: (kit: RouteKit<D>) => readonly AnyRoute[]
  /** Loads the models of the menus' effects, for `ussd explore`. */
  readonly models?: () => Promise<ProjectModels>
  /** Records that `DEMO=on` registers, by number in E.164 with `+`. */
  readonly demo?: Readonly<Record<string, PlainPatchOf<D>>>
} & ([Exclude<Languages[number], ShippedLanguage>] extends [never]
  ? { readonly messages?: MessagesIn<Languages[number]> }
  : { readonly messages: MessagesIn<Languages[number]> }) &
  // Menus without effects need no services.
  ([keyof EffectsOfAll<Menus, EffectContext<SubscriberOf<D>>>] extends [never]
    ? { readonly services?: (kit: ServiceKit<D>) => Services }
    : {
        readonly services: (
          kit: ServiceKit<D>,
        ) => EffectsOfAll<Menus, EffectContext<SubscriberOf<D>>> & Services
      })

/**
 * Defines a project. A screen or a message without one of the languages, and an effect without a service, do not compile.
 *
 * @throws UssdError USSD_MISCONFIGURED with every problem, such as a screen without one of the languages
 */
export function defineProject<
  const Languages extends readonly [Language, ...Language[]],
  const Menus extends Codes<Languages[number]>,
  R extends RecordDefinition | z.ZodObject = typeof plainRecord,
>(
  options: ProjectOptions<Languages, Menus, R>,
): ServedProject & { readonly languages: Languages; readonly codes: Menus } {
  const { languages, codes, latin = false, messages = {} } = options
  const { services = () => ({}), routes = () => [] } = options
  const record = definitionOf(options.record)
  const { models = () => Promise.resolve({ models: {} }) } = options
  const { timeZone = 'UTC', currency } = options
  const keys = { back: '0', ...options.keys }
  const { numbering = { countries: 'any' }, subscribers = 'registered', demo = {} } = options
  const problems = [
    ...languageProblems(languages, latin),
    ...codeProblems(Object.keys(codes), latin).map((problem) => `codes: ${problem}`),
    ...Object.entries(codes).flatMap(([code, menu]) => menuProblems(code, menu, languages)),
    ...messageProblems(languages, messages),
    ...numberingProblems(numbering),
    ...keyProblems(keys),
    ...localeProblems({ timeZone, currency }),
    ...recordProblems(record),
    ...demoProblems(demo, { numbering, languages, record }),
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
    record,
    keys,
    timeZone,
    currency,
    services: services as ServedProject['services'],
    routes: routes as ServedProject['routes'],
    models,
    demo,
  }
}

const definitionOf = (record: RecordDefinition | z.ZodObject | undefined): RecordDefinition =>
  record instanceof z.ZodObject ? defineRecord({ fields: record }) : (record ?? plainRecord)

/** Returns the demo subscribers as `PUT /subscribers` would set them. */
export const demoOf = ({
  demo,
  record,
  languages,
}: Pick<ServedProject, 'demo' | 'record' | 'languages'>): Readonly<Record<string, SubscriberPatch>> => {
  const input = subscriberInput(record, languages)
  return Object.fromEntries(Object.entries(demo).map(([msisdn, patch]) => [msisdn, input.parse(patch)]))
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

/** Checks that every effect has a service. Throws USSD_MISCONFIGURED with every problem. */
export function assertServices({ codes }: Pick<Project, 'codes'>, services: Services): void {
  const problems = Object.entries(codes).flatMap(([code, { machine }]) =>
    leavesOf(machine).flatMap((leaf) =>
      leaf.invoke
        .flatMap(({ src }) => (typeof src === 'string' ? [src] : []))
        .filter((effect) => typeof services[effect] !== 'function')
        .map((effect) => `${code} ${nameOf(leaf)}: runs '${effect}', which services lacks; add its body`),
    ),
  )
  if (problems.length > 0) throw misconfigured(problems)
}

/** Checks that the gateway can serve the project's routes. Throws USSD_MISCONFIGURED with every problem. */
export function assertRoutes(routes: readonly AnyRoute[]): void {
  const problems = routeProblems(routes)
  if (problems.length > 0) throw misconfigured(problems)
}

const misconfigured = (problems: readonly string[]): UssdError =>
  new UssdError('USSD_MISCONFIGURED', { detail: problems.map((line) => `\n  ${line}`).join('') })

const messagesOf = (languages: readonly Language[], given: GivenMessages): Messages =>
  Object.fromEntries(
    messageNames.map((name) => [
      name,
      Object.fromEntries(languages.map((language) => [language, messageOf(given, language, name) ?? ''])),
    ]),
  ) as Messages
