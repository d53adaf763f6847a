/** Writing HTML in which every text is text: what stands in a hole is escaped, unless it was written here itself. */

const written = Symbol('written')

/** A piece of a page. */
export interface Html {
  readonly [written]: string
}

export type Hole = string | number | Html | false | undefined | readonly Hole[]

/**
 * A piece of a page with holes. An array is written without anything between, `undefined` and `false` as nothing. Values of attributes
 * stand in double quotes; no hole may stand inside a tag otherwise, nor in a style or a script.
 */
export const html = (parts: TemplateStringsArray, ...holes: readonly Hole[]): Html =>
  trusted(parts.map((part, at) => part + textOf(holes[at])).join(''))

/** Markup of ours. Nothing that was said by an application, a script or a person may ever be given to it. */
export const trusted = (markup: string): Html => ({ [written]: markup })

export const pageOf = (root: Html): string => root[written]

function textOf(hole: Hole): string {
  if (hole === undefined || hole === false) return ''
  if (typeof hole === 'string' || typeof hole === 'number') return escaped(String(hole))
  return written in hole ? hole[written] : hole.map(textOf).join('')
}

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** What HTML cannot carry, and what would turn the text around it about, is seen as `·`. */
const escaped = (text: string): string =>
  text
    .replace(/(?![\n\t])\p{Cc}|[\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/gu, '·')
    .replace(/[&<>"']/g, (character) => named[character] ?? character)
