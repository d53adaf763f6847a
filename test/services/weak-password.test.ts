import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { isCommon, reversed } from '../../src/services/common-passwords.ts'
import {
  isDate,
  isKeypad,
  isOwnNumber,
  isRepeat,
  isSequence,
  weakness,
} from '../../src/services/weak-password.ts'

/** The range of dates depends on the year; in these tests it is always 2026. */
const thisYear = 2026
const options = { msisdn: '+375291234567', thisYear }
const password = fc.stringMatching(/^[0-9]{5,10}$/)
const everyValue = (length: number) =>
  Array.from({ length: 10 ** length }, (_, n) => String(n).padStart(length, '0'))

describe('weakness', () => {
  it.each([
    [
      'repeat',
      ['00000', '5555555555', '12121', '112112', '1212121', '1234512345', '1231231', '121212', '2580258025'],
    ],
    [
      'sequence',
      ['12345', '98765', '67890', '890123', '09876', '13579', '24680', '97531', '1234567890', '8024680'],
    ],
    ['keypad', ['14789', '147258', '147258369', '258025', '369258147', '789456123', '741852963', '25800']],
    [
      'keypad',
      [
        '159753',
        '951753',
        '357159',
        '14725',
        '36925',
        '7894561',
        '123654',
        '147852369',
        '147896325',
        '23698',
        '13971',
      ],
    ],
    [
      'date',
      ['310199', '991231', '123199', '290296', '31011999', '19991231', '12311999', '29022024', '112233'],
    ],
    ['own-number', ['37529', '29123', '91234567', '375291234', '7654321925']],
    ['own-number', ['2912345', '76543219', '5291234567']],
    ['common', ['12321', '123321', '99888', '000001', '5201314', '1990123', '00123', '31415', '12340']],
  ] as const)('returns %s for %j', (code, examples) => {
    for (const digits of examples) expect([digits, weakness(digits, options)]).toEqual([digits, code])
  })

  it.each(['80291', '48213', '73914', '406195', '8402617', '84630517', '508274916', '6180394725'])(
    'returns undefined for %s',
    (digits) => {
      expect(weakness(digits, options)).toBeUndefined()
    },
  )

  it('returns the first matching rule', () => {
    expect(weakness('010101', options)).toBe('repeat') // and 1 January 2001
    expect(weakness('12345', { ...options, msisdn: '+375291234567' })).toBe('sequence') // and in the number
    expect(weakness('258369', { ...options, msisdn: '+375292583694' })).toBe('keypad') // and in the number
  })

  it('accepts 49 of 50 five-digit passwords', () => {
    const weak = everyValue(5).filter((digits) => weakness(digits, options))
    expect(weak.length).toBeLessThan(100_000 / 50)
  })
})

describe('repeats, sequences and dates together', () => {
  const count = (length: number) =>
    everyValue(length).filter((digits) => isRepeat(digits) || isSequence(digits) || isDate(digits, thisYear))
      .length

  it('are 140 of the 100 000 five-digit values', () => {
    expect(count(5)).toBe(140) // 100 of period 1 or 2, 40 sequences, no dates
  })

  it('are 8.45 % of the six-digit values', () => {
    // In 2026: 83 518 dates, 1090 repeats, 40 sequences, less the 107 that match two rules.
    // Every later year adds about 290, until all two-digit years are in range.
    expect(count(6)).toBe(84_541)
  })
})

describe('a repeat', () => {
  it('is a block of at most half the length; the last one may be cut', () => {
    fc.assert(
      fc.property(password, fc.integer({ min: 1, max: 5 }), (digits, period) => {
        fc.pre(period <= digits.length / 2)
        expect(isRepeat(digits.slice(0, period).repeat(10).slice(0, digits.length))).toBe(true)
      }),
    )
  })

  it.each(['12312', '1234123', '12122', '21212122', '123451234'])('is not %s', (digits) => {
    expect(isRepeat(digits)).toBe(false)
  })
})

describe('a sequence', () => {
  it.each(['11111', '14703', '12346', '02345', '123456780', '13578', '36925'])('is not %s', (digits) => {
    expect(isSequence(digits)).toBe(false)
  })

  it('matches 40 values of each length: ten first digits, four steps', () => {
    expect(everyValue(5).filter(isSequence)).toHaveLength(40)
  })
})

