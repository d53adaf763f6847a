import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createRouting } from '../../src/gateway/routing.ts'
import { counterMenu } from '../support/counter-menu.ts'

const menu = counterMenu()
const routing = createRouting({ '*141#': menu, '*141*3*6#': menu, '*100#': menu })

const lead = (dialled: string) => {
  const route = routing.route(dialled)
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

  it.each(['141#', '*141', '*14a#', '**141#', '*141**1#', '#141#'])(
    'rejects %s as the code of a menu',
    (code) => {
      expect(() => createRouting({ [code]: menu })).toThrow(`'${code}' is not a valid code`)
    },
  )
})
