/** What there is to know of a menu for exploring it: all of it is given, so that nothing here knows a menu. */
import type { CompiledMenu } from '../engine/menu.ts'
import type { DialogueState } from '../engine/turn.ts'
import type { Postcondition, Fixture, FixturePatch } from '../walkthrough/script/walkthrough.ts'
import type { Models } from './models.ts'

/** Something a subscriber types. */
export interface Input {
  /** In English, as it stands in titles: `the right PUK1`. No other input has it, and it tells no secret. */
  readonly name: string
  readonly text: string
}

/** What the operator does to a record between two turns. */
export interface Change<World> {
  readonly name: string
  readonly patch: FixturePatch
  changed(world: World): World
}

/** What a subscriber is like, and the gateway set to, when a dialogue begins. */
export interface Origin<World> {
  readonly name: string
  readonly world: World
  /** How the gateway is set: those who replay know what it stands for. Left out: as usual. */
  readonly setting?: string
}

/** Dialogues one after another, each begun from what the last one left. */
export interface Chain<World> {
  readonly title: string
  /** Name of the origin. */
  readonly from: string
  /** `dial`, the name of an input, or what the operator does before the next of these. */
  readonly moves: readonly (string | Change<World>)[]
}

/** Tries that are counted down. */
export interface Attempts<World> {
  left(world: World): number
  /** Screens that say that a try was right, by which all are given back. */
  readonly regainedAt: readonly string[]
  /** Finds in a screen how many it says are left: the first group. */
  readonly shown: RegExp
}

export interface ModelSpec<World> {
  readonly menu: CompiledMenu
  readonly models: Models<World>
  readonly origins: readonly Origin<World>[]
  /** Each is typed on every screen. */
  readonly inputs: readonly Input[]
  /** What may have happened to the record when a reply comes; once in a dialogue at most. */
  readonly changes: readonly Change<World>[]
  readonly chains?: readonly Chain<World>[]
  readonly attempts?: Attempts<World>
  /**
   * What tells two places of a dialogue apart: two of the same are explored as one, the one that is met first, though what
   * leads to either is tried. Left out, everything tells them apart.
   */
  normalise?(state: DialogueState, world: World): unknown
  /** The record that is made; secrets in it are left out where none is typed. */
  fixture(world: World): Omit<Fixture, 'msisdn' | 'language'>
  /** What is to be seen of the record afterwards. */
  record(world: World): Postcondition['record']
}
