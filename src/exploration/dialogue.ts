/**
 * A dialogue as it should go: the menu's own machine, stepped as the engine steps it, on models of its effects instead of
 * services, without a clock, a store or a network.
 */
import { getNextTransitions, initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine, ExecutableActionObject } from 'xstate'
import { Secret } from '../engine/authoring.ts'
import type { Language, Reply } from '../engine/authoring.ts'
import { render, screenName } from '../engine/render.ts'
import { hasEnded, restore, stateOf } from '../engine/turn.ts'
import type { DialogueState } from '../engine/turn.ts'
import type { Change, Input, ModelSpec } from './model-spec.ts'

/** Where a dialogue is between two turns. */
export interface State<World> {
  readonly world: World
  /** Where it rests, or what its last screen was; undefined before it is begun. */
  readonly state: DialogueState | undefined
  /** What is shown, without the line that a reply was not understood. */
  readonly text: string
  readonly isOver: boolean
  /** How often the operator may still change the record. */
  readonly changesLeft: number
}

/** One turn: what is typed, what the operator did just before, and which effect cannot be performed. */
export interface Move<World> {
  /** Undefined: the code is dialled. */
  readonly input: Input | undefined
  readonly change?: Change<World> | undefined
  readonly fails?: string | undefined
}

/** What came of a move. */
export interface Transition<World> {
  readonly move: Move<World>
  readonly to: State<World>
  /** As what the machine took it. */
  readonly as: 'dialled' | 'choice' | 'text' | 'secret'
  readonly understood: boolean
  /** Names of the effects, in order; the one that failed is among them. */
  readonly performed: readonly string[]
  /** What the menu itself did wrong: then the gateway ends the dialogue. */
  readonly fault: string | undefined
}

/** The dialogues of one menu in one language. Everything is synchronous and throws nothing. */
export interface Model<World> {
  readonly subject: ModelSpec<World>
  readonly language: Language
  start(world: World): State<World>
  move(moment: State<World>, move: Move<World>): Transition<World>
  /** Move after move, up to one that nobody waits for, or that the menu fails at. */
  play(world: World, moves: readonly Move<World>[]): readonly Transition<World>[]
}

/** As many as the engine performs in a turn. */
const MAX_EFFECTS = 10

type Step = readonly [AnyMachineSnapshot, readonly ExecutableActionObject[]]

export function createModel<World>(subject: ModelSpec<World>, language: Language): Model<World> {
  const { menu, models } = subject
  const secrets = new WeakMap<Secret, string>()
  const typed = (secret: Secret) => secrets.get(secret) ?? ''

  /** A digit is a choice where the screen offers it; all else is a secret where one is asked for, and text where not. */
  const eventOf = (snapshot: AnyMachineSnapshot, text: string): Reply => {
    const offered = new Set(getNextTransitions(snapshot).map(({ eventType }) => eventType))
    if (/^[0-9]$/.test(text) && offered.has(text)) return { type: text } as Reply
    if (!offered.has('secret')) return { type: 'text', text }
    const secret = new Secret(text)
    secrets.set(secret, text)
    return { type: 'secret', secret }
  }

  const settle = (first: Step, before: World, fails: string | undefined) => {
    let [[snapshot, actions], world, failing] = [first, before, fails]
    const performed: string[] = []
    for (;;) {
      if (snapshot.status === 'error') throw snapshot.error
      const invoked = actions.find(({ type }) => type === 'xstate.spawnChild')
      if (!invoked) return { snapshot, world, performed }
      if (performed.length === MAX_EFFECTS) throw new Error('it performs effects without end')
      const { id, src, input } = invoked.params as { id: string; src: string; input: unknown }
      performed.push(src)
      const model = models[src]
      if (!model) throw new Error(`there is no model of '${src}'`)
      let event: object = { type: `xstate.error.actor.${id}`, error: new Error(src), actorId: id }
      if (src === failing) failing = undefined
      else {
        const modelled = model(input, { world, input: typed })
        world = modelled.world
        event = { type: `xstate.done.actor.${id}`, output: modelled.outcome, actorId: id }
      }
      ;[snapshot, actions] = transition(
        menu.machine as AnyStateMachine,
        snapshot,
        event as never,
      ) as unknown as Step
    }
  }

  const begin = (moment: State<World>, move: Move<World>): Transition<World> => {
    const first = initialTransition(menu.machine, { language }) as unknown as Step
    return rested(moment, move, 'dialled', settle(first, moment.world, move.fails))
  }

  const rested = (
    { changesLeft }: State<World>,
    move: Move<World>,
    as: Transition<World>['as'],
    { snapshot, world, performed }: ReturnType<typeof settle>,
  ): Transition<World> => {
    // As it comes back from the store.
    const state = JSON.parse(JSON.stringify(stateOf(snapshot))) as DialogueState
    const text = render(menu, restore(menu, state), language)
    const moment = { world, state, text, isOver: hasEnded(snapshot), changesLeft }
    return { move, to: moment, as, understood: true, performed, fault: undefined }
  }

  const answer = (moment: State<World>, state: DialogueState, move: Move<World>): Transition<World> => {
    const snapshot = restore(menu, state)
    const event = eventOf(snapshot, move.input?.text.trim() ?? '')
    const as = event.type === 'secret' || event.type === 'text' ? event.type : 'choice'
    if (!snapshot.can(event))
      return { move, to: moment, as, understood: false, performed: [], fault: undefined }
    const step = transition(menu.machine as AnyStateMachine, snapshot, event as never) as unknown as Step
    return rested(moment, move, as, settle(step, moment.world, move.fails))
  }

  const move = (before: State<World>, move: Move<World>): Transition<World> => {
    const { change, input } = move
    const moment = change
      ? { ...before, world: change.changed(before.world), changesLeft: before.changesLeft - 1 }
      : before
    try {
      return input && moment.state ? answer(moment, moment.state, move) : begin(moment, move)
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error)
      const as = input ? 'text' : 'dialled'
      return { move, to: { ...moment, isOver: true }, as, understood: true, performed: [], fault }
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
    subject,
    language,
    move,
    start,

    play(world, moves) {
      const played: Transition<World>[] = []
      let moment = start(world)
      for (const next of moves) {
        if (moment.isOver && next.input) break
        const moved = move(moment, next)
        played.push(moved)
        if (moved.fault !== undefined) break
        moment = moved.to
      }
      return played
    },
  }
}

/** The name of the screen; empty before the dialogue. */
export const screenOf = <World>({ state }: State<World>): string => (state ? screenName(state.value) : '')
