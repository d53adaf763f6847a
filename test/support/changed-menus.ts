/** Later versions of `*141*3*6#`. */
import { createMachine } from 'xstate'
import type { AnyStateMachine } from 'xstate'
import { menus } from '../../menus/index.ts'
import type { Menu } from '../../src/engine/menu.ts'

const { machine, screens } = menus['*141*3*6#']

/** Keeps the machine, and therefore the revision. */
export const textChanged: Menu = {
  machine,
  screens: {
    ...screens,
    closeConfirmation: {
      ...screens.closeConfirmation,
      en: 'Shall access to self-care be closed?\n2 Yes\n0 No',
    },
  },
}

const RENAMED = { from: 'closeConfirmation', to: 'confirmation' } as const

/** Renames the state and all transitions to it. */
function renamed(config: unknown): unknown {
  if (config === RENAMED.from) return RENAMED.to
  if (Array.isArray(config)) return config.map(renamed)
  if (config === null || typeof config !== 'object') return config
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key === RENAMED.from ? RENAMED.to : key, renamed(value)]),
  )
}

const { closeConfirmation, ...others } = screens

export const stateRenamed: Menu = {
  machine: createMachine(
    renamed(machine.config) as Parameters<typeof createMachine>[0],
    machine.implementations as unknown as Parameters<typeof createMachine>[1],
  ) as AnyStateMachine,
  screens: { ...others, [RENAMED.to]: closeConfirmation },
}

/** Ends the dialogue after two mistakes instead of three. */
export const guardChanged: Menu = {
  machine: machine.provide({ guards: { isLastMistake: ({ context }) => context.mistakes >= 1 } }),
  screens,
}
