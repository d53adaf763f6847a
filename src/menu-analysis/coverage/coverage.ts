/** What a run touched of each menu: plain JSON, in the order in which the menu is written. */

export const kinds = ['states', 'transitions', 'guards', 'texts'] as const
export type Kind = (typeof kinds)[number]

export interface Item {
  readonly name: string
  readonly touched: boolean
}

export interface MenuCoverage {
  /** The dialled code. */
  readonly code: string
  /** `puk1`, `settings.language`: screens and states that work. */
  readonly states: readonly Item[]
  /** `puk1 secret [isPuk1] → openingAccess`. */
  readonly transitions: readonly Item[]
  /** `puk1 secret [isPuk1] passed`, `puk1 secret [isPuk1] refused`: two of each branch that has a guard. */
  readonly guards: readonly Item[]
  /** `puk1/ru`. */
  readonly texts: readonly Item[]
  /** Of each kind, rounded down. */
  readonly percent: Readonly<Record<Kind, number>>
}

/** How many were touched of how many. */
export interface Share {
  readonly touched: number
  readonly all: number
  /** Whole, rounded down: 100 means all. 100 where there is nothing to touch. */
  readonly percent: number
}

export function coverageOf(code: string, items: Readonly<Record<Kind, readonly Item[]>>): MenuCoverage {
  const { states, transitions, guards, texts } = items
  return { code, states, transitions, guards, texts, percent: each((kind) => sharedBy(items[kind]).percent) }
}

/** All menus together. */
export const shareOf = (coverages: readonly Pick<MenuCoverage, Kind>[]): { readonly [kind in Kind]: Share } =>
  each((kind) => sharedBy(coverages.flatMap((menu) => menu[kind])))

/** Whether, of all menus together, less than `min` percent of the states, transitions, guards or texts was touched. */
export const isBelow = (coverages: readonly Pick<MenuCoverage, Kind>[], min: number): boolean =>
  Object.values(shareOf(coverages)).some(({ touched, all }) => touched * 100 < min * all)

function sharedBy(items: readonly Item[]): Share {
  const [touched, all] = [items.filter((item) => item.touched).length, items.length]
  return { touched, all, percent: all === 0 ? 100 : Math.floor((touched * 100) / all) }
}

const each = <T>(make: (kind: Kind) => T): Record<Kind, T> => ({
  states: make('states'),
  transitions: make('transitions'),
  guards: make('guards'),
  texts: make('texts'),
})
