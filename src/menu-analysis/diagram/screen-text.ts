import { initialTransition } from 'xstate'
import type { AnyMachineSnapshot } from 'xstate'
import type { Language } from '../../engine/authoring.ts'
import { textOf } from '../../engine/render.ts'
import type { DiagramMenu } from './diagram.ts'

export interface ScreenText {
  readonly text: string
  /** True if the text depends on the context: it is then the text at the start of a dialogue. */
  readonly isExample: boolean
}

/** Returns the text of a screen; undefined if it has none, or if the initial context cannot render it. */
export function screenText(menu: DiagramMenu, name: string, language: Language): ScreenText | undefined {
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
