import { describe, expect, it } from '@jest/globals'
import { CommandError } from '../../../src/cli/command-error.ts'
import { withNumbersOf } from '../../../src/cli/walk/numbers.ts'
import { createNumbering } from '../../../src/ussd/numbering.ts'
import { record } from '../../../menus/record.ts'
import { readScripts } from '../../../src/walkthrough/script/read.ts'

const kenya = createNumbering({ countries: ['KE'] })
const belarus = createNumbering({ countries: ['BY'] })

function walkthroughs(phone: string) {
  const read = readScripts(`title: Shop\n${phone}turns: [{ dials: '*384#', sees: x }]\n`, 'shop.yaml', record)
  if (read.kind !== 'ok') throw new Error(JSON.stringify(read.problems))
  return read.walkthroughs
}
const numbersIn = (of: ReturnType<typeof walkthroughs>) =>
  of.flatMap(({ handsets }) => Object.values(handsets).map(({ msisdn }) => msisdn))

describe('the phones of a script', () => {
  it('have a number of the project if the script names none', () => {
    expect(numbersIn(withNumbersOf(kenya, walkthroughs('')))).toEqual([expect.stringMatching(/^\+254/)])
    expect(numbersIn(withNumbersOf(belarus, walkthroughs('')))).toEqual(['+375291234567'])
  })

  it('keep the numbers that the script names', () => {
    const named = walkthroughs("subscriber: '254712345678'\n")
    expect(numbersIn(withNumbersOf(kenya, named))).toEqual(['+254712345678'])
  })

  it('must be of the project', () => {
    const named = walkthroughs("handsets: { alice: '+254712345678' }\n")
    expect(() => withNumbersOf(belarus, named)).toThrow(CommandError)
    expect(() => withNumbersOf(belarus, named)).toThrow(
      'shop.yaml:1: Shop: the number of alice must be a mobile number of Belarus',
    )
  })
})
