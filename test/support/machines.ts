import { assign, createMachine } from 'xstate'
import type { AnyStateMachine, OutputFrom } from 'xstate'
import type * as access from '../../menus/access.ts'
import { menus } from '../../menus/index.ts'
import type * as password from '../../menus/password.ts'
import { effect, lookup } from '../../src/engine/authoring.ts'
import type { EffectsOf, Language } from '../../src/engine/authoring.ts'
import { compileMenu } from '../../src/engine/menu.ts'
import type { CompiledMenu, Menu } from '../../src/engine/menu.ts'
import type { RunEffect } from '../../src/engine/turn.ts'

/** An outcome of an effect that fails. */
export const rejects = Symbol('rejects')

/** The possible outcomes of each effect of a machine. */
type Outcomes<M extends AnyStateMachine> = {
  [Effect in keyof EffectsOf<M, never>]: readonly (
    | typeof rejects
    | Awaited<
        EffectsOf<M, never>[Effect] extends (...of: never[]) => infer Promised ? Promised : OutputFrom<M>
      >
  )[]
}

export type AnyOutcomes = Readonly<Record<string, readonly unknown[]>>

const accessOutcomes: Outcomes<typeof access.machine> = {
  readAccess: [
    { access: 'open', attemptsLeft: 10 },
    { access: 'closed-by-subscriber', attemptsLeft: 10 },
    { access: 'closed-by-subscriber', attemptsLeft: 1 },
    { access: 'closed-by-subscriber', attemptsLeft: 0 },
    { access: 'closed-by-organisation', attemptsLeft: 10 },
    { access: 'closed-by-operator', attemptsLeft: 10 },
    rejects,
  ],
  closeAccess: [{ closed: true }, { closed: false }, rejects],
  openAccess: [
    { outcome: 'opened' },
    { outcome: 'wrong-puk1', attemptsLeft: 9 },
    { outcome: 'wrong-puk1', attemptsLeft: 1 },
    { outcome: 'locked' },
    { outcome: 'access-moved' },
    rejects,
  ],
}

const passwordOutcomes: Outcomes<typeof password.machine> = {
  readAccess: [
    { access: 'open' },
    { access: 'closed-by-subscriber' },
    { access: 'closed-by-organisation' },
    { access: 'closed-by-operator' },
    rejects,
  ],
  assessPassword: [
    { verdict: 'accepted', sealed: 'sealed' },
    { verdict: 'malformed' },
    { verdict: 'doubtful', weakness: 'own-number', sealed: 'sealed' },
    { verdict: 'too-weak', weakness: 'sequence' },
    rejects,
  ],
  savePassword: [{ outcome: 'saved' }, { outcome: 'different' }, { outcome: 'access-closed' }, rejects],
}

/** The outcomes of the effects of each menu. A menu without effects needs no entry. */
const outcomesOf: Readonly<Partial<Record<keyof typeof menus, AnyOutcomes>>> = {
  '*141*0#': passwordOutcomes,
  '*141*3*6#': accessOutcomes,
}

/** Every menu of the routing table, with the possible outcomes of its effects. */
export const menusWithOutcomes = (Object.keys(menus) as (keyof typeof menus)[]).map((code) => ({
  menu: compileMenu(code, menus[code]),
  outcomes: outcomesOf[code] ?? {},
}))

/** Compiles a machine for tests that ignore texts. */
export const compiled = (machine: AnyStateMachine, screens: Menu['screens'] = {}): CompiledMenu =>
  compileMenu('*100#', { machine, screens })

/** The same text in every language. */
export const inAll = <T>(text: T) => ({ ru: text, be: text, en: text })

export type States = Record<string, object | undefined>
export type Texts = Record<string, unknown>

const withoutUndefined = (of: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined))

/** Creates a valid menu with changes: `states` and `texts` replace its own, and `undefined` removes one. */
export function soundMenuWith(states: States = {}, texts: Texts = {}, root: object = {}): Menu {
  const config = {
    context: ({ input }: { input: { language: Language } }) => ({ ...input, left: 3 }),
    initial: 'lookingUp',
    ...root,
    states: withoutUndefined({
      lookingUp: { invoke: { src: 'look', onDone: 'open', onError: 'bye' } },
      open: { on: { 1: 'sure', 3: 'amount', 0: 'bye' } },
      sure: { tags: 'confirmation', on: { 2: 'closingAll', 0: 'bye' } },
      closingAll: { invoke: { src: 'change', onDone: 'bye', onError: 'bye' } },
      amount: { on: { text: { guard: 'isAmount', target: 'open' }, 0: 'bye' } },
      bye: { type: 'final' },
      ...states,
    }),
  }
  const machine = createMachine(
    config as never,
    {
      actors: { look: lookup<undefined, boolean>(), change: effect<undefined>() },
      guards: { isAmount: () => true },
      actions: { count: assign({ left: 2 }), speak: () => {} },
    } as never,
  )
  const screens = withoutUndefined({
    open: inAll('Open\n1 Close\n3 Amount\n0 Exit'),
    sure: inAll('Sure?\n2 Yes\n0 No'),
    amount: inAll('How much?\n0 Exit'),
    bye: inAll('Goodbye'),
    ...texts,
  })
  return { machine, screens: screens as Menu['screens'] }
}

/** Creates a runner of effects that picks outcomes by `choices`, in turn. `performed` records the calls. */
export function runEffectsWith(outcomes: AnyOutcomes, choices: readonly number[] = [0]) {
  const performed: { name: string; input: unknown }[] = []
  const perform: RunEffect = (effect) => {
    const of = outcomes[effect.name] ?? []
    const outcome = of[(choices[performed.length % choices.length] ?? 0) % of.length]
    performed.push(effect)
    return outcome === rejects
      ? Promise.reject(new Error(`${effect.name} rejects`))
      : Promise.resolve(outcome)
  }
  return { perform, performed }
}
