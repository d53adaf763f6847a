/** Coverage of menus as plain JSON, in the order of the menus' source. */

export const kinds = ['states', 'transitions', 'guards', 'texts'] as const
export type Kind = (typeof kinds)[number]

export interface Item {
  readonly name: string
  readonly touched: boolean
}

export interface MenuCoverage {
  /** The dialled code. */
  readonly code: string
  /** Screens and working states: `puk1`, `settings.language`. */
  readonly states: readonly Item[]
  /** `puk1 secret [isPuk1] → openingAccess`. */
  readonly transitions: readonly Item[]
  /** Two for each branch with a guard: `puk1 secret [isPuk1] passed`, `puk1 secret [isPuk1] failed`. */
  readonly guards: readonly Item[]
  /** `puk1/ru`. */
  readonly texts: readonly Item[]
  /** Per kind, rounded down. */
  readonly percent: Readonly<Record<Kind, number>>
}

export interface Share {
  readonly touched: number
  readonly all: number
  /** Rounded down, so 100 means all. 100 if there is nothing to cover. */
  readonly percent: number
}

export function coverageOf(code: string, items: Readonly<Record<Kind, readonly Item[]>>): MenuCoverage {
  const { states, transitions, guards, texts } = items
  return {
    code,
    states,
    transitions,
    guards,
    texts,
    percent: forEachKind((kind) => shareIn(items[kind]).percent),
  }
}

/** Returns the totals of several menus. */
export const shareOf = (coverages: readonly Pick<MenuCoverage, Kind>[]): { readonly [kind in Kind]: Share } =>
  forEachKind((kind) => shareIn(coverages.flatMap((menu) => menu[kind])))

/** True if less than `min` percent of the states, transitions, guards or texts of all menus is covered. */
export const isBelow = (coverages: readonly Pick<MenuCoverage, Kind>[], min: number): boolean =>
  Object.values(shareOf(coverages)).some(({ touched, all }) => touched * 100 < min * all)

function shareIn(items: readonly Item[]): Share {
  const [touched, all] = [items.filter((item) => item.touched).length, items.length]
  return { touched, all, percent: all === 0 ? 100 : Math.floor((touched * 100) / all) }
}

const forEachKind = <T>(make: (kind: Kind) => T): Record<Kind, T> => ({
  states: make('states'),
  transitions: make('transitions'),
  guards: make('guards'),
  texts: make('texts'),
})
