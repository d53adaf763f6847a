import { kinds, shareOf } from './coverage.ts'
import type { MenuCoverage, Share } from './coverage.ts'

/**
 * Formats coverage for a terminal: a table of the menus, then the uncovered items of each. Ends in a line feed; no colours.
 * `total` heads the row of totals, which a single menu does not have.
 */
export function coverageText(coverages: readonly MenuCoverage[], total = 'all menus'): string {
  const rows = [
    ['menu', ...kinds],
    ...coverages.map((menu) => [menu.code, ...cellsOf([menu])]),
    ...(coverages.length > 1 ? [[total, ...cellsOf(coverages)]] : []),
  ]
  return [...aligned(rows), ...coverages.flatMap(uncoveredIn)].map((line) => `${line}\n`).join('')
}

function cellsOf(coverages: readonly MenuCoverage[]): string[] {
  const shares = shareOf(coverages)
  return kinds.map((kind) => cellOf(shares[kind]))
}

const cellOf = ({ touched, all, percent }: Share): string =>
  `${touched}/${all}  ${`${percent}`.padStart(3)} %`

/** Aligns columns: the first on the left, numbers on the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('   '),
  )
}

function uncoveredIn(menu: MenuCoverage): string[] {
  const uncovered = kinds.flatMap((kind) => {
    const names = menu[kind].filter(({ touched }) => !touched).map(({ name }) => name)
    return names.length === 0 ? [] : [`  ${kind}`, ...names.map((name) => `    ${name}`)]
  })
  return uncovered.length === 0 ? [] : ['', `${menu.code}: not covered`, ...uncovered]
}
