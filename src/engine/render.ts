import type { AnyMachineSnapshot, StateValue } from 'xstate'
import type { Language, Text } from './authoring.ts'
import { UssdError } from './errors.ts'
import type { CompiledMenu } from './menu.ts'

/** The name of a screen: its state, `'settings.language'` when nested. */
export function screenName(value: StateValue): string {
  if (typeof value === 'string') return value
  const [[parent, child] = ['', '']] = Object.entries(value)
  return child ? `${parent}.${screenName(child)}` : parent
}

/** Renders the current screen. Throws `USSD_MENU_FAULTY` when the menu has no text for it. */
export function render(menu: CompiledMenu, snapshot: AnyMachineSnapshot, language: Language): string {
  const name = screenName(snapshot.value as StateValue)
  const text = menu.screens[name]?.[language]
  if (text === undefined) {
    throw new UssdError('USSD_MENU_FAULTY', { detail: `${menu.code} has no screen '${name}'` })
  }
  return textOf(text, snapshot.context)
}

export const textOf = <Context>(text: Text<Context>, context: Context): string =>
  typeof text === 'function' ? text(context) : text
