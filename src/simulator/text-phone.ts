/** Drawing a phone with text: as a frame in a terminal, and as a transcript in a pipe. */
import { parseDialled } from '../ussd/mmi.ts'

/** The width of a phone's screen; real phones wrap lines near here. */
const FRAME_COLUMNS = 32

/** Returns the lines of a framed screen, at most `columns` wide. */
export function frame(text: string, columns: number): readonly string[] {
  const width = Math.max(8, Math.min(FRAME_COLUMNS, columns - 4))
  const lines = linesOf(text).flatMap((line) => wrap(line, width))
  const bar = '─'.repeat(width + 2)
  return [`╭${bar}╮`, ...lines.map((line) => `│ ${line}${' '.repeat(width - lengthOf(line))} │`), `╰${bar}╯`]
}

/** Returns the lines of a screen in a transcript. */
export const quote = (text: string): readonly string[] =>
  linesOf(text).map((line) => (line === '' ? '|' : `| ${line}`))

/**
 * Masks a dialled string for a transcript. It keeps the longest matching code of a menu, or else the service code; the
 * digits after it may be a secret.
 */
export function maskDialled(typed: string, codes: readonly string[]): string {
  const dialled = parseDialled(typed)
  if (dialled.kind !== 'ussd' && dialled.kind !== 'ss') return '…'
  const [, symbols, rest = ''] = /^([*#]+)(.*)#$/su.exec(typed.trim()) ?? []
  if (dialled.serviceCode === undefined || symbols === undefined) return '…'
  const paths = codes.map((code) => code.slice(1, -1))
  const path = longestOf(paths.filter((path) => `${rest}*`.startsWith(`${path}*`)))
  const prefix = longestOf(paths.filter((path) => path.endsWith('…') && rest.startsWith(path.slice(0, -1))))
  if (path === '' && prefix !== '') return `${symbols}${prefix}#`
  const shown = path === '' ? dialled.serviceCode : path
  return shown === rest ? `${symbols}${shown}#` : `${symbols}${shown}*…#`
}

const longestOf = (texts: readonly string[]): string =>
  texts.reduce((longest, each) => (each.length > longest.length ? each : longest), '')

/** Splits a text into lines and replaces control characters, which a terminal would execute. */
const linesOf = (text: string): readonly string[] =>
  text.split(/\r\n|[\r\n]/).map((line) => line.replaceAll(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, '·'))

const lengthOf = (line: string): number => Array.from(line).length

/** Wraps a line at blanks if possible, otherwise within a word. */
function wrap(line: string, width: number): readonly string[] {
  const characters = Array.from(line)
  if (characters.length <= width) return [line]
  const blank = characters.lastIndexOf(' ', width)
  const end = blank > 0 ? blank : width
  const rest = characters.slice(blank > 0 ? end + 1 : end).join('')
  return [characters.slice(0, end).join(''), ...(rest === '' ? [] : wrap(rest, width))]
}
