import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseDialled, type Dialled } from '../../src/ussd/mmi.ts'

const kindOf = (dial: string, inCall = false) => parseDialled(dial, { inCall }).kind

describe('a USSD string', () => {
  it.each<[string, string, string, string[]]>([
    ['*141*0#', '*', '141', ['0']],
    ['*141*3*6#', '*', '141', ['3', '6']],
    ['*100#', '*', '100', []],
    ['#141#', '#', '141', []],
    ['*#141#', '*#', '141', []],
    ['***141#', '***', '141', []],
    ['*##141*1#', '*##', '141', ['1']],
    ['*100*#', '*', '100', ['']],
    ['*100**2#', '*', '100', ['', '2']],
    ['*100***#', '*', '100', ['', '', '']],
    ['*100*abc def*€#', '*', '100', ['abc def', '€']],
    ['*0100*1#', '*', '0100', ['1']],
    ['*1#', '*', '1', []],
    ['*06#', '*', '06', []],
    ['*1234567890123*1*2*3*4*5*6#', '*', '1234567890123', ['1', '2', '3', '4', '5', '6']],
  ])('%s is split into parts', (dial, prefix, serviceCode, args) => {
    expect(parseDialled(dial)).toMatchObject({ kind: 'ussd', ussdString: dial, prefix, serviceCode, args })
  })

  it.each([
    '*100*1#2#',
    '*100##',
    '#',
    '##',
    '*#',
    '141#',
    'hello#',
    '****141#',
    '*a#',
    '*100 #',
    '*141*1#5#',
  ])('%s is sent whole, without parts', (dial) => {
    expect(Object.keys(parseDialled(dial))).toEqual(['kind', 'ussdString', 'routing'])
    expect(parseDialled(dial)).toMatchObject({ kind: 'ussd', ussdString: dial })
  })

  it('may have blanks around it', () => {
    expect(parseDialled(' *141#\r\n')).toMatchObject({ kind: 'ussd', ussdString: '*141#' })
  })

  it.each([
    ['HPLMN', ['*100#', '*141*3*6#', '#149#', '*#10#', '***14#', '*##120*a#b#', '*100*#', '7', '70', '79']],
    ['VPLMN', ['*150#', '#199#', '*19*1#', '**15*#', '***160*1#2#']],
    [
      'other',
      [
        '****100#',
        '*1#',
        '*1000#',
        '*200#',
        '*0100#',
        '100#',
        '7#',
        '77#',
        '*100##',
        '*100a#',
        '8',
        '*',
        '0',
        '00',
      ],
    ],
  ])('is routed to %s', (routing, dials) => {
    for (const dial of dials) expect(parseDialled(dial)).toMatchObject({ kind: 'ussd', routing })
  })

  it('may be one or two characters without #, except two digits that begin with 1', () => {
    for (const dial of ['1', '2', '9', '*', '**', '1*', '08', '22', 'ab', '+1', '#'])
      expect([dial, kindOf(dial)]).toEqual([dial, 'ussd'])
    for (const dial of ['10', '11', '19', '112', '123'])
      expect(parseDialled(dial)).toEqual({ kind: 'call', number: dial })
  })
})

describe('a supplementary service', () => {
  it.each<[string, string, string, string[]]>([
    ['*21#', 'activation', '21', []],
    ['*21*+375291234567#', 'registration', '21', ['+375291234567']],
    ['*21*+55555*10*20#', 'registration', '21', ['+55555', '10', '20']],
    ['*21**10#', 'activation', '21', ['', '10']],
    ['*21***20#', 'activation', '21', ['', '', '20']],
    ['**61*+375291234567*11*20#', 'registration', '61', ['+375291234567', '11', '20']],
    ['**21#', 'registration', '21', []],
    ['#21#', 'deactivation', '21', []],
    ['*#21#', 'interrogation', '21', []],
    ['##002#', 'erasure', '002', []],
    ['*#31#', 'interrogation', '31', []],
    ['*31#', 'activation', '31', []],
    ['#31#', 'deactivation', '31', []],
    ['*43#', 'activation', '43', []],
    ['*33*0000#', 'activation', '33', ['0000']],
    ['*351*0000#', 'activation', '351', ['0000']],
    ['**03*330*1111*2222*2222#', 'registration', '03', ['330', '1111', '2222', '2222']],
    ['**03**1111*2222*2222#', 'registration', '03', ['', '1111', '2222', '2222']],
    ['*03*330*1111*2222*2222#', 'activation', '03', ['330', '1111', '2222', '2222']],
    ['*#300#', 'interrogation', '300', []],
  ])('is %s', (dial, procedure, serviceCode, args) => {
    for (const inCall of [false, true])
      expect(parseDialled(dial, { inCall })).toEqual({ kind: 'ss', procedure, serviceCode, args })
  })

  it('is every code of the standard and no other, with every prefix', () => {
    const defined = (
      '30 31 76 77 300 21 67 61 62 002 004 43 33 331 332 35 351 330 333 353 03 75 750 751 752 753 754 66 96 ' +
      '371 372 373 374 375 214 591 592 593 594 88 360 361 362 363'
    ).split(' ')
    const codes = Array.from({ length: 1100 }, (_, at) =>
      at < 100 ? String(at).padStart(2, '0') : String(at - 100).padStart(3, '0'),
    )
    for (const prefix of ['*', '#', '*#', '**', '##']) {
      const found = codes.filter((code) => kindOf(`${prefix}${code}#`) === 'ss')
      expect(found.sort()).toEqual([...defined].sort())
    }
  })

  it.each([
    '*21*1*2*3*4#',
    '**03*1*2*3*4*5#',
    '***21#',
    '#*21#',
    '*21*1#2#',
    '*021#',
    '*2#',
    '*31#*100#',
    '21#',
  ])('does not include %s, which is USSD', (dial) => {
    expect(parseDialled(dial)).toMatchObject({ kind: 'ussd', ussdString: dial })
  })
})

