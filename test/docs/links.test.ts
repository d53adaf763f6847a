import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { documents, filesUnder, isGenerated, read, root, withoutCode, written } from './documents.ts'

/** The menu that the tutorial creates. */
const TUTORIAL_FILES = new Set(['menus/contacts.ts', 'menus/index.js'])

const TESTS = filesUnder('test').filter((path) => path.endsWith('.test.ts'))

/**
 * The paths from the root that a text names. Omits links, which are relative, placeholders such as `<name>`, and the
 * filters of `npm test`.
 */
const pathsIn = (text: string): string[] =>
  [
    ...text
      .replaceAll(/\]\([^)]*\)/g, '')
      .replaceAll(/npm test -- \S+/g, '')
      .matchAll(/(?<![\w./<>-])(?:src|test|menus|scripts)\/[\w./-]*\w(?![\w/]*<)/g),
  ].map(([name]) => name)

/** The anchors of a document, as GitHub derives them from its headings. */
const anchorsOf = (path: string): string[] =>
  [...withoutCode(read(path)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe.each(documents)('%s', (path) => {
  const prose = withoutCode(read(path))
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link ?? '')
    .filter((link) => !/^https?:/.test(link))

  it('links to files that exist', () => {
    const files = links.map((link) => link.split('#', 1)[0] ?? '')
    expect(files.filter((file) => !existsSync(resolve(root, dirname(path), file)))).toEqual([])
  })

  it('links to headings that exist', () => {
    const broken = links.filter((link) => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : resolve(root, dirname(path), file).slice(root.length)
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  it('names files and folders that exist, in prose and in code', () => {
    const named = pathsIn(read(path)).filter((name) => !TUTORIAL_FILES.has(name))
    expect(named.filter((name) => !existsSync(resolve(root, name)))).toEqual([])
  })

  it('names tests to run that exist', () => {
    const filters = [...read(path).matchAll(/\bnpm test -- (test\/[\w./-]*\w)/g)].map(
      ([, name]) => name ?? '',
    )
    expect(filters.filter((filter) => !TESTS.some((test) => test.startsWith(filter)))).toEqual([])
  })

  it('has no line over 160 characters, or 200 in a generated table', () => {
    const max = (line: string) => (isGenerated(path) && line.startsWith('|') ? 200 : 160)
    const lines = read(path).split('\n')
    expect(lines.filter((line) => line.length > max(line))).toEqual([])
  })
})

describe('docs/README.md', () => {
  it('links to every page except menus and decision records', () => {
    const index = read('docs/README.md')
    const pages = documents.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md')
    const own = /^docs\/(menus|explanation\/decisions)\/(?!README)/
    const missing = pages.filter((path) => !own.test(path) && !index.includes(`](${path.slice(5)})`))
    expect(missing).toEqual([])
    expect(written.length).toBeGreaterThan(50)
  })
})
