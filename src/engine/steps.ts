/** Computes the steps of a machine and executes nothing, like `transition` of XState, which creates an actor for each step. */
import { transition } from 'xstate'
import type {
  AnyActorLogic,
  AnyActorScope,
  AnyMachineSnapshot,
  AnyStateMachine,
  EventObject,
  ExecutableActionObject,
  Snapshot,
} from 'xstate'

/** The snapshot after a step, and the actions that XState would execute. */
export type Step = readonly [snapshot: AnyMachineSnapshot, actions: readonly ExecutableActionObject[]]

/** The pure steps of one machine. They throw what a guard, an assign or the first context throws. */
export interface Steps {
  initial(input: unknown): Step
  next(snapshot: AnyMachineSnapshot, event: EventObject): Step
}

export function createSteps(machine: AnyStateMachine): Steps {
  let idle: AnyActorScope | undefined

  function run(compute: (scope: AnyActorScope) => unknown): Step {
    const scope = idle ?? createScope()
    idle = undefined
    const actions: ExecutableActionObject[] = []
    scope.actionExecutor = (action) => void actions.push(action)
    const snapshot = compute(scope) as AnyMachineSnapshot
    // An invoked actor is registered in its scope, and a second one of the same name would be refused.
    if (!actions.some(({ type }) => type === 'xstate.spawnChild')) idle = scope
    return [snapshot, actions]
  }

  return {
    initial: (input) => run((scope) => machine.getInitialSnapshot(scope as never, input as never)),
    next: (snapshot, event) => run((scope) => machine.transition(snapshot as never, event, scope as never)),
  }
}

const EMPTY_SNAPSHOT: Snapshot<unknown> = { status: 'active', output: undefined, error: undefined }

/** Creates a scope that executes nothing. XState passes one to the logic of `transition`. */
function createScope(): AnyActorScope {
  let scope: AnyActorScope | undefined
  const logic: AnyActorLogic = {
    transition(snapshot: Snapshot<unknown>, _event: EventObject, given: AnyActorScope) {
      scope = given
      return snapshot
    },
    getInitialSnapshot: () => EMPTY_SNAPSHOT,
    getPersistedSnapshot: (snapshot: Snapshot<unknown>) => snapshot,
  }
  transition(logic, EMPTY_SNAPSHOT, { type: '' })
  return scope as AnyActorScope
}
