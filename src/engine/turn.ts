/**
 * One turn of a dialogue. Pure but for `perform`, which the gateway supplies: the machine is stepped with XState's
 * `transition()`, which executes nothing, and the effects it asks for are performed here, between two steps (decision 0001).
 */
import { getNextTransitions, initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot, ExecutableActionObject, StateValue } from 'xstate'
import type { Language, Reply } from './authoring.ts'
import { UssdError } from './errors.ts'
import type { CompiledMenu } from './menu.ts'
import { Secret } from './secret.ts'

/** Performs an effect: resolves with its outcome, or rejects when it could not be found out. */
export type RunEffect = (effect: { readonly name: string; readonly input: unknown }) => Promise<unknown>

/** Where a dialogue rests between turns: plain JSON. */
export interface DialogueState {
  readonly value: StateValue
  readonly context: unknown
}

/** No menu needs more effects than this in one turn; more is a loop. */
const MAX_EFFECTS_IN_A_TURN = 10

type Step = readonly [AnyMachineSnapshot, readonly ExecutableActionObject[]]

/** Starts a dialogue and runs it to its first screen. Throws `USSD_MENU_FAULTY`, `USSD_SERVICE_FAILED`. */
export async function begin(
  menu: CompiledMenu,
  language: Language,
  perform: RunEffect,
): Promise<AnyMachineSnapshot> {
  const first = asMenuFault(menu, () => initialTransition(menu.steps, { language }) as unknown as Step)
  return runEffects(menu, first, perform)
}

/** Puts a stored dialogue back where it rested. Throws `USSD_MENU_FAULTY` when the machine has no such state. */
export function restore(menu: CompiledMenu, state: DialogueState): AnyMachineSnapshot {
  return asMenuFault(menu, () =>
    menu.machine.resolveState({ value: state.value, context: state.context as object }),
  )
}

/**
 * Gives the machine what the subscriber typed and runs it to the next screen. `undefined`: no transition takes this reply, so
 * it is not understood and the dialogue rests where it was. Throws `USSD_MENU_FAULTY`, `USSD_SERVICE_FAILED`.
 */
export async function reply(
  menu: CompiledMenu,
  snapshot: AnyMachineSnapshot,
  typed: string,
  perform: RunEffect,
): Promise<AnyMachineSnapshot | undefined> {
  const event = toEvent(snapshot, typed.trim())
  const step = asMenuFault(menu, () =>
    snapshot.can(event) ? (transition(menu.steps, snapshot, event) as unknown as Step) : undefined,
  )
  return step && runEffects(menu, step, perform)
}

/**
 * Answers a dialogue's first screens with what was dialled behind the code. It stops where a secret is asked for and at a
 * confirmation: what was dialled stays in the phone's call list, and a link can dial it unseen.
 */
export async function applyShortcut(
  menu: CompiledMenu,
  snapshot: AnyMachineSnapshot,
  shortcut: readonly string[],
  perform: RunEffect,
): Promise<{ readonly snapshot: AnyMachineSnapshot; readonly understood: boolean }> {
  let current = snapshot
  for (const typed of shortcut) {
    if (hasEnded(current) || asksForSecret(current) || current.hasTag('confirmation')) break
    const next = await reply(menu, current, typed, perform)
    if (!next) return { snapshot: current, understood: false }
    current = next
  }
  return { snapshot: current, understood: true }
}

/** Whether the dialogue is over: its screen releases. */
export const hasEnded = (snapshot: AnyMachineSnapshot): boolean => snapshot.status === 'done'

/** Whether the next reply is a secret. */
export const asksForSecret = (snapshot: AnyMachineSnapshot): boolean => offeredBy(snapshot).has('secret')

export const stateOf = (snapshot: AnyMachineSnapshot): DialogueState => ({
  value: snapshot.value as StateValue,
  context: snapshot.context,
})

/** A digit is a choice where the screen offers it; anything else is text, or a secret where the screen asks for one. */
function toEvent(snapshot: AnyMachineSnapshot, typed: string): Reply {
  const offered = offeredBy(snapshot)
  if (/^[0-9]$/.test(typed) && offered.has(typed)) return { type: typed } as Reply
  if (offered.has('secret')) return { type: 'secret', secret: new Secret(typed) }
  return { type: 'text', text: typed }
}

function offeredBy(snapshot: AnyMachineSnapshot): ReadonlySet<string> {
  return new Set(getNextTransitions(snapshot).map((next) => next.eventType))
}

/** Performs what the machine asks for, until it rests on a screen. */
async function runEffects(menu: CompiledMenu, first: Step, perform: RunEffect): Promise<AnyMachineSnapshot> {
  let [snapshot, actions] = first
  let rejected = false
  for (let performed = 0; ; performed++) {
    if (snapshot.status === 'error') {
      // Of what a menu throws, XState keeps some in the snapshot: what its first context throws.
      throw rejected
        ? new UssdError('USSD_SERVICE_FAILED', {
            detail: `${menu.code} has no onError`,
            cause: snapshot.error,
          })
        : new UssdError('USSD_MENU_FAULTY', { detail: menu.code, cause: snapshot.error })
    }
    const invoked = actions.find((action) => action.type === 'xstate.spawnChild')
    if (!invoked) return snapshot
    if (performed === MAX_EFFECTS_IN_A_TURN) {
      throw new UssdError('USSD_MENU_FAULTY', { detail: `${menu.code} performs effects without end` })
    }
    const outcome = await eventOf(invoked, perform)
    rejected = 'error' in outcome
    ;[snapshot, actions] = asMenuFault(
      menu,
      () => transition(menu.steps, snapshot, outcome) as unknown as Step,
    )
  }
}

/** The event by which XState tells a machine how what it invoked has ended. */
async function eventOf(invoked: ExecutableActionObject, perform: RunEffect) {
  const { id, src, input } = invoked.params as { id: string; src: string; input: unknown }
  try {
    return { type: `xstate.done.actor.${id}`, output: await perform({ name: src, input }), actorId: id }
  } catch (error) {
    return { type: `xstate.error.actor.${id}`, error, actorId: id }
  }
}

/** What a menu throws (a guard, an assign, an unknown state) is the menu's fault, whatever it threw. */
function asMenuFault<T>(menu: CompiledMenu, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw new UssdError('USSD_MENU_FAULTY', { detail: menu.code, cause })
  }
}
