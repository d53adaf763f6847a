import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { documents, isGenerated, quoted, read, root, withoutCode, written } from './documents.ts'

/** The menu that the tutorial creates. */
const TUTORIAL_FILES = new Set(['menus/contacts.ts'])

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

  it('names files and folders that exist', () => {
    const named = quoted(prose).filter(
      (text) => /^(src|test|menus|scripts)\/[\w./-]+$/.test(text) && !TUTORIAL_FILES.has(text),
    )
    expect(named.filter((text) => !existsSync(resolve(root, text)))).toEqual([])
  })

  it('has no line over 160 characters outside code and generated tables', () => {
    if (path.startsWith('docs/menus/')) return
    const lines = prose.split('\n').filter((line) => !(isGenerated(path) && line.startsWith('|')))
    expect(lines.filter((line) => line.length > 160)).toEqual([])
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
