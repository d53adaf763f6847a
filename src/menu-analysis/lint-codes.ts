/** What `lintMenus` has to say of the codes: a phone sends them, they lead to a menu, and none hides what lies behind another. */
import { parseDialled } from '../ussd/mmi.ts'
import { isCode, partsAfter } from '../engine/short-code.ts'
import { followDialled } from './lint-dialled.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { isDigit } from './statechart.ts'

/** Why no phone sends what is dialled as USSD (3GPP TS 22.030 6.5.3.2); undefined: one does. */
export function whyNotSent(dialled: string): string | undefined {
  const does = parseDialled(dialled)
  switch (does.kind) {
    case 'ussd':
      return undefined
    case 'ss':
      return `is supplementary service ${does.serviceCode}, which a phone does not send as USSD`
    case 'local':
      return 'is handled in the phone itself and never sent'
    case 'invalid':
      return {
        empty: 'is empty',
        alphabet: 'has a character that no phone sends in a code',
        length: 'is longer than the 182 septets that a phone sends',
      }[does.why]
    case 'call':
    case 'callControl':
      return 'is called, not sent as USSD'
  }
}

/** Undefined: it is a code by which a menu can be dialled. */
export function codeProblem(code: string): string | undefined {
  const why = whyNotSent(code) ?? (isCode(code) ? undefined : 'is not of the form *digits[*digits…]#')
  return why === undefined ? undefined : `${code === '' ? "''" : code}: ${why}`
}

/**
 * Replies of a menu that cannot be dialled behind its code, because they would be another code: `*141#` with the choices 3 and 6
 * beside `*141*3*6#`.
 */
export function shadowProblems(menus: readonly CompiledMenu[]): string[] {
  return menus.flatMap((menu) =>
    menus.flatMap(({ code }) => {
      const parts = partsAfter(menu.code, code)
      if (!parts) return []
      const { taken } = followDialled(menu.machine, parts)
      // Text behind a guard may well not be meant for this menu.
      const isTaken = taken.every((by) =>
        by.some(({ eventType, guard }) => isDigit(eventType) || guard === undefined),
      )
      return isTaken
        ? [`${menu.code}: takes ${parts.join(', then ')}, which cannot be dialled: ${code} is another menu`]
        : []
    }),
  )
}
