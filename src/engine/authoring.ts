/**
 * The authoring API: everything that a menu imports. A menu is a module that exports a `machine`, made by
 * `setup().createMachine()`, and its `screens`: the text of every visible state in every language. See docs/guides/write-a-menu.md.
 */
import { fromPromise } from 'xstate'
import type {
  AnyStateMachine,
  ContextFrom,
  InputFrom,
  OutputFrom,
  PromiseActorLogic,
  StateMachine,
  StateSchemaFrom,
} from 'xstate'
import { Secret } from './secret.ts'

export { Secret }
export { assign, setup } from 'xstate'

/** A language of the project: a BCP 47 tag. */
export type Language = string

/** The input of every dialogue, kept in its context. `L` is the union of the project's languages. */
export type Dialogue<L extends Language = Language> = { language: L }

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'

/** The event for a subscriber's reply: a choice, free text or a secret. */
export type Reply = { type: Digit } | { type: 'text'; text: string } | { type: 'secret'; secret: Secret }

/**
 * Tags of states. A `confirmation` accepts neither the dialled string nor the digit that led to it. A `secret-again` state
 * accepts a secret equal to an earlier one; on any other screen it is a duplicate.
 */
export type Tag = 'confirmation' | 'secret-again'

/** The secret of a `secret` reply, for guards and effect inputs. Throws a TypeError for any other event. */
export function secretOf(event: Reply): Secret {
  if (event.type !== 'secret') throw new TypeError(`expected a secret reply, got '${event.type}'`)
  return event.secret
}

const lookups = new WeakSet<object>()

const runByTheEngine = () => Promise.reject(new Error('the engine runs effects; an actor cannot'))

/** Declares an effect that may change something. Its body is a service of the project. */
export const effect = <In, Out = void>(): PromiseActorLogic<Out, In> => fromPromise<Out, In>(runByTheEngine)

/** Declares an effect that only reads, so that a choice may run it without a confirmation. */
export function lookup<In, Out>(): PromiseActorLogic<Out, In> {
  const logic = fromPromise<Out, In>(runByTheEngine)
  lookups.add(logic)
  return logic
}

/** True for an effect declared with `lookup`. */
export const isLookup = (logic: unknown): boolean =>
  typeof logic === 'object' && logic !== null && lookups.has(logic)

type ActorsOf<M> =
  // The fourth of XState's type parameters is the union of the declared actors.
  M extends StateMachine<
    infer _Context,
    infer _Event,
    infer _Children,
    infer Actor,
    infer _Action,
    infer _Guard,
    infer _Delay,
    infer _Value,
    infer _Tag,
    infer _Input,
    infer _Output,
    infer _Emitted,
    infer _Meta,
    infer _Schema,
    infer _TransitionMeta
  >
    ? Actor
    : never

/** The bodies of a machine's effects, by name. `EffectContext` is passed to each besides its input. */
export type EffectsOf<M extends AnyStateMachine, EffectContext> = {
  [A in ActorsOf<M> as A['src']]: (
    input: InputFrom<A['logic']>,
    context: EffectContext,
  ) => Promise<OutputFrom<A['logic']>>
}

type Intersection<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void
  ? I
  : never

/** The bodies of the effects of all menus in a routing table. */
export type EffectsOfAll<
  Menus extends Record<string, { machine: AnyStateMachine }>,
  EffectContext,
> = Intersection<{ [Code in keyof Menus]: EffectsOf<Menus[Code]['machine'], EffectContext> }[keyof Menus]>

/** Values that can be stored between turns. Excludes `Secret`, whose field is private. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

type Leaf<S> = S extends { states: infer T }
  ? { [K in keyof T & string]: T[K] extends { states: unknown } ? `${K}.${Leaf<T[K]>}` : K }[keyof T & string]
  : never

/** States that run an effect, e.g. 'verifyingPuk1'. All others are screens, e.g. 'settings' and 'password'. */
type Working = `${Lowercase<string>}ing${Capitalize<string>}`

type ScreenOf<M extends AnyStateMachine> = Exclude<Leaf<StateSchemaFrom<M>>, Working | `${string}.${Working}`>

/** The languages in which a context may be shown. */
type LanguageOf<Context> = Context extends { language: infer L extends Language } ? L : Language

export type Text<Context> = string | ((context: Context) => string)

/**
 * The text of every screen in every language of the context. The key of a nested state is `'settings.language'`. A missing or
 * unknown state, a missing language or an unknown field of the context does not compile.
 */
export type Screens<M extends AnyStateMachine> =
  ContextFrom<M> extends Json
    ? { [S in ScreenOf<M>]: { [L in LanguageOf<ContextFrom<M>>]: Text<ContextFrom<M>> } }
    : 'a context is stored as JSON: seal a secret before you assign it'
