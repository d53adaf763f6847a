/** Texts and patterns in a script for bash. */
import { TargetError } from './script/target.ts'

/** A word that bash takes as it is, whatever stands in it. Throws `Unusable` for NUL, which no program is given. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new TargetError('bash has no form for the character NUL')
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Options of curl that send a JSON body. */
export const jsonBody = (body: object): string =>
  `-H 'Content-Type: application/json' --data-raw ${quote(JSON.stringify(body))}`

/** A comment of one line. */
export const comment = (text: string): string => `# ${text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')}`

/** A piece of a regular expression (flags u and s): a class, an escape, a group's head, a counted repetition, a character. */
const PIECE =
  /\[(?:\\.|[^\]\\])*\]|\\u\{([0-9A-Fa-f]+)\}|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\.|\(\?:|\(\?<[^=!][^>]*>|\(\?|\{\d+(?:,\d*)?\}|[^]/gsu

const escapes: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  w: '[A-Za-z0-9_]',
  W: '[^A-Za-z0-9_]',
  s: '[[:space:]]',
  S: '[^[:space:]]',
  n: '\n',
  r: '\r',
  t: '\t',
}

/**
 * A regular expression of JavaScript as an extended one of POSIX, which bash has, or as one for `grep -P` where there is none:
 * look around, references, properties of characters.
 */
export function patternFor(source: string): { readonly kind: 'ere' | 'pcre'; readonly pattern: string } {
  const pieces = [...source.matchAll(PIECE)]
  const translated = pieces.map(([piece, ...points], at) => ereOf(piece, points, pieces[at - 1]?.[0]))
  if (translated.every((part) => part !== undefined)) return { kind: 'ere', pattern: translated.join('') }
  const unicode = source.replace(/\\u\{?([0-9A-Fa-f]{1,6})\}?/g, String.raw`\x{$1}`)
  // With -z, grep would let ^ and $ stand at every line.
  return { kind: 'pcre', pattern: `(?s-m)${unicode}` }
}

/** A piece, or undefined where POSIX has none. `before`: the piece before it. */
function ereOf(
  piece: string,
  points: readonly (string | undefined)[],
  before: string | undefined,
): string | undefined {
  const point = points.find((one) => one !== undefined)
  if (point !== undefined) return literal(String.fromCodePoint(Number.parseInt(point, 16)))
  if (piece.startsWith('[')) return classOf(piece)
  if (piece === '(?:' || piece.startsWith('(?<')) return '('
  if (piece === '(?') return undefined
  // Whether a repetition takes little or much does not matter to whether there is a match.
  if (piece === '?' && before !== undefined && /^(?:[*+?]|\{.*\})$/.test(before)) return ''
  if (piece.startsWith('{'))
    return (piece.match(/\d+/g) ?? []).every((count) => Number(count) < 256) ? piece : undefined
  if (!piece.startsWith('\\')) return piece
  const escaped = piece.slice(1)
  return escapes[escaped] ?? (/[A-Za-z0-9]/.test(escaped) ? undefined : literal(escaped))
}

const literal = (character: string): string =>
  /[\\^$.*+?()[\]{}|]/.test(character) ? `\\${character}` : character

/** In brackets of POSIX a backslash is one, and `[:` begins a name: only what needs neither is taken. */
function classOf(piece: string): string | undefined {
  const inside = piece
    .slice(1, -1)
    .replaceAll(String.raw`\d`, '0-9')
    .replaceAll(String.raw`\w`, 'A-Za-z0-9_')
  return inside === '' || inside === '^' || /[\\[]/.test(inside) ? undefined : `[${inside}]`
}
