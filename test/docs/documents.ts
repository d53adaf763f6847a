/** The documents of the repository, and functions that extract parts of Markdown. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Reads a file, given its path from the root. */
export const read = (path: string): string => readFileSync(root + path, 'utf8')

/** The files under a folder, as paths from the root. */
export const filesUnder = (folder: string): string[] =>
  readdirSync(root + folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length).replaceAll('\\', '/'))
    .toSorted()

/** Every document, as a path from the root. */
export const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'test/verification/README.md',
  ...filesUnder('docs').filter((path) => path.endsWith('.md')),
]

/** Whether a generator writes the document: `npm run docs` or `npm run diagram`. */
export const isGenerated = (path: string): boolean => read(path).startsWith('<!-- ')

/** The documents that people write. */
export const written = documents.filter((path) => !isGenerated(path))

/** The text between a heading and the next one of any level. Throws unless there is exactly one such heading. */
export function section(text: string, heading: string): string {
  const parts = text.split(/^#+ /m).filter((part) => part.startsWith(`${heading}\n`))
  if (parts.length !== 1) throw new Error(`Found ${parts.length} headings '${heading}', expected 1.`)
  return parts[0] ?? ''
}

/** The fenced code blocks in a language. */
export const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(/^```(\w*)\n([^]*?)\n```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code ?? '')

/** The text without its fenced code blocks. */
export const withoutCode = (text: string): string => text.replaceAll(/^```[^]*?^```$/gm, '')

/** The body rows of all tables, as cells. */
export const rows = (text: string): string[][] =>
  [...text.matchAll(/^\|.*\|\n\| *-.*\|\n((?:\|.*\|\n?)*)/gm)].flatMap(([, body = '']) =>
    body
      .trim()
      .split('\n')
      .map((row) => row.slice(1, -1).split('|'))
      .map((cells) => cells.map((cell) => cell.trim())),
  )

/** The contents of backticks. */
export const quoted = (text: string): string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '')

/** A command of a transcript and its output. */
export interface Example {
  readonly command: string
  readonly output: string
}

/** The examples in `console` blocks: a command after `$ `, then its output. ` \` continues a command on the next line. */
export const examples = (text: string): Example[] =>
  blocks(text, 'console')
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((part) => {
      const [command = '', ...output] = part
        .replace(/\n$/, '')
        .replaceAll(/ \\\n +/g, ' ')
        .split('\n')
      return { command, output: output.join('\n') }
    })
