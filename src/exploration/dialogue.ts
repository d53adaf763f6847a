/**
 * The expected dialogue: the engine runs the menu's machine on models of its effects, without services, clock, store or
 * network.
 */
import type { AnyMachineSnapshot } from 'xstate'
import type { Language } from '../engine/authoring.ts'
import { UssdError } from '../engine/errors.ts'
import { render, screenName } from '../engine/render.ts'
import { beginSync, hasEnded, replySync, restore, stateOf, toEvent } from '../engine/turn.ts'
import type { DialogueState, RunEffectSync } from '../engine/turn.ts'
import type { Change, Input, ModelSpec, Models } from './model-spec.ts'

/** The state of a dialogue between two turns. */
export interface State<World> {
  readonly world: World
  /** The state it rests in, or its last screen; undefined before it begins. */
  readonly state: DialogueState | undefined
  /** The text of the screen, without the line above it for a reply that was not understood. */
  readonly text: string
  readonly isOver: boolean
  /** The number of times the operator may still change the record. */
  readonly changesLeft: number
}

/** One turn: the input, the operator's change just before it, and the effect that fails in it. */
export interface Move<World> {
  /** Undefined: the code is dialled. */
  readonly input: Input | undefined
  readonly change?: Change<World> | undefined
  readonly fails?: string | undefined
}

/** The result of a move. */
export interface Transition<World> {
  readonly move: Move<World>
  readonly to: State<World>
  /** The kind of event the machine received. */
  readonly as: 'dialled' | 'choice' | 'text' | 'secret'
  readonly understood: boolean
  /** Names of the effects, in order; the one that failed is among them. */
  readonly performed: readonly string[]
  /** The menu's own fault, upon which the gateway ends the dialogue. */
  readonly fault: string | undefined
}

/** The dialogues of one menu in one language. All methods are synchronous and never throw. */
export interface Model<World> {
  readonly subject: ModelSpec<World>
  readonly language: Language
  start(world: World): State<World>
  move(from: State<World>, move: Move<World>): Transition<World>
  /** Plays the moves in order. Stops at a reply after the end of the dialogue and after a fault of the menu. */
  play(world: World, moves: readonly Move<World>[]): readonly Transition<World>[]
}

/** Runs the effects of one turn on their models. Every secret in their input is `text`, the reply of the turn. */
function createEffects<World>(models: Models<World>, before: World, text: string, fails?: string) {
  let [world, failing] = [before, fails]
  const performed: string[] = []
  const run: RunEffectSync = ({ name, input }) => {
    performed.push(name)
    const model = models[name]
    if (!model) throw new Error(`there is no model of '${name}'`)
    if (name === failing) {
      failing = undefined
      return { error: new Error(name) }
    }
    const modelled = model(input, { world, input: () => text })
    world = modelled.world
    return { output: modelled.outcome }
  }
  return { run, performed, worldAfter: () => world }
}

export function createModel<World>(spec: ModelSpec<World>, language: Language): Model<World> {
  const { menu, models } = spec

  const rested = (
    { changesLeft }: State<World>,
    move: Move<World>,
    as: Transition<World>['as'],
    snapshot: AnyMachineSnapshot,
    { performed, worldAfter }: ReturnType<typeof createEffects<World>>,
  ): Transition<World> => {
    // The state as the store returns it.
    const state = JSON.parse(JSON.stringify(stateOf(snapshot))) as DialogueState
    const text = render(menu, restore(menu, state), language)
    const to = { world: worldAfter(), state, text, isOver: hasEnded(snapshot), changesLeft }
    return { move, to, as, understood: true, performed, fault: undefined }
  }

  const begin = (current: State<World>, move: Move<World>): Transition<World> => {
    const effects = createEffects(models, current.world, '', move.fails)
    return rested(current, move, 'dialled', beginSync(menu, language, effects.run), effects)
  }

  const answer = (current: State<World>, state: DialogueState, move: Move<World>): Transition<World> => {
    const text = move.input?.text.trim() ?? ''
    const snapshot = restore(menu, state)
    const event = toEvent(snapshot, text)
    const as = event.type === 'secret' || event.type === 'text' ? event.type : 'choice'
    const effects = createEffects(models, current.world, text, move.fails)
    const after = replySync(menu, snapshot, event, effects.run)
    return after
      ? rested(current, move, as, after, effects)
      : { move, to: current, as, understood: false, performed: [], fault: undefined }
  }

  const move = (before: State<World>, move: Move<World>): Transition<World> => {
    const { change, input } = move
    const current = change
      ? { ...before, world: change.apply(before.world), changesLeft: before.changesLeft - 1 }
      : before
    try {
      return input && current.state ? answer(current, current.state, move) : begin(current, move)
    } catch (error) {
      const as = input ? 'text' : 'dialled'
      return {
        move,
        to: { ...current, isOver: true },
        as,
        understood: true,
        performed: [],
        fault: faultOf(error),
      }
    }
  }

  const start = (world: World): State<World> => ({
    world,
    state: undefined,
    text: '',
    isOver: false,
    changesLeft: 1,
  })

  return {
    subject: spec,
    language,
    move,
    start,

    play(world, moves) {
      const played: Transition<World>[] = []
      let current = start(world)
      for (const next of moves) {
        if (current.isOver && next.input) break
        const transition = move(current, next)
        played.push(transition)
        if (transition.fault !== undefined) break
        current = transition.to
      }
      return played
    },
  }
}

/** The message of what the menu threw; the engine wraps it in an error of its own. */
function faultOf(error: unknown): string {
  const cause = error instanceof UssdError ? (error.cause ?? error) : error
  return cause instanceof Error ? cause.message : String(cause)
}

/** The name of the screen; empty before the dialogue. */
export const screenOf = <World>({ state }: State<World>): string => (state ? screenName(state.value) : '')
