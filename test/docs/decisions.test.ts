import { describe, expect, it } from '@jest/globals'
import { filesUnder, read } from './documents.ts'

const decisions = filesUnder('docs/decisions')
const numberOf = (path: string) => /(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1] ?? path

describe('the decisions', () => {
  it('are numbered from 0001 without gaps', () => {
    const numbers = decisions.map((_path, at) => String(at + 1).padStart(4, '0'))
    expect(decisions.map(numberOf)).toEqual(numbers)
  })

  it.each(decisions)('%s is short, dated and addressed to whoever will ask', (path) => {
    const lines = read(path).trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(30)
    expect(lines[0]).toMatch(new RegExp(`^# ${numberOf(path)} \\S`))
    expect(lines[2]).toMatch(/^\d{4}-\d{2}-\d{2} · (accepted|superseded by \d{4}) · for \S/)
  })

  it('are there when code, tests or documents cite them', () => {
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
