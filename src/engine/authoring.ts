/**
 * All that a menu imports. A menu is a module that exports a `machine`, a plain `setup().createMachine()` literal, and its
 * `screens`: the text of every state a subscriber can see, in every language. docs/menus.md is the author's manual.
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

export const languages = ['ru', 'be', 'en'] as const
export type Language = (typeof languages)[number]

/** What every dialogue is started with, and keeps in its context. */
export type Dialogue = { language: Language }

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'

/** The subscriber's reply, as a machine sees it: a choice, free text, or a secret. */
export type Reply = { type: Digit } | { type: 'text'; text: string } | { type: 'secret'; secret: Secret }

/**
 * A state tagged `confirmation` is never answered by the dialled string, nor by the digit that led to it. A state tagged
 * `secret-again` takes a secret that was given before for an answer; on any other screen it is a duplicate.
 */
export type Tag = 'confirmation' | 'secret-again'

/** The secret a `secret` reply carries; for guards and effect inputs. Throws a TypeError for any other reply. */
export function secretOf(event: Reply): Secret {
  if (event.type !== 'secret') throw new TypeError(`expected a secret reply, got '${event.type}'`)
  return event.secret
}

const lookups = new WeakSet<object>()

const performedByTheEngine = () => Promise.reject(new Error('effects are performed by the engine'))

/** Declares an effect that changes something; its body lives in src/services. */
export const effect = <In, Out = void>(): PromiseActorLogic<Out, In> =>
  fromPromise<Out, In>(performedByTheEngine)

/** Declares an effect that only reads, so that a choice may perform it without a confirmation. */
export function lookup<In, Out>(): PromiseActorLogic<Out, In> {
  const logic = fromPromise<Out, In>(performedByTheEngine)
  lookups.add(logic)
  return logic
}

/** Whether an effect was declared with `lookup`. */
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

/** The bodies of a machine's effects, by name; `Call` is what the gateway hands to each beside its input. */
export type EffectsOf<M extends AnyStateMachine, Call> = {
  [A in ActorsOf<M> as A['src']]: (
    input: InputFrom<A['logic']>,
    call: Call,
  ) => Promise<OutputFrom<A['logic']>>
}

type Intersection<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void
  ? I
  : never

/** The bodies of the effects of all menus of a table. */
export type EffectsOfAll<Menus extends Record<string, { machine: AnyStateMachine }>, Call> = Intersection<
  { [Code in keyof Menus]: EffectsOf<Menus[Code]['machine'], Call> }[keyof Menus]
>

/** What may be kept between turns. `Secret` is not: its fields are private to it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

type Leaf<S> = S extends { states: infer T }
  ? { [K in keyof T & string]: T[K] extends { states: unknown } ? `${K}.${Leaf<T[K]>}` : K }[keyof T & string]
  : never

/** 'verifyingPuk1' is working; 'settings' and 'password' are screens. */
type Working = `${Lowercase<string>}ing${Capitalize<string>}`

type ScreenOf<M extends AnyStateMachine> = Exclude<Leaf<StateSchemaFrom<M>>, Working | `${string}.${Working}`>

export type Text<Context> = string | ((context: Context) => string)

/**
 * The text of every screen, in every language: a nested state is keyed `'settings.language'`. A missing or unknown state, a
 * missing language, or an unknown field of the context does not compile.
 */
export type Screens<M extends AnyStateMachine> =
  ContextFrom<M> extends Json
    ? { [S in ScreenOf<M>]: { [L in Language]: Text<ContextFrom<M>> } }
    : 'a context is kept as JSON: seal a secret before you assign it'
