/** Every dialogue a menu allows, through the engine as the gateway drives it, with every outcome of every effect. */
import type { AnyMachineSnapshot, AnyStateMachine, AnyTransitionDefinition } from 'xstate'
import type { Language } from '../../src/engine/authoring.ts'
import { compileMenu } from '../../src/engine/menu.ts'
import type { CompiledMenu } from '../../src/engine/menu.ts'
import { begin, hasEnded, reply, restore, stateOf } from '../../src/engine/turn.ts'
import type { DialogueState, RunEffect } from '../../src/engine/turn.ts'
import { transitionsOf } from '../../src/menu-analysis/coverage/names.ts'
import { watchMachine } from '../../src/menu-analysis/coverage/watched-machine.ts'
import { rejects } from './machines.ts'
import type { AnyOutcomes } from './machines.ts'

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

/** A place where a dialogue rests, and what became of each digit typed there. */
export interface Place {
  readonly snapshot: AnyMachineSnapshot
  /** Digits taken as a choice. */
  readonly choices: readonly string[]
  /** Whether some reply was not understood here, so that its line may stand over the screen. */
  readonly mayBeMistaken: boolean
  /** Digits by which the dialogue ends at once. */
  readonly waysOut: readonly string[]
}

export interface Walk {
  readonly places: readonly Place[]
  /** Transitions of the machine by name, and those of them no dialogue took. */
  readonly transitions: readonly string[]
  readonly untaken: readonly string[]
}

const MOST_PLACES = 2000

/** `typed`: what is tried on every screen beside the ten digits. */
export async function walk(
  menu: CompiledMenu,
  outcomes: AnyOutcomes,
  language: Language,
  typed: readonly string[],
): Promise<Walk> {
  const spied = spy(menu.machine)
  const watched = compileMenu(menu.code, { ...menu, machine: spied.machine })
  const seen = new Map<string, Place>()
  const ahead: DialogueState[] = []
  const arrive = (snapshot: AnyMachineSnapshot) => void ahead.push(toJson(stateOf(snapshot)))

  for await (const first of everyOutcome(outcomes, (perform) => begin(watched, language, perform)))
    arrive(first)
  for (let state = ahead.pop(); state; state = ahead.pop()) {
    const key = JSON.stringify(state)
    if (seen.has(key)) continue
    if (seen.size === MOST_PLACES) throw new Error(`more than ${MOST_PLACES} places`)
    const snapshot = restore(watched, state)
    const choices: string[] = []
    const waysOut: string[] = []
    let mayBeMistaken = false
    for (const entry of [...DIGITS, ...typed]) {
      spied.events.clear()
      const nexts: (AnyMachineSnapshot | undefined)[] = []
      for await (const next of everyOutcome(outcomes, (perform) =>
        reply(watched, snapshot, entry, perform),
      )) {
        nexts.push(next)
        if (next) arrive(next)
        // On a screen that takes free answers, one digit that is no choice is as good as another.
        if (DIGITS.includes(entry) && !spied.events.has(entry)) break
      }
      if (nexts.includes(undefined)) mayBeMistaken = true
      if (spied.events.has(entry)) choices.push(entry)
      if (spied.events.has(entry) && nexts.every((next) => next && hasEnded(next))) waysOut.push(entry)
    }
    seen.set(key, { snapshot, choices, waysOut, mayBeMistaken })
  }
  return {
    places: [...seen.values()],
    transitions: spied.all.map(({ name }) => name),
    untaken: spied.all.filter(({ definition }) => !spied.taken.has(definition)).map(({ name }) => name),
  }
}

/** A state as it comes back from the store. */
export const toJson = <T>(state: T): T => JSON.parse(JSON.stringify(state)) as T

/** Runs a turn once for every combination of outcomes of the effects it performs. */
async function* everyOutcome<T>(
  outcomes: AnyOutcomes,
  run: (perform: RunEffect) => Promise<T>,
): AsyncGenerator<T> {
  let script: number[] | undefined = []
  while (script) {
    const chosen: { at: number; of: number }[] = []
    const given: number[] = script
    const result = await run(async ({ name }) => {
      const of = outcomes[name]
      if (!of) throw new Error(`no outcome of '${name}' is known`)
      const at = given[chosen.length] ?? 0
      chosen.push({ at, of: of.length })
      const outcome = of[at]
      if (outcome === rejects) throw new Error(`${name} rejects`)
      return outcome
    })
    yield result
    while (chosen.length > 0 && (chosen.at(-1)?.at ?? 0) + 1 === chosen.at(-1)?.of) chosen.pop()
    const last = chosen.pop()
    script = last && [...chosen.map(({ at }) => at), last.at + 1]
  }
}

/** The same machine, which tells the transitions that were taken, and the replies by which. */
function spy(machine: AnyStateMachine) {
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
