/**
 * Runs one turn of a dialogue. A step executes nothing: the caller supplies a function that runs the machine's effects between
 * two steps (decision 0001). A turn is a generator that yields its effects: the gateway drives it asynchronously, a model of
 * the services synchronously.
 */
import { getNextTransitions } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine, StateValue } from 'xstate'
import type { Language, Reply } from './authoring.ts'
import { UssdError } from './errors.ts'
import type { CompiledMenu } from './menu.ts'
import { Secret } from './secret.ts'
import type { Step } from './steps.ts'

/** An effect that a machine invokes. */
export interface InvokedEffect {
  readonly name: string
  readonly input: unknown
}

/** Runs an effect. Resolves with its output, rejects when the outcome is unknown. */
export type RunEffect = (effect: InvokedEffect) => Promise<unknown>

export type EffectResult = { readonly output: unknown } | { readonly error: unknown }

/** Runs an effect synchronously. Returns `error` for `onError`; an error that it throws ends the turn. */
export type RunEffectSync = (effect: InvokedEffect) => EffectResult

/** The state of a dialogue between turns: plain JSON. */
export interface DialogueState {
  readonly value: StateValue
  readonly context: unknown
}

/** More effects than this in one turn are a loop. */
const MAX_EFFECTS_IN_A_TURN = 10

/** Yields each effect, takes its result, and returns the snapshot at the end of the turn. */
type Turn<T> = Generator<InvokedEffect, T, EffectResult>

/** Starts a dialogue and runs it to its first screen. Rejects with `USSD_MENU_FAULTY` or `USSD_SERVICE_FAILED`. */
export const begin = (menu: CompiledMenu, language: Language, runEffect: RunEffect) =>
  drive(beginTurn(menu, language), runEffect)

/** The synchronous `begin`. */
export const beginSync = (menu: CompiledMenu, language: Language, runEffect: RunEffectSync) =>
  driveSync(beginTurn(menu, language), runEffect)

/**
 * Sends a reply to the machine and runs it to the next screen. Resolves with `undefined` when no transition takes the reply:
 * the dialogue stays where it was. Rejects with `USSD_MENU_FAULTY` or `USSD_SERVICE_FAILED`.
 */
export const reply = (
  menu: CompiledMenu,
  snapshot: AnyMachineSnapshot,
  typed: string,
  runEffect: RunEffect,
) => drive(replyTurn(menu, snapshot, toEvent(snapshot, typed)), runEffect)

/** The synchronous `reply`, for an event of `toEvent`. */
export const replySync = (
  menu: CompiledMenu,
  snapshot: AnyMachineSnapshot,
  event: Reply,
  runEffect: RunEffectSync,
) => driveSync(replyTurn(menu, snapshot, event), runEffect)

/** Restores a stored dialogue. Throws `USSD_MENU_FAULTY` when the machine has no such state. */
export function restore(menu: CompiledMenu, { value, context }: DialogueState): AnyMachineSnapshot {
  const cache = cacheOf(menu.machine)
  const key = keyOf(value)
  // `resolveState` visits every sibling of the state.
  const template =
    cache.templates.get(key) ?? asMenuFault(menu, () => menu.machine.resolveState({ value, context: {} }))
  cache.templates.set(key, template)
  return { ...template, context } as AnyMachineSnapshot
}

/**
 * Answers the first screens with the arguments dialled after the code. Stops at a screen that asks for a secret and at a
 * confirmation: a dialled string stays in the phone's call list, and a link can dial it unseen.
 */
export async function applyShortcut(
  menu: CompiledMenu,
  snapshot: AnyMachineSnapshot,
  shortcut: readonly string[],
  runEffect: RunEffect,
): Promise<{ readonly snapshot: AnyMachineSnapshot; readonly understood: boolean }> {
  let current = snapshot
  for (const typed of shortcut) {
    if (hasEnded(current) || asksForSecret(current) || current.hasTag('confirmation')) break
    const next = await reply(menu, current, typed, runEffect)
    if (!next) return { snapshot: current, understood: false }
    current = next
  }
  return { snapshot: current, understood: true }
}

/** True once the dialogue is over: its last screen releases the session. */
export const hasEnded = (snapshot: AnyMachineSnapshot): boolean => snapshot.status === 'done'

/** True when the next reply is a secret. */
export const asksForSecret = (snapshot: AnyMachineSnapshot): boolean => offeredBy(snapshot).has('secret')

export const stateOf = (snapshot: AnyMachineSnapshot): DialogueState => ({
  value: snapshot.value as StateValue,
  context: snapshot.context,
})

