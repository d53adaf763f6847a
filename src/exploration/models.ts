import type { AnyStateMachine } from 'xstate'
import type { EffectsOf, Secret } from '../engine/authoring.ts'

/** What the model of an effect is told beside its input. */
export interface ModelContext<World> {
  /** All that the effects know and change, before this one. */
  readonly world: World
  /** What was typed as this secret. The exploration typed it itself, and remembers it. */
  readonly input: (secret: Secret) => string
}

/** What an effect comes to, and the world as it leaves it. */
export interface Modelled<World, Outcome> {
  readonly outcome: Outcome
  readonly world: World
}

/**
 * What the effects of a machine should do, by name: from the rules, without a look at how the services do it. An effect
 * without a model does not compile.
 */
export type ModelsOf<Machine extends AnyStateMachine, World> = {
  readonly [Effect in keyof EffectsOf<Machine, ModelContext<World>>]: EffectsOf<
    Machine,
    ModelContext<World>
  >[Effect] extends (input: infer Input, told: ModelContext<World>) => Promise<infer Outcome>
    ? (input: Input, told: ModelContext<World>) => Modelled<World, Outcome>
    : never
}

/** The models of any machine; what each takes is held against the machine where they are written. */
export type Models<World> = Readonly<
  // oxlint-disable-next-line typescript/no-explicit-any -- each effect has an input of its own; `ModelsOf` has checked it
  Record<string, (input: any, told: ModelContext<World>) => Modelled<World, unknown>>
>
