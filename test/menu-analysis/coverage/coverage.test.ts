import { describe, expect, it } from '@jest/globals'
import { coverageOf, isBelow, shareOf } from '../../../src/menu-analysis/coverage/coverage.ts'
import type { Item } from '../../../src/menu-analysis/coverage/coverage.ts'
import { coverageText } from '../../../src/menu-analysis/coverage/text.ts'

/** `all` items, of which the first `covered` are covered. */
const items = (kind: string, covered: number, all: number): Item[] =>
  Array.from({ length: all }, (_, at) => ({ name: `${kind} ${at + 1}`, touched: at < covered }))

const menu = (code: string, covered: number, all: number) =>
  coverageOf(code, {
    states: items('state', all, all),
    transitions: items('transition', covered, all),
    guards: [],
    texts: items('text', all, all),
  })

describe('coverage', () => {
  it('is rounded down, so that 100 means all', () => {
    expect(menu('*1#', 999, 1000).percent).toEqual({ states: 100, transitions: 99, guards: 100, texts: 100 })
    expect(menu('*1#', 0, 3).percent.transitions).toBe(0)
  })

  it('survives JSON unchanged', () => {
    const one = menu('*1#', 1, 2)
    expect(JSON.parse(JSON.stringify(one))).toEqual(one)
  })

  it('is added up over menus', () => {
    expect(shareOf([menu('*1#', 1, 2), menu('*2#', 1, 1)])).toEqual({
      states: { touched: 3, all: 3, percent: 100 },
      transitions: { touched: 2, all: 3, percent: 66 },
      guards: { touched: 0, all: 0, percent: 100 },
      texts: { touched: 3, all: 3, percent: 100 },
    })
  })

  it('is below a limit if one of the four kinds is, without rounding', () => {
    const coverages = [menu('*1#', 999, 1000)]
    expect(isBelow(coverages, 100)).toBe(true)
    expect(isBelow(coverages, 99.9)).toBe(false)
    expect(isBelow(coverages, 99.95)).toBe(true)
    expect(isBelow([menu('*1#', 3, 3)], 100)).toBe(false)
    expect(isBelow([], 100)).toBe(false)
  })
})

describe('coverage as text', () => {
  it('is a table, followed by the uncovered items of each menu', () => {
    expect(coverageText([menu('*141*0#', 1, 3), menu('*1#', 10, 10)])).toBe(`\
menu              states    transitions       guards          texts
*141*0#       3/3  100 %     1/3   33 %   0/0  100 %     3/3  100 %
*1#         10/10  100 %   10/10  100 %   0/0  100 %   10/10  100 %
all menus   13/13  100 %   11/13   84 %   0/0  100 %   13/13  100 %

*141*0#: not covered
  transitions
    transition 2
    transition 3
`)
  })

  it('has no total for one menu, and no list without uncovered items', () => {
    expect(coverageText([menu('*1#', 2, 2)])).toBe(`\
menu       states   transitions       guards        texts
*1#    2/2  100 %    2/2  100 %   0/0  100 %   2/2  100 %
`)
  })
})
