import { initialTransition } from 'xstate'
import type { AnyMachineSnapshot } from 'xstate'
import type { Language } from '../../engine/authoring.ts'
import { textOf } from '../../engine/render.ts'
import type { DrawnMenu } from './diagram.ts'

export interface ScreenText {
  readonly text: string
  /** Whether it depends on the context: then it is as it would be at the beginning of a dialogue. */
  readonly isExample: boolean
}

/** A screen as it is shown; undefined where it has no text, or none without what a dialogue brings. */
export function screenText(menu: DrawnMenu, name: string, language: Language): ScreenText | undefined {
  const text = menu.screens[name]?.[language]
  if (text === undefined) return undefined
  if (typeof text === 'string') return { text, isExample: false }
  const [first] = initialTransition(menu.machine, { language }) as unknown as [AnyMachineSnapshot]
  try {
    return { text: textOf(text, first.context), isExample: true }
  } catch {
    return undefined
  }
}
