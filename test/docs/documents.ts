/** The documents of the repository, and what tests look for in them. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** The text of a file, by its path from the root. */
export const read = (path: string): string => readFileSync(root + path, 'utf8')

/** The files under a folder, by their paths from the root. */
export const filesUnder = (folder: string): string[] =>
  readdirSync(root + folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length).replaceAll('\\', '/'))
    .toSorted()

/** Every document, by its path from the root. */
export const documents = [
  'README.md',
  'CHANGELOG.md',
  ...filesUnder('docs').filter((path) => path.endsWith('.md')),
]

/** What stands between a heading and the next. */
export function section(text: string, heading: string): string {
  const parts = text.split(/^#+ /m).filter((part) => part.startsWith(`${heading}\n`))
  if (parts.length !== 1) throw new Error(`there are ${parts.length} headings '${heading}'`)
  return parts[0] ?? ''
}

/** The blocks of code in a language. */
export const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(/^```(\w*)\n([^]*?)\n```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code ?? '')

/** The rows of the tables in a text, without their headings. */
export const rows = (text: string): string[][] =>
  [...text.matchAll(/^\|.*\|\n\| *-.*\|\n((?:\|.*\|\n?)*)/gm)].flatMap(([, body = '']) =>
    body
      .trim()
      .split('\n')
      .map((row) => row.slice(1, -1).split('|'))
      .map((cells) => cells.map((cell) => cell.trim())),
  )

/** What stands in backticks. */
export const quoted = (text: string): string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '')

/** A command of a transcript and what it prints. */
export interface Example {
  readonly command: string
  readonly output: string
}

/** The transcripts of a document: commands behind `$ `, each followed by its output. */
export const examples = (text: string): Example[] =>
  blocks(text, 'console')
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((part) => {
      const [command = '', ...output] = part.replace(/\n$/, '').split('\n')
      return { command, output: output.join('\n') }
    })
