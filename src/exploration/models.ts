import type { AnyStateMachine } from 'xstate'
import type { EffectsOf, Secret } from '../engine/authoring.ts'

/** The second argument of a modelled effect, after its input. */
export interface ModelContext<World> {
  /** Everything the effects read and change, before this one. */
  readonly world: World
  /** Returns the text of a secret: the exploration typed it and remembers it. */
  readonly input: (secret: Secret) => string
}

/** The outcome of a modelled effect, and the world after it. */
export interface Modelled<World, Outcome> {
  readonly outcome: Outcome
  readonly world: World
}

/**
 * The expected behaviour of a machine's effects, by name. Write it from the rules, not from the services. A missing effect
 * does not compile.
 */
export type ModelsOf<Machine extends AnyStateMachine, World> = {
  readonly [Effect in keyof EffectsOf<Machine, ModelContext<World>>]: EffectsOf<
    Machine,
    ModelContext<World>
  >[Effect] extends (input: infer Input, context: ModelContext<World>) => Promise<infer Outcome>
    ? (input: Input, context: ModelContext<World>) => Modelled<World, Outcome>
    : never
}

/** Models of any machine. `ModelsOf` checks their types where they are written. */
export type Models<World> = Readonly<
  // oxlint-disable-next-line typescript/no-explicit-any -- each effect has its own input type; `ModelsOf` has checked it
  Record<string, (input: any, context: ModelContext<World>) => Modelled<World, unknown>>
>