describe('a keypad shape', () => {
  it('matches backwards, too, if it consists of whole lines or a loop', () => {
    for (const digits of ['147258369', '159753', '14789', '25800', '23698', '139713', '258025']) {
      expect([digits, isKeypad(digits), isKeypad(reversed(digits))]).toEqual([digits, true, true])
    }
  })

  it.each(['12389', '14780', '14769', '15948', '12348', '1478952', '123321', '12321', '80291', '70418'])(
    'is not %s',
    (digits) => {
      expect(isKeypad(digits)).toBe(false)
    },
  )
})

describe('a date', () => {
  it.each(['000000', '320199', '310699', '290297', '001299', '31062026', '29022023', '19991301', '19000101'])(
    'is not %s, an impossible date',
    (digits) => {
      expect(isDate(digits, thisYear)).toBe(false)
    },
  )

  it('ranges from 1930 to next year', () => {
    expect(
      ['31121929', '01011930', '31122027', '01012028'].map((digits) => isDate(digits, thisYear)),
    ).toEqual([false, true, true, false])
    expect(['281129', '281130', '281127', '281128'].map((digits) => isDate(digits, thisYear))).toEqual([
      false, // 1929 or 2029; 29 November 1928 or 2028 is out of range, too
      true,
      true,
      false,
    ])
  })

  it('depends on the current year', () => {
    expect([isDate('25122028', 2026), isDate('25122028', 2027)]).toEqual([false, true])
  })

  it('has six or eight digits', () => {
    for (const digits of ['01019', '1011999', '010119999', '0101199900'])
      expect(isDate(digits, thisYear)).toBe(false)
  })

  it('matches every day of the range in all six formats', () => {
    const day = fc.date({ min: new Date('1930-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(day, (date) => {
        const [year = '', month = '', dd = ''] = date.toISOString().slice(0, 10).split('-')
        const yy = year.slice(2)
        for (const digits of [
          dd + month + year,
          year + month + dd,
          month + dd + year,
          dd + month + yy,
          yy + month + dd,
          month + dd + yy,
        ]) {
          expect([digits, isDate(digits, thisYear)]).toEqual([digits, true])
        }
      }),
    )
  })
})

describe('the own number', () => {
  it('matches any part of the number in either direction', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[1-9][0-9]{10,14}$/),
        fc.nat(9),
        fc.integer({ min: 5, max: 10 }),
        (number, from, length) => {
          const part = number.slice(from, from + length)
          fc.pre(part.length >= 5)
          expect(isOwnNumber(part, `+${number}`)).toBe(true)
          expect(isOwnNumber(reversed(part), number)).toBe(true)
        },
      ),
    )
  })

  it('matches a password that contains its last seven digits', () => {
    expect(
      ['1234567', '81234567', '12345678', '0001234567'].every((digits) =>
        isOwnNumber(digits, options.msisdn),
      ),
    ).toBe(true)
    expect(
      ['0234567', '8123456', '80291', '0291234'].some((digits) => isOwnNumber(digits, options.msisdn)),
    ).toBe(false)
  })

  it('matches nothing when the number is empty', () => {
    expect(isOwnNumber('48213', '')).toBe(false)
  })
})

describe('a common password', () => {
  it.each([
    ['doubled digits', ['112233', '11223', '1122334455', '998877', '111222', '111222333', '223344']],
    ['two runs of one digit', ['000001', '100000', '11122', '777888', '5555566666', '00007']],
    ['a mirror', ['12321', '123321', '1234321', '54345', '98789', '13531', '14741', '159951', '12344321']],
    [
      'tens and counting',
      ['102030', '10203', '010203', '121314', '101112', '246810', '510152025', '100200300'],
    ],
    [
      'a count with a prefix or suffix',
      ['12300', '00123', '12340', '123450', '12312', '123412', '11123', '32100'],
    ],
    [
      'well-known numbers',
      ['31415', '314159', '3141592653', '27182', '1414213562', '112358', '65536', '90210'],
    ],
    ['habits', ['5201314', '100500', '142536', '192837', '1223334444', '00700', '14100', '13579246']],
    [
      'years',
      ['19900', '01990', '001990', '199011', '1990123', '19871990', '20262027', '1985000000', '1234561990'],
    ],
  ])('is %s: %j', (_, examples) => {
    for (const digits of examples) expect([digits, isCommon(digits, thisYear)]).toEqual([digits, true])
  })

  it('does not contain a year before 1930 or after next year', () => {
    expect(['019290', '19290', '20280', '20272028'].some((digits) => isCommon(digits, thisYear))).toBe(false)
    expect(isCommon('20280', 2027)).toBe(true)
  })

  it('is rare: fewer than 1500 of the 100 000 five-digit values', () => {
    expect(everyValue(5).filter((digits) => isCommon(digits, thisYear)).length).toBeLessThan(1500)
  })
})
