/** Writes HTML. Every interpolated text is escaped. */

const written = Symbol('written')

/** A piece of a page. */
export interface Html {
  readonly [written]: string
}

export type Hole = string | number | Html | false | undefined | readonly Hole[]

/**
 * Creates a piece of a page. Arrays are concatenated; `undefined` and `false` are omitted. Inside a tag, interpolate only into
 * double-quoted attribute values. Never interpolate into a style or a script.
 */
export const html = (parts: TemplateStringsArray, ...holes: readonly Hole[]): Html =>
  trusted(parts.map((part, at) => part + textOf(holes[at])).join(''))

/** Marks text as safe markup. Never pass it anything from an application, a script or a person. */
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

/** Characters that HTML cannot hold, and bidirectional controls, become `·`. */
const escaped = (text: string): string =>
  text
    .replace(/(?![\n\t])\p{Cc}|[\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/gu, '·')
    .replace(/[&<>"']/g, (character) => named[character] ?? character)
