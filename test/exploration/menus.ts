/** Small menus to explore. */
import { assign, createMachine, setup } from 'xstate'
import { menus } from '../../menus/index.ts'
import { record } from '../../menus/record.ts'
import { models } from '../../menus/models.ts'
import type { World } from '../../menus/self-care.model.ts'
import { effect, secretOf } from '../../src/engine/authoring.ts'
import type { Dialogue, Reply } from '../../src/engine/authoring.ts'
import { compileMenu } from '../../src/engine/menu.ts'
import type { Menu } from '../../src/engine/menu.ts'
import { modelSpecsOf } from '../../src/exploration/model-spec.ts'
import type { ModelSpec, ModelsOf } from '../../src/exploration/model-spec.ts'
import { inAll } from '../support/machines.ts'

export interface Safe {
  readonly left: number
  readonly isOpen: boolean
}

const CODE = '*100#'
export const notUnderstood = { ru: 'Не понято', be: 'Не зразумета', en: 'Not understood' }

export const inputs = [
  ...'0123456789'.split('').map((text) => ({ name: text, text })),
  { name: 'letters', text: 'quokkas' },
  { name: 'the right number', text: '73519264' },
  { name: 'a wrong number', text: '61840937' },
]

/** A menu without effects or changes. */
export const specOf = (menu: Menu, of: Partial<ModelSpec<Safe>> = {}): ModelSpec<Safe> => ({
  menu: compileMenu(CODE, menu),
  secrets: {},
  models: {},
  origins: [{ name: 'anybody', world: { left: 3, isOpen: false } }],
  inputs,
  changes: [],
  fixture: () => ({}),
  record: () => ({}),
  ...of,
})

/** Two paths to one end, one of them with two equivalent choices, and a way back. */
export const crossing: Menu = {
  machine: createMachine({
    id: 'crossing',
    initial: 'start',
    states: {
      start: { on: { 1: 'left', 2: 'right', 3: 'right', 0: 'goodbye' } },
      left: { on: { 1: 'done', 2: 'right', 0: 'start' } },
      right: { on: { 1: 'done', 0: 'goodbye' } },
      done: { type: 'final' },
      goodbye: { type: 'final' },
    },
  }),
  screens: {
    start: inAll('Start\n1 Left\n2 Right\n3 Right, too\n0 Exit'),
    left: inAll('Left\n1 Done\n2 Right\n0 Back'),
    right: inAll('Right\n1 Done\n0 Exit'),
    done: inAll('Done'),
    goodbye: inAll('Goodbye'),
  },
}

/** Opens a safe; three wrong numbers lock it. `screens` replace texts. */
export const safe = (screens: Menu['screens'] = {}) => {
  const machine = setup({
    types: {
      input: {} as Dialogue,
      context: {} as Dialogue & { left: number },
      events: {} as Reply,
    },
    actors: {
      openSafe: effect<{ number: ReturnType<typeof secretOf> }, { isRight: boolean; left: number }>(),
    },
  }).createMachine({
    id: 'safe',
    context: ({ input }) => ({ ...input, left: 3 }),
    initial: 'number',
    states: {
      number: { on: { secret: 'openingSafe', 0: 'goodbye' } },
      wrong: { on: { secret: 'openingSafe', 0: 'goodbye' } },
      openingSafe: {
        invoke: {
          src: 'openSafe',
          input: ({ event }) => ({ number: secretOf(event) }),
          onDone: [
            { guard: ({ event }) => event.output.isRight, target: 'opened' },
            { guard: ({ event }) => event.output.left === 0, target: 'locked' },
            { target: 'wrong', actions: assign({ left: ({ event }) => event.output.left }) },
          ],
          onError: 'unavailable',
        },
      },
      opened: { type: 'final' },
      locked: { type: 'final' },
      unavailable: { type: 'final' },
      goodbye: { type: 'final' },
    },
  })
  const menu: Menu = {
    machine,
    screens: {
      number: inAll('Enter the number\n0 Exit'),
      wrong: inAll((context: { left: number }) => `Wrong. Attempts left: ${context.left}\n0 Exit`),
      opened: inAll('It is open'),
      locked: inAll('It is locked'),
      unavailable: inAll('Try later'),
      goodbye: inAll('Goodbye'),
      ...screens,
    },
  }
  const models: ModelsOf<typeof machine, Safe> = {
    openSafe({ number }, { world, input: typed }) {
      const isRight = typed(number) === '73519264'
      const left = isRight ? 3 : world.left - 1
      return { outcome: { isRight, left }, world: { left, isOpen: isRight } }
    },
  }
  return { menu, models, machine }
}

const attempts = {
  left: ({ left }: Safe) => left,
  regainedAt: ['opened'],
  shown: /Attempts left: (\d+)/,
}

export function safeSpec(of: Partial<ModelSpec<Safe>> = {}, screens: Menu['screens'] = {}): ModelSpec<Safe> {
  const { menu, models } = safe(screens)
  return specOf(menu, { models, attempts, ...of })
}

/** The model of a shipped menu, by its code. */
export function shippedSpec(code: keyof typeof menus): ModelSpec<World> {
  const [spec] = modelSpecsOf({ record, codes: { [code]: menus[code] } }, models).specs
  if (!spec) throw new Error(`${code} has no model`)
  return spec
}
