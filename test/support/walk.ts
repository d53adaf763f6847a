/** Explores every dialogue of a menu through the engine, with every outcome of every effect. */
import type { AnyMachineSnapshot, AnyStateMachine, AnyTransitionDefinition } from 'xstate'
import type { Language } from '../../src/engine/authoring.ts'
import { compileMenu } from '../../src/engine/menu.ts'
import type { CompiledMenu } from '../../src/engine/menu.ts'
import { begin, reply, restore, stateOf } from '../../src/engine/turn.ts'
import type { DialogueState, RunEffect } from '../../src/engine/turn.ts'
import { transitionsOf } from '../../src/menu-analysis/coverage/names.ts'
import { watchMachine } from '../../src/menu-analysis/coverage/watched-machine.ts'
import { rejects } from './machines.ts'
import type { AnyOutcomes } from './machines.ts'

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

/** A state of a dialogue between two turns. */
export interface WaitingState {
  readonly snapshot: AnyMachineSnapshot
  /** The digits that the state accepts as a choice. */
  readonly choices: readonly string[]
  /** True if some reply is not understood, so that the screen may have the system line above it. */
  readonly mayBeMistaken: boolean
}

export interface Walk {
  readonly waitingStates: readonly WaitingState[]
  /** The transitions of the machine by name, and those that no dialogue took. */
  readonly transitions: readonly string[]
  readonly untaken: readonly string[]
}

const MAX_STATES = 2000

/** Explores all dialogues of a menu. `inputs` are tried on every screen, besides the ten digits. */
export async function walk(
  menu: CompiledMenu,
  outcomes: AnyOutcomes,
  language: Language,
  inputs: readonly string[],
): Promise<Walk> {
  const recorded = recordTransitions(menu.machine)
  const watched = compileMenu(menu.code, { ...menu, machine: recorded.machine })
  const seen = new Map<string, WaitingState>()
  const pending: DialogueState[] = []
  const arrive = (snapshot: AnyMachineSnapshot) => void pending.push(toJson(stateOf(snapshot)))

  for await (const first of everyOutcome(outcomes, (perform) => begin(watched, language, perform)))
    arrive(first)
  for (let state = pending.pop(); state; state = pending.pop()) {
    const key = JSON.stringify(state)
    if (seen.has(key)) continue
    if (seen.size === MAX_STATES) throw new Error(`The menu has more than ${MAX_STATES} waiting states.`)
    const snapshot = restore(watched, state)
    const choices: string[] = []
    let mayBeMistaken = false
    for (const input of [...DIGITS, ...inputs]) {
      recorded.events.clear()
      for await (const next of everyOutcome(outcomes, (perform) =>
        reply(watched, snapshot, input, perform),
      )) {
        if (next) arrive(next)
        else mayBeMistaken = true
        // On a screen for free text, all digits that are not choices behave alike.
        if (DIGITS.includes(input) && !recorded.events.has(input)) break
      }
      if (recorded.events.has(input)) choices.push(input)
    }
    seen.set(key, { snapshot, choices, mayBeMistaken })
  }
  return {
    waitingStates: [...seen.values()],
    transitions: recorded.all.map(({ name }) => name),
    untaken: recorded.all.filter(({ definition }) => !recorded.taken.has(definition)).map(({ name }) => name),
  }
}

/** Returns a state after a round trip through JSON, as through the store. */
export const toJson = <T>(state: T): T => JSON.parse(JSON.stringify(state)) as T

/** Runs a turn once for every combination of outcomes of its effects. `plan` has the choice for each effect, in order. */
async function* everyOutcome<T>(
  outcomes: AnyOutcomes,
  run: (perform: RunEffect) => Promise<T>,
): AsyncGenerator<T> {
  let plan: number[] | undefined = []
  while (plan) {
    const chosen: { at: number; of: number }[] = []
    const result = await run(async ({ name }) => {
      const of = outcomes[name]
      if (!of) throw new Error(`The effect '${name}' has no outcomes.`)
      const at = plan?.[chosen.length] ?? 0
      chosen.push({ at, of: of.length })
      const outcome = of[at]
      if (outcome === rejects) throw new Error(`${name} rejects`)
      return outcome
    })
    yield result
    while (chosen.length > 0 && (chosen.at(-1)?.at ?? 0) + 1 === chosen.at(-1)?.of) chosen.pop()
    const last = chosen.pop()
    plan = last && [...chosen.map(({ at }) => at), last.at + 1]
  }
}

/** Returns the machine with a record of the transitions taken and their events. */
function recordTransitions(machine: AnyStateMachine) {
  const taken = new Set<AnyTransitionDefinition>()
  const events = new Set<string>()
  const watched = watchMachine(machine, {
    taken(transition) {
      taken.add(transition)
      events.add(transition.eventType)
    },
  })
  return { machine: watched, all: transitionsOf(watched), taken, events }
}
