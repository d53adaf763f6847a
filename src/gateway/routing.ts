import { codeProblems, matchShortCode } from '../engine/short-code.ts'
import type { ShortCodeMatch } from '../engine/short-code.ts'
import { compileMenu } from '../engine/menu.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import type { Project } from './project.ts'

/** The menu of a dialled string. */
export interface Route extends Omit<ShortCodeMatch, 'code'> {
  readonly menu: CompiledMenu
}

export interface Routing {
  /** Finds the menu of a dialled string. `undefined` for an unknown code. */
  route(dialled: string): Route | undefined
  /** The menu of a stored session, by its code. */
  menu(code: string): CompiledMenu | undefined
}

/** Compiles the routing table. Throws a TypeError for a code that `defineProject` rejects. */
export function createRouting({ codes, latin }: Pick<Project, 'codes' | 'latin'>): Routing {
  const problems = codeProblems(Object.keys(codes), latin)
  if (problems.length > 0) throw new TypeError(problems.join('\n'))
  const byCode = new Map<string, CompiledMenu>(
    Object.entries(codes).map(([code, menu]) => [code, compileMenu(code, menu)]),
  )
  return {
    menu: (code) => byCode.get(code),
    route(dialled) {
      const match = matchShortCode(dialled, byCode, latin)
      const menu = match && byCode.get(match.code)
      return menu && { menu, shortcut: match.shortcut, latin: match.latin }
    },
  }
}
