import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { documents, quoted, read, root } from './documents.ts'

/** The menu that the documents show how to write. */
const toBeWritten = new Set(['menus/contacts.ts'])

describe.each(documents)('%s', (path) => {
  const prose = read(path).replaceAll(/^```[^]*?^```$/gm, '')

  it('has links that lead somewhere', () => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '')
    const relative = links
      .filter((link) => !/^(https?:|#)/.test(link))
      .map((link) => link.split('#', 1)[0] ?? '')
    expect(relative.filter((link) => !existsSync(resolve(root, dirname(path), link)))).toEqual([])
  })

  it('names files and folders that are there', () => {
    const named = quoted(prose).filter(
      (text) => /^(src|test|menus|scripts|docs)\/[\w./-]+$/.test(text) && !toBeWritten.has(text),
    )
    expect(named.filter((text) => !existsSync(resolve(root, text)))).toEqual([])
  })
})
