import type { Menu } from '../../src/engine/menu.ts'
import { kinds } from '../../src/walkthrough/coverage/coverage.ts'
import type { MenuCoverage } from '../../src/walkthrough/coverage/coverage.ts'
import { dotOf } from '../../src/walkthrough/diagram/dot.ts'
import { svgOf } from '../../src/walkthrough/diagram/svg.ts'

/** What was touched of a menu, drawn. */
interface Drawing {
  readonly menu: string
  /** For a file: the machine's id. */
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
        svg: await svgOf(dotOf({ code, ...menu }, coverage), `${code}: what was touched`),
      })
      return [draw()]
    }),
  )
