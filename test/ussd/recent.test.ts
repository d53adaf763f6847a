import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { remember } from '../../src/ussd/recent.ts'

describe('remember', () => {
  it('returns what the function returns, in any order of arguments', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 2 })), (asked) => {
        const twice = remember(3, (text) => text + text)
        for (const text of asked) expect(twice(text)).toBe(text + text)
      }),
    )
  })

  it('computes once for an argument that returns before twice the size of others', () => {
    const computed: string[] = []
    const same = remember(3, (text) => {
      computed.push(text)
      return text
    })
    for (const text of ['a', 'b', 'c', 'd', 'a']) same(text)
    expect(computed).toEqual(['a', 'b', 'c', 'd'])
  })

  it('forgets the oldest', () => {
    let computed = 0
    const count = remember(2, () => ++computed)
    for (const text of ['a', 'b', 'c', 'd', 'e', 'a']) count(text)
    expect(computed).toBe(6)
  })
})
