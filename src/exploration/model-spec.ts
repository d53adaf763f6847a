/** The input of an exploration: a menu, a model of its effects, and the records and inputs to try. */
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import type { EffectsOf, Secret } from '../engine/authoring.ts'
import { compileMenu } from '../engine/menu.ts'
import type { CompiledMenu, Menu } from '../engine/menu.ts'
import type { DialogueState } from '../engine/turn.ts'
import type { Project } from '../gateway/project.ts'
import type { SecretForms } from '../gateway/records/record.ts'
import type { Postcondition, FixturePatch } from '../walkthrough/script/walkthrough.ts'

/** The second argument of a modelled effect, after its input. */
export interface ModelContext<World> {
  /** The state that effects read and change, before this effect. */
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

/** An input that a subscriber types. */
export interface Input {
  /** Unique, in English, and without the secret itself: `the right PUK1`. Titles quote it. */
  readonly name: string
  readonly text: string
  /** May be shown, stored and logged. By default, no text that is typed may. */
  readonly isPublic?: true
}

/** A change that the operator makes to the record between two turns. */
export interface Change<World> {
  /** Completes "the operator …": `opens access`. */
  readonly name: string
  readonly patch: FixturePatch
  apply(world: World): World
}

/** The subscriber's record and the gateway's setting when a dialogue begins. */
export interface Origin<World> {
  readonly name: string
  readonly world: World
  /** A key for the environment of the gateway; undefined for the defaults. */
  readonly setting?: string
}

/** Consecutive dialogues, each on the record that the previous one left. */
export interface Chain<World> {
  readonly title: string
  /** The name of the origin. */
  readonly from: string
  /** `dial`, the name of an input, or a change that the operator makes before the next move. */
  readonly moves: readonly (string | Change<World>)[]
}

/** Attempts that are counted down. */
export interface Attempts<World> {
  left(world: World): number
  /** Screens of a successful attempt, which restores all attempts. */
  readonly regainedAt: readonly string[]
  /** Matches a screen that shows the attempts left; the first group is their number. */
  readonly shown: RegExp
}

export interface ModelSpec<World> {
  readonly menu: CompiledMenu
  /** The secrets of the project's record, by name. */
  readonly secrets: SecretForms
  readonly models: Models<World>
  readonly origins: readonly Origin<World>[]
  /** Each is typed on every screen. */
  readonly inputs: readonly Input[]
  /** Changes that may happen before a reply, at most one in a dialogue. */
  readonly changes: readonly Change<World>[]
  readonly chains?: readonly Chain<World>[]
  readonly attempts?: Attempts<World>
  /**
   * Returns what distinguishes two states of a dialogue. Of equal ones, only the first found is explored further. Without it,
   * every difference counts.
   */
  normalise?(state: DialogueState, world: World): unknown
  /** The record to create. Its secrets are left out of dialogues that compare none. */
  fixture(world: World): FixturePatch
  /** The expected record after the dialogue. */
  record(world: World): Postcondition['record']
}

/** The model of a menu, without what the project says. */
export type MenuModel<World> = Omit<ModelSpec<World>, 'menu' | 'secrets'>

/** The model of a menu without effects: every digit, a word, no text, and more text than a screen asks for. */
const withoutEffects: MenuModel<unknown> = {
  models: {},
  origins: [{ name: 'any record', world: {} }],
  inputs: [
    ...Array.from({ length: 10 }, (_, digit) => ({ name: String(digit), text: String(digit) })),
    { name: 'a word', text: 'Amina', isPublic: true },
    { name: 'nothing', text: '' },
    { name: '120 letters', text: 'a'.repeat(120), isPublic: true },
  ],
  changes: [],
  fixture: () => ({}),
  record: () => ({}),
}

/** Joins menus with their models, both by dialled code. `missing`: the codes of menus with effects and without a model. */
export function modelSpecsOf<World>(
  { codes: menus, record: { secrets } }: Pick<Project, 'codes' | 'record'>,
  models: Readonly<Record<string, MenuModel<World> | undefined>>,
): { readonly specs: readonly ModelSpec<World>[]; readonly missing: readonly string[] } {
  const modelOf = (code: string, { machine }: Menu) =>
    models[code] ?? (invokesNothing(machine) ? (withoutEffects as MenuModel<World>) : undefined)
  const specs = Object.entries(menus).flatMap(([code, menu]) => {
    const model = modelOf(code, menu)
    return model ? [{ ...model, menu: compileMenu(code, menu), secrets }] : []
  })
  const modelled = new Set(specs.map(({ menu }) => menu.code))
  return { specs, missing: Object.keys(menus).filter((code) => !modelled.has(code)) }
}

/** True when a screen of the menu takes any text: a digit that it does not list is text there. */
export const takesText = ({ machine }: Pick<Menu, 'machine'>): boolean =>
  !everyState(machine.root, ({ transitions }) => !transitions.has('text'))

const invokesNothing = ({ root }: AnyStateMachine): boolean =>
  everyState(root, ({ invoke }) => invoke.length === 0)

const everyState = (node: AnyStateNode, holds: (node: AnyStateNode) => boolean): boolean =>
  holds(node) && Object.values(node.states).every((child) => everyState(child, holds))
