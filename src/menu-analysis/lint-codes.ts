/** Checks the codes of a routing table: phones send them as USSD, and none shadows a shortcut of another. */
import { parseDialled } from '../ussd/mmi.ts'
import { codeProblems, partsAfter, takerOf } from '../engine/short-code.ts'
import { followDialled } from './lint-dialled.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { isDigit } from './statechart.ts'

/** Returns the reason a phone does not send a string as USSD (3GPP TS 22.030 6.5.3.2); undefined if it does. */
export function whyNotSent(dialled: string): string | undefined {
  const parsed = parseDialled(dialled)
  switch (parsed.kind) {
    case 'ussd':
      return undefined
    case 'ss':
      return `is supplementary service ${parsed.serviceCode}, which a phone does not send as USSD`
    case 'local':
      return 'is handled by the phone and never sent'
    case 'invalid':
      return {
        empty: 'is empty',
        alphabet: 'has a character that phones do not send in a code',
        length: 'exceeds the 182 septets that a phone sends',
      }[parsed.why]
    case 'call':
    case 'callControl':
      return 'is dialled as a call, not sent as USSD'
  }
}

/** Returns the problem of a code; undefined if it can dial a menu. */
export function codeProblem(code: string): string | undefined {
  // No supplementary service has four digits, so phones send some string of every digit prefix at the start.
  const why = whyNotSent(code.replace('…', '0000'))
  return why === undefined ? codeProblems([code], false)[0] : `${code === '' ? "''" : code}: ${why}`
}

/** Reports digit prefixes that no dialled string reaches, because a shorter code takes them all. */
export function unreachedPrefixProblems(codes: readonly string[]): string[] {
  return codes.flatMap((code) => {
    const taker = takerOf(code, codes)
    return taker === undefined ? [] : [`${code}: is never reached, because ${taker} takes every string of it`]
  })
}

/** Reports shortcuts of a menu that dial another menu instead: choices 3 and 6 of `*141#` beside the code `*141*3*6#`. */
export function shadowProblems(menus: readonly CompiledMenu[]): string[] {
  return menus.flatMap((menu) =>
    menus.flatMap(({ code }) => {
      const parts = partsAfter(menu.code, code)
      if (!parts) return []
      const { taken } = followDialled(menu.machine, parts)
      // A guard may reject the text, so it need not belong to this menu.
      const isShortcut = taken.every((by) =>
        by.some(({ eventType, guard }) => isDigit(eventType) || guard === undefined),
      )
      return isShortcut
        ? [`${menu.code}: accepts ${parts.join(', then ')}, but ${code} dials another menu`]
        : []
    }),
  )
}
