import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { frame, maskDialled, quote } from '../../src/simulator/text-phone.ts'

describe('a screen in a terminal', () => {
  it('has a frame as wide as a phone', () => {
    expect(frame('Доступ открыт\n1 Закрыть\n\n0 Выход', 80).join('\n')).toBe(`\
╭──────────────────────────────────╮
│ Доступ открыт                    │
│ 1 Закрыть                        │
│                                  │
│ 0 Выход                          │
╰──────────────────────────────────╯`)
  })

  it('wraps lines at blanks if possible', () => {
    expect(frame('Введите новый пароль', 16)).toEqual([
      '╭──────────────╮',
      '│ Введите      │',
      '│ новый пароль │',
      '╰──────────────╯',
    ])
    expect(frame('123456789012345', 14)).toEqual([
      '╭────────────╮',
      '│ 1234567890 │',
      '│ 12345      │',
      '╰────────────╯',
    ])
  })

  it('has lines of equal length without control characters, for any text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 })
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 60 }), (said, columns) => {
        const lines = frame(said, columns)
        expect(new Set(lines.map((line) => Array.from(line).length)).size).toBe(1)
        for (const line of [...lines, ...quote(said)]) expect(line).not.toMatch(/\p{Cc}/u)
      }),
    )
    expect(quote('\u001b[2J1 ok\r\n\n\u202eend')).toEqual(['| ·[2J1 ok', '|', '| ·end'])
  })
})

describe('a dialled string in a transcript', () => {
  const codes = ['*141#', '*141*0#', '*141*3*6#', '#144#', '*101…#', '*10177…#']

  it.each([
    ['*141*0#', '*141*0#'],
    ['#141*3*6#', '#141*3*6#'],
    ['*141*3*6*1*12345678#', '*141*3*6*…#'],
    ['*141*00#', '*141*…#'],
    ['*100#', '*100#'],
    ['#144*80291#', '#144*…#'],
    ['*10180291#', '*101…#'],
    ['*10180291*5#', '*101…#'],
    ['*1017780291#', '*10177…#'],
    ['*100*80291#', '*100*…#'],
    ['*21*80291#', '*21*…#'],
    ['**05*80291802*8029*8029#', '…'],
    ['80291', '…'],
    ['*141*80291##', '…'],
    ['80291#', '…'],
    ['7', '…'],
    ['', '…'],
  ])('%s is masked as %s', (typed, shown) => {
    expect(maskDialled(typed, codes)).toBe(shown)
  })
})
