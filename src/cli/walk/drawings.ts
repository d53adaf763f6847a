import type { Menu } from '../../engine/menu.ts'
import { kinds } from '../../menu-analysis/coverage/coverage.ts'
import type { MenuCoverage } from '../../menu-analysis/coverage/coverage.ts'
import { dotOf } from '../../menu-analysis/diagram/dot.ts'
import { svgOf } from '../../menu-analysis/diagram/svg.ts'

/** The coverage of a menu as a diagram. */
interface Drawing {
  readonly menu: string
  /** The id of the machine, for file names. */
  readonly name: string
  readonly summary: string
  readonly svg: string
}

export const drawCoverage = (
  coverages: readonly MenuCoverage[],
  menus: Readonly<Record<string, Menu>>,
): Promise<readonly Drawing[]> =>
  Promise.all(
    coverages.flatMap((coverage) => {
      const { code } = coverage
      const menu = menus[code]
      if (!menu) return []
      const draw = async () => ({
        menu: code,
        name: menu.machine.id,
        summary: kinds.map((kind) => `${kind} ${coverage.percent[kind]} %`).join(' · '),
        svg: await svgOf(dotOf({ code, ...menu }, coverage), `${code}: coverage`),
      })
      return [draw()]
    }),
  )