/**
 * Returns the event for a reply, without the blanks around it. A digit that the screen offers is a choice. Anything else is a
 * secret where the screen asks for one, and text elsewhere.
 */
export function toEvent(snapshot: AnyMachineSnapshot, reply: string): Reply {
  const typed = reply.trim()
  const offered = offeredBy(snapshot)
  if (/^[0-9]$/.test(typed) && offered.has(typed)) return { type: typed } as Reply
  if (offered.has('secret')) return { type: 'secret', secret: new Secret(typed) }
  return { type: 'text', text: typed }
}

function offeredBy(snapshot: AnyMachineSnapshot): ReadonlySet<string> {
  const { offers } = cacheOf(snapshot.machine)
  const key = keyOf(snapshot.value as StateValue)
  const offered = offers.get(key) ?? new Set(getNextTransitions(snapshot).map((next) => next.eventType))
  offers.set(key, offered)
  return offered
}

/** What is the same for every dialogue in a state, by state value. A machine has a limited number of these. */
interface MachineCache {
  readonly templates: Map<string, AnyMachineSnapshot>
  readonly offers: Map<string, ReadonlySet<string>>
}

const caches = new WeakMap<AnyStateMachine, MachineCache>()

function cacheOf(machine: AnyStateMachine): MachineCache {
  const known = caches.get(machine)
  if (known) return known
  const cache: MachineCache = { templates: new Map(), offers: new Map() }
  caches.set(machine, cache)
  return cache
}

const keyOf = (value: StateValue): string => (typeof value === 'string' ? value : JSON.stringify(value))

async function drive<T>(turn: Turn<T>, runEffect: RunEffect): Promise<T> {
  let step = turn.next()
  while (!step.done) step = turn.next(await resultOf(step.value, runEffect))
  return step.value
}

function driveSync<T>(turn: Turn<T>, runEffect: RunEffectSync): T {
  let step = turn.next()
  while (!step.done) step = turn.next(runEffect(step.value))
  return step.value
}

async function resultOf(effect: InvokedEffect, runEffect: RunEffect): Promise<EffectResult> {
  try {
    return { output: await runEffect(effect) }
  } catch (error) {
    return { error }
  }
}

function* beginTurn(menu: CompiledMenu, language: Language): Turn<AnyMachineSnapshot> {
  const first = asMenuFault(menu, () => menu.steps.initial({ language }))
  return yield* runEffects(menu, first)
}

function* replyTurn(
  menu: CompiledMenu,
  snapshot: AnyMachineSnapshot,
  event: Reply,
): Turn<AnyMachineSnapshot | undefined> {
  const step = asMenuFault(menu, () => (snapshot.can(event) ? menu.steps.next(snapshot, event) : undefined))
  return step && (yield* runEffects(menu, step))
}

/** Runs the effects that the machine invokes until it rests on a screen. */
function* runEffects(menu: CompiledMenu, first: Step): Turn<AnyMachineSnapshot> {
  let [snapshot, actions] = first
  let failed = false
  for (let count = 0; ; count++) {
    if (snapshot.status === 'error') {
      // XState keeps some errors of a menu in the snapshot, such as one thrown by its first context.
      throw failed
        ? new UssdError('USSD_SERVICE_FAILED', {
            detail: `${menu.code} has no onError`,
            cause: snapshot.error,
          })
        : new UssdError('USSD_MENU_FAULTY', { detail: menu.code, cause: snapshot.error })
    }
    const invoked = actions.find((action) => action.type === 'xstate.spawnChild')
    if (!invoked) return snapshot
    if (count === MAX_EFFECTS_IN_A_TURN) {
      const detail = `${menu.code} runs more than ${MAX_EFFECTS_IN_A_TURN} effects in one turn`
      throw new UssdError('USSD_MENU_FAULTY', { detail })
    }
    const { id, src, input } = invoked.params as { id: string; src: string; input: unknown }
    const result = yield { name: src, input }
    failed = 'error' in result
    // The event by which XState reports the end of an invoked actor.
    const event = { type: `xstate.${failed ? 'error' : 'done'}.actor.${id}`, ...result, actorId: id }
    ;[snapshot, actions] = asMenuFault(menu, () => menu.steps.next(snapshot, event))
  }
}

/** Runs a step of a menu. Wraps an error of a guard, an assign or an unknown state as `USSD_MENU_FAULTY`. */
function asMenuFault<T>(menu: CompiledMenu, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw new UssdError('USSD_MENU_FAULTY', { detail: menu.code, cause })
  }
}
