import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createRouting } from '../../src/gateway/routing.ts'
import { counterMenu } from '../support/counter-menu.ts'

const menu = counterMenu()
const routingOf = (codes: readonly string[], latin = false) =>
  createRouting({ codes: Object.fromEntries(codes.map((code) => [code, menu])), latin })
const routing = routingOf(['*141#', '*141*3*6#', '*100#'], true)

const lead = (dialled: string, by = routing) => {
  const route = by.route(dialled)
  return route && { code: route.menu.code, shortcut: route.shortcut, latin: route.latin }
}

describe('routing', () => {
  it.each([
    ['*141#', { code: '*141#', shortcut: [], latin: false }],
    ['*141*3*6#', { code: '*141*3*6#', shortcut: [], latin: false }],
    ['*141*3*6*1#', { code: '*141*3*6#', shortcut: ['1'], latin: false }],
    ['*141*3*5#', { code: '*141#', shortcut: ['3', '5'], latin: false }],
    ['*141*3*6**1#', { code: '*141*3*6#', shortcut: ['', '1'], latin: false }],
    ['#141*3*6#', { code: '*141*3*6#', shortcut: [], latin: true }],
  ])('leads %s to the longest code that starts it', (dialled, route) => {
    expect(lead(dialled)).toEqual(route)
  })

  it.each([
    '*14#',
    '*1411#',
    '*101#',
    '**141#',
    '*#141#',
    '##141#',
    '141#',
    '*141',
    '*141##',
    '*141#3#',
    '#',
    '',
  ])('leads %s nowhere', (dialled) => expect(lead(dialled)).toBeUndefined())

  it('splits any code with arguments into the code and its arguments', () => {
    const part = fc.string({ maxLength: 5 }).map((text) => text.replaceAll(/[*#]/g, ''))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        const dialled = `*${['100', ...parts].join('*')}#`
        expect(lead(dialled)).toEqual({ code: '*100#', shortcut: parts, latin: false })
      }),
    )
  })

  it.each([
    '141#',
    '*141',
    '*14a#',
    '**141#',
    '*141**1#',
    '*…#',
    '*1…0#',
    '*1…*2#',
    '*1……#',
    '*1…',
    '*1...#',
  ])('rejects %s as the code of a menu', (code) => {
    expect(() => routingOf([code])).toThrow(`'${code}' is not a code`)
  })
})

describe('routing of codes that begin with #', () => {
  const routes = routingOf(['#144#', '#144*2#', '*144#'])

  it.each([
    ['#144#', { code: '#144#', shortcut: [], latin: false }],
    ['#144*1#', { code: '#144#', shortcut: ['1'], latin: false }],
    ['#144*2*3#', { code: '#144*2#', shortcut: ['3'], latin: false }],
    ['*144*2#', { code: '*144#', shortcut: ['2'], latin: false }],
    ['#141#', undefined],
  ])('leads %s to the code with the same symbol', (dialled, route) => {
    expect(lead(dialled, routes)).toEqual(route)
  })

  it('does not know the Latin form without latin', () => {
    expect(lead('#100#', routingOf(['*100#']))).toBeUndefined()
    expect(lead('#100#', routingOf(['*100#', '#144#'], true))).toEqual({
      code: '*100#',
      shortcut: [],
      latin: true,
    })
  })
})