describe('a local procedure', () => {
  it.each<[string, string]>([
    ['*#06#', '06'],
    ['**04*1234*5678*5678#', '04'],
    ['**042*1234*5678*5678#', '042'],
    ['**05*12345678*1234*1234#', '05'],
    ['**052*12345678*1234*1234#', '052'],
    ['**04#', '04'],
    ['**04*1234#', '04'],
    ['**04*1234*5678#', '04'],
    ['**05*1*2*3*4*5#', '05'],
    ['**052*12345678*1234', '052'],
    ['**05*12345678*1234*1234#123', '05'],
    ['**05*1#2#', '05'],
    ['**042', '042'],
    ['*05*12345678*1234*1234#', '05'],
    ['#04*1234*5678*5678#', '04'],
  ])('%s keeps the code only', (dial, serviceCode) => {
    expect(parseDialled(dial)).toEqual({ kind: 'local', serviceCode })
  })

  it.each([
    '*06#',
    '*#06*1#',
    '**043*1#',
    '**041#',
    '**0455*1#',
    '*04#',
    '*#07#',
    '*04*98*0000*00000*00000#',
  ])('does not include %s', (dial) => {
    expect(kindOf(dial)).toBe('ussd')
  })
})

describe('a call', () => {
  it('is any other string', () => {
    for (const number of [
      '+375291234567',
      '80291234567',
      '112',
      '101',
      '*67911',
      '*100',
      '*****',
      '*21#123',
      '#100#5',
    ])
      expect(parseDialled(number)).toEqual({ kind: 'call', number })
  })

  it('may hide or show the number of the caller', () => {
    expect(parseDialled('#31#+375291234567')).toEqual({
      kind: 'call',
      number: '+375291234567',
      clir: 'invoke',
    })
    expect(parseDialled('*31# 80291234567')).toEqual({
      kind: 'call',
      number: '80291234567',
      clir: 'suppress',
    })
    expect(parseDialled('**31#80291234567')).toEqual({ kind: 'call', number: '**31#80291234567' })
  })

  it('is controlled by short codes', () => {
    for (const dial of ['0', '1', '11', '17', '2', '22', '3', '4', '5', '4*80291234567'])
      expect([dial, parseDialled(dial, { inCall: true })]).toEqual([dial, { kind: 'callControl' }])
    for (const dial of ['6', '7', '00', '33', '1*', '*1', '1#'])
      expect([dial, kindOf(dial, true)]).toEqual([dial, 'ussd'])
    for (const dial of ['123', '112', '+375291234567'])
      expect(parseDialled(dial, { inCall: true })).toEqual({ kind: 'call', number: dial })
    expect(parseDialled('*141#', { inCall: true })).toMatchObject({ kind: 'ussd', args: [] })
  })
})

describe('an invalid string', () => {
  it.each([
    ['', 'empty'],
    [' \t\n', 'empty'],
    ['*100*Оплата#', 'alphabet'],
    ['*1О0#', 'alphabet'],
    ['*100*😀#', 'alphabet'],
    ['**05*1234567`*1*1#', 'alphabet'],
    [`*100*${'1'.repeat(177)}#`, 'length'],
    [`*100*${'€'.repeat(89)}#`, 'length'],
    ['1'.repeat(183), 'length'],
  ])('is rejected: %#', (dial, why) => {
    expect(parseDialled(dial)).toEqual({ kind: 'invalid', why })
  })

  it('does not include a string of 182 septets', () => {
    expect(kindOf(`*100*${'1'.repeat(176)}#`)).toBe('ussd')
    expect(kindOf(`*100*${'€'.repeat(88)}#`)).toBe('ussd')
  })
})

describe('any string', () => {
  const dials = fc.string({
    unit: fc.constantFrom('*', '#', '0', '1', '3', '4', '5', '2', '7', 'a', ' '),
    maxLength: 30,
  })

  it('with # at the end is USSD sent whole, a service or a local procedure', () => {
    fc.assert(
      fc.property(dials, fc.boolean(), (dial, inCall) => {
        const dialled: Dialled = parseDialled(dial, { inCall })
        if (dial.trim().endsWith('#')) expect(['ussd', 'ss', 'local']).toContain(dialled.kind)
        if (dialled.kind !== 'ussd') return
        expect(dialled.ussdString).toBe(dial.trim())
        if (dialled.args === undefined) return
        const joined = [`${dialled.prefix}${dialled.serviceCode}`, ...dialled.args].join('*')
        expect(`${joined}#`).toBe(dialled.ussdString)
      }),
      { numRuns: 1000 },
    )
  })

  it('with a PIN procedure is never sent to the network', () => {
    const part = fc.string({ unit: fc.constantFrom('0', '9', '*', '#', 'a'), maxLength: 12 })
    fc.assert(
      fc.property(
        fc.constantFrom('04', '042', '05', '052'),
        fc.constantFrom('*', '#'),
        part,
        (code, mark, rest) => {
          expect(parseDialled(`**${code}${mark}${rest}`)).toEqual({ kind: 'local', serviceCode: code })
        },
      ),
    )
  })
})
