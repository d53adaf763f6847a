/** The menus and dialogues that every variant serves: numbered levels, `1` goes deeper, `2` ends. */
import { setup } from 'xstate'
import type { Dialogue as DialogueInput, Reply } from '../../../src/engine/authoring.ts'
import type { Menu } from '../../../src/engine/menu.ts'

const DEEPEST = 40
/** The number of levels below the first screen of every other menu. */
const SHALLOW = 2

export const screenOf = (level: number): string => `Раздел ${level}\n1 Дальше\n2 Выход`
export const LAST_SCREEN = 'До свидания'

/** The menu of 41 screens. */
export const DEEP_CODE = '*540#'
/** The codes of the menus of three screens, beside the deep one. */
export const shallowCode = (index: number): string => `*500*${index}#`

/** The level to which `1` leads from the last level of a menu: the menu stays there. */
export const levelsOf = (code: string): number => (code === DEEP_CODE ? DEEPEST : SHALLOW)

/** Creates `count` menus: the deep one and shallow ones. */
export const createMenus = (count: number): Readonly<Record<string, Menu>> =>
  Object.fromEntries(
    [DEEP_CODE, ...Array.from({ length: count - 1 }, (_, index) => shallowCode(index))].map((code) => [
      code,
      createMenu(code),
    ]),
  )

function createMenu(code: string): Menu {
  const levels = Array.from({ length: levelsOf(code) + 1 }, (_, level) => level)
  const nameOf = (level: number) => `level${level}`
  const states = Object.fromEntries(
    levels.map((level) => [
      nameOf(level),
      { on: { 1: nameOf(Math.min(level + 1, levelsOf(code))), 2: 'goodbye' } },
    ]),
  )
  const machine = setup({
    types: { input: {} as DialogueInput, context: {} as DialogueInput, events: {} as Reply },
  }).createMachine({
    id: code,
    context: ({ input }) => ({ ...input }),
    initial: nameOf(0),
    states: { ...states, goodbye: { type: 'final' } },
  })
  const inEveryLanguage = (text: string) => ({ ru: text, be: text, en: text })
  const screens = Object.fromEntries([
    ...levels.map((level) => [nameOf(level), inEveryLanguage(screenOf(level))] as const),
    ['goodbye', inEveryLanguage(LAST_SCREEN)] as const,
  ])
  return { machine, screens }
}

/** The gateway serves registered subscribers only. Far more than connections, because turns of one subscriber are serialised. */
const SUBSCRIBERS = 2048

export const subscriberNumbers = (): readonly string[] =>
  Array.from({ length: SUBSCRIBERS }, (_, index) => `+37544${String(index).padStart(7, '0')}`)

/** A dialogue of the bench: the replies after the dial, and the exact body of every answer. */
export interface Script {
  readonly code: string
  readonly replies: readonly string[]
  readonly answers: readonly string[]
}

/** Dials, goes `depth` levels deeper, and ends: `depth` + 2 turns. */
export function scriptOf(code: string, depth: number): Script {
  const screens = Array.from({ length: depth + 1 }, (_, level) => `CON ${screenOf(level)}`)
  return {
    code,
    replies: [...Array.from({ length: depth }, () => '1'), '2'],
    answers: [...screens, `END ${LAST_SCREEN}`],
  }
}