describe('routing of digit prefixes', () => {
  const routes = routingOf(['*101…#', '*1012#', '*1013*5#', '*10177…#', '*141#', '*141*5…#', '*200*3…#'])

  it.each([
    ['*10145#', { code: '*101…#', shortcut: ['45'], latin: false }],
    ['*1014*1#', { code: '*101…#', shortcut: ['4', '1'], latin: false }],
    ['*1014**#', { code: '*101…#', shortcut: ['4', '', ''], latin: false }],
    ['*101771#', { code: '*10177…#', shortcut: ['1'], latin: false }],
    ['*10177#', { code: '*101…#', shortcut: ['77'], latin: false }],
    ['*1012#', { code: '*1012#', shortcut: [], latin: false }],
    ['*1012*9#', { code: '*1012#', shortcut: ['9'], latin: false }],
    ['*1013#', { code: '*101…#', shortcut: ['3'], latin: false }],
    ['*1013*5#', { code: '*1013*5#', shortcut: [], latin: false }],
    ['*141*55#', { code: '*141#', shortcut: ['55'], latin: false }],
    ['*200*31#', { code: '*200*3…#', shortcut: ['1'], latin: false }],
    ['*101#', undefined],
    ['*101*5#', undefined],
    ['#1014#', undefined],
    ['*200*3#', undefined],
    ['*200*3a#', undefined],
    ['*200*31a#', undefined],
    ['*200*3…#', undefined],
  ])('leads %s as its digits say', (dialled, route) => {
    expect(lead(dialled, routes)).toEqual(route)
  })

  it('has a Latin form, too', () => {
    expect(lead('#1014#', routingOf(['*101…#'], true))).toEqual({
      code: '*101…#',
      shortcut: ['4'],
      latin: true,
    })
  })
})

/** Few digits and segments, so that codes and strings often match. */
const segments = fc.array(fc.string({ unit: fc.constantFrom('1', '2'), minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 3,
})
const symbols = fc.constantFrom('*', '#')
const anyCode = fc
  .tuple(symbols, segments, fc.constantFrom('', '…'))
  .map(([symbol, path, more]) => `${symbol}${path.join('*')}${more}#`)
const anyCodes = fc.uniqueArray(anyCode, { maxLength: 6 })
const anyDialled = fc.tuple(symbols, segments).map(([symbol, path]) => `${symbol}${path.join('*')}#`)

/** The rules one by one: every code is tried, and the matches are ranked. */
function reference(dialled: string, codes: readonly string[]) {
  const matches = codes.flatMap((code) => {
    const body = code.replace(/…?#$/, '')
    const rest = dialled.slice(body.length, -1)
    if (!dialled.startsWith(body)) return []
    if (code.includes('…')) return /^\d/.test(rest) ? [{ code, shortcut: rest.split('*'), rank: 0 }] : []
    if (rest === '') return [{ code, shortcut: [], rank: 2 }]
    return rest.startsWith('*') ? [{ code, shortcut: rest.slice(1).split('*'), rank: 1 }] : []
  })
  return matches.toSorted((a, b) => b.rank - a.rank || b.code.length - a.code.length)[0]
}

describe('any table of codes', () => {
  it('leads a dialled string where the rules lead it', () => {
    fc.assert(
      fc.property(anyCodes, anyDialled, (codes, dialled) => {
        const expected = reference(dialled, codes)
        const found = lead(dialled, routingOf(codes))
        expect(found).toEqual(expected && { code: expected.code, shortcut: expected.shortcut, latin: false })
      }),
      { numRuns: 1000 },
    )
  })

  it('starts with latin only if no string could mean a code with # and the Latin form of another', () => {
    fc.assert(
      fc.property(anyCode, anyCode, fc.array(anyDialled, { maxLength: 20 }), (one, other, dialled) => {
        const pair = { hash: `#${one.slice(1)}`, star: `*${other.slice(1)}` }
        const inHash = [...dialled, one, other].flatMap((string) => {
          const path = string.slice(1)
          return path.includes('…') ? ['1', '2'].map((digit) => `#${path.replace('…', digit)}`) : [`#${path}`]
        })
        const isAmbiguous = inHash.some(
          (string) => reference(string, [pair.hash]) && reference(`*${string.slice(1)}`, [pair.star]),
        )
        const start = () => routingOf([pair.hash, pair.star], true)
        if (isAmbiguous) expect(start).toThrow(`'${pair.hash}' and the Latin form of '${pair.star}'`)
        else expect(start).not.toThrow()
      }),
      { numRuns: 1000 },
    )
  })
})
