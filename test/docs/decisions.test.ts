import { describe, expect, it } from '@jest/globals'
import { filesUnder, read } from './documents.ts'

const FOLDER = 'docs/explanation/decisions'
const decisions = filesUnder(FOLDER).filter((path) => !path.endsWith('/README.md'))
const numberOf = (path: string) => /(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1] ?? path
const HEADER = /^\d{4}-\d{2}-\d{2} · (?:accepted|superseded by (\d{4})) · \S/

describe('decision records', () => {
  it('are numbered from 0001 without gaps', () => {
    const numbers = decisions.map((_path, at) => String(at + 1).padStart(4, '0'))
    expect(decisions.map(numberOf)).toEqual(numbers)
  })

  it.each(decisions)('%s is short and has a number, a date, a status and a topic', (path) => {
    const lines = read(path).trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(30)
    expect(lines[0]).toMatch(new RegExp(`^# ${numberOf(path)} \\S`))
    expect(lines[2]).toMatch(HEADER)
  })

  it('link to the record that supersedes them', () => {
    const superseded = decisions.map((path) => ({ text: read(path), path }))
    for (const { text, path } of superseded) {
      const by = HEADER.exec(text.split('\n')[2] ?? '')?.[1]
      if (by !== undefined)
        expect({ path, text }).toEqual({ path, text: expect.stringContaining(`](${by}-`) })
    }
  })

  it('exist for every citation in code, tests and documents', () => {
    const known = new Set(decisions.map(numberOf))
    const sources = ['src', 'menus', 'scripts', 'test', 'docs'].flatMap(filesUnder)
    const cited = sources.flatMap((path) =>
      [...read(path).matchAll(/\bdecisions? ((?:\d{4}(?:, | and )?)+)/g)].flatMap(([, numbers = '']) =>
        (numbers.match(/\d{4}/g) ?? []).map((number) => `${number} in ${path}`),
      ),
    )
    expect(cited.length).toBeGreaterThan(0)
    expect(cited.filter((citation) => !known.has(citation.slice(0, 4)))).toEqual([])
  })
})
