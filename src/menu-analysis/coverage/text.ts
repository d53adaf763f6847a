import { kinds, shareOf } from './coverage.ts'
import type { MenuCoverage, Share } from './coverage.ts'

/**
 * Coverage to be read in a terminal: a table of the menus, then what was not touched, by menu. Ends in a line feed; no
 * colours.
 */
export function coverageText(coverages: readonly MenuCoverage[]): string {
  const rows = [
    ['menu', ...kinds],
    ...coverages.map((menu) => [menu.code, ...cellsOf([menu])]),
    // One menu is its own total.
    ...(coverages.length > 1 ? [['all menus', ...cellsOf(coverages)]] : []),
  ]
  return [...aligned(rows), ...coverages.flatMap(missedIn)].map((line) => `${line}\n`).join('')
}

function cellsOf(coverages: readonly MenuCoverage[]): string[] {
  const shares = shareOf(coverages)
  return kinds.map((kind) => cellOf(shares[kind]))
}

const cellOf = ({ touched, all, percent }: Share): string =>
  `${touched}/${all}  ${`${percent}`.padStart(3)} %`

/** Columns of one width, two blanks apart; figures stand at the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('   '),
  )
}

function missedIn(menu: MenuCoverage): string[] {
  const missed = kinds.flatMap((kind) => {
    const names = menu[kind].filter(({ touched }) => !touched).map(({ name }) => name)
    return names.length === 0 ? [] : [`  ${kind}`, ...names.map((name) => `    ${name}`)]
  })
  return missed.length === 0 ? [] : ['', `${menu.code}: not touched`, ...missed]
}
