import { describe, expect, it } from '@jest/globals'
import { presets } from '../../src/dialects/get.ts'
import { dialects } from '../../src/dialects/index.ts'
import type { Inability } from '../../src/dialects/dialect.ts'
import { examples, quoted, read, rows } from './documents.ts'

const document = read('docs/dialects.md')
const [overview = ''] = document.split(/^## /m)

/** The columns of the overview, behind those that name the dialect and what it tells of the answers. */
const columns: readonly Inability['case'][] = [
  'cancel',
  'time-out',
  'empty-answer',
  'first-empty-answer',
  'repeat',
  'deep-dial',
  'error-status',
]

describe('docs/dialects.md', () => {
  it('says of every dialect what it can tell, as the dialect does', () => {
    const listed = rows(overview).map(([name = '', , , ...cells]) => [quoted(name)[0], ...cells])
    const known = Object.values(dialects).map(({ name, cannot }) => [
      name,
      ...columns.map((column) => (cannot.some((inability) => inability.case === column) ? 'no' : 'yes')),
    ])
    expect(listed).toEqual(known)
  })

  it('leads from there to a section for each, with a curl for its address and its three notes', () => {
    const anchorOf = (heading: string) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-')
    const sections = new Map(
      document
        .split(/^## /m)
        .slice(1)
        .map((text) => [anchorOf(text.split('\n', 1)[0] ?? ''), text]),
    )
    for (const [cell = ''] of rows(overview)) {
      const [, name = '', anchor = ''] = /^\[`([^`]+)`\]\(#([^)]+)\)$/.exec(cell) ?? []
      const text = sections.get(anchor) ?? ''
      const called = examples(text).filter(({ command }) => command.includes(`localhost:8141/ussd/${name}`))
      expect({ name, called: called.length > 1 }).toEqual({ name, called: true })
      const notes = ['Not recognised', 'Deep dial', 'Ends'].filter((note) => text.includes(`- **${note}**`))
      expect({ name, notes }).toEqual({ name, notes: ['Not recognised', 'Deep dial', 'Ends'] })
      const seconds = (dialects[name]?.answerWithinMs ?? 0) / 1000
      expect(text).toContain(`${seconds} s to answer`)
    }
  })

  it('names the fields of the GET family as they are called', () => {
    const [, section = ''] = document.split(/^## GET\n/m)
    const listed = rows(section.split(/^## /m)[0] ?? '').map(([preset = '', ...cells]) => [
      quoted(preset)[0],
      ...cells.slice(0, 4).map((cell) => quoted(cell)[0]),
    ])
    const known = Object.entries(presets).map(([preset, { names }]) => [
      preset,
      names.session,
      names.msisdn,
      names.code,
      names.input,
    ])
    expect(listed).toEqual(known)
  })
})
