import { describe, expect, it } from '@jest/globals'
import { readDialoguss } from '../../../src/walkthrough/script/dialoguss.ts'
import { record } from '../../../menus/record.ts'
import { formatProblem, readScripts } from '../../../src/walkthrough/script/read.ts'
import { writeScript } from '../../../src/walkthrough/script/write.ts'

const shop = `# A shop
url: http://localhost:7654
dial: "*1234*1234#"
# of all sessions without one
phoneNumber: 375291234567
timeout: 21
sessions:
  - id: 12345678910
    phoneNumber: 375291234568
    description: "Should return a balance of 500 for Zikani"
    steps:
      # The first step is the response after dialling the code
      - expect: "What is your name?"
      - userInput: "Zikani"
        expect: |
          Welcome, Zikani
          1. Account detail
          # Exit
      - text: 2
        componentId: shop.balance
  - id: 7
    steps:
      - userInput: "*1234*1234#"
        componentId: hello
      - userInput: 0
  - steps:
      - userInput: Zikani
        expect: Bye
components:
  - namespace: shop
    items:
      - id: balance
        expect: "Your balance is: MK 500"
      - id: hello
        expect: Hello
`

const screen = (state: 'waiting' | 'ended', text: string) => ({
  kind: 'screen',
  state,
  text: { kind: 'whole', text },
})

const problems = (text: string): readonly string[] => {
  const read = readDialoguss(text, 'shop.yml')
  return read.kind === 'ok' ? [] : read.problems.map(formatProblem)
}

describe('a dialoguss script', () => {
  const read = readDialoguss(shop, 'shop.yml')
  const [first, second, third] = read.kind === 'ok' ? read.walkthroughs : []

  it('becomes a walkthrough for each session', () => {
    const who = 'subscriber'
    expect(first).toEqual({
      title: 'Should return a balance of 500 for Zikani',
      rules: [],
      file: 'shop.yml',
      line: 8,
      handsets: { subscriber: { msisdn: '+375291234568', fixture: undefined } },
      steps: [
        {
          who,
          action: { kind: 'dial', code: '*1234*1234#' },
          expectation: screen('waiting', 'What is your name?'),
          line: 13,
        },
        {
          who,
          action: { kind: 'send', text: 'Zikani', isSecret: false },
          expectation: screen('waiting', 'Welcome, Zikani\n1. Account detail\n# Exit'),
          line: 14,
        },
        {
          who,
          action: { kind: 'send', text: '2', isSecret: false },
          expectation: screen('ended', 'Your balance is: MK 500'),
          line: 19,
        },
      ],
      after: [],
      secrets: {},
      performed: undefined,
    })
  })

  it('dials in its first step, or answers a screen without an expectation', () => {
    expect(second).toMatchObject({
      title: 'Session 7',
      handsets: { subscriber: { msisdn: '+375291234567' } },
      steps: [
        { action: { kind: 'dial', code: '*1234*1234#' }, expectation: screen('waiting', 'Hello') },
        { action: { kind: 'send', text: '0' }, expectation: undefined },
      ],
    })
    expect(third).toMatchObject({
      title: 'Session 3',
      steps: [
        { action: { kind: 'dial', code: '*1234*1234#' }, expectation: undefined },
        { action: { kind: 'send', text: 'Zikani' }, expectation: screen('ended', 'Bye') },
      ],
    })
  })

  it('can be written as walkthrough scripts', () => {
    const scripts = [first, second, third].flatMap((one) => (one ? [writeScript(one)] : [])).join('---\n')
    expect(readScripts(scripts, 'shop.yaml', record)).toMatchObject({
      kind: 'ok',
      walkthroughs: [{ title: first?.title }, { title: second?.title }, { title: third?.title }],
    })
  })

  it('accepts a number of any country, and suggests one for any other', () => {
    expect(problems(shop.replace('phoneNumber: 375291234567', 'phoneNumber: 265888123456'))).toEqual([])
    const landLine = shop.replace('phoneNumber: 375291234567', 'phoneNumber: 375171234567')
    expect(problems(landLine)).toEqual([
      "shop.yml:5:14: phoneNumber must be a mobile number, with its country code: use a test subscriber such as '+375291234567'",
    ])
    expect(problems(shop.replace('375291234568', '2658881'))).toEqual([
      expect.stringContaining('shop.yml:9:18: phoneNumber must be a mobile number, with its country code'),
    ])
    expect(problems(shop.replace('phoneNumber: 375291234567', ''))).toEqual([])
  })

  it.each([
    ['dial: "*1234*1234#"', 'dial: *1234*1234#', '3:7: an unquoted * begins a YAML alias: quote the code'],
    [
      'userInput: "Zikani"',
      'userinput: "Zikani"',
      '14:9: unknown key userinput: expected userInput, text, expect, componentId; did you mean userInput?',
    ],
    ['text: 2', 'text: 2\n        userInput: 2', '19:9: steps[2] has both userInput and text'],
    ['text: 2', 'text: 2\n        expect: x', '19:9: steps[2] has both expect and componentId'],
    [
      'componentId: shop.balance',
      'componentId: shop.sum',
      '20:22: unknown component: write its namespace, a dot and the id of the item',
    ],
    [
      '  - steps:\n      - userInput: Zikani\n        expect: Bye',
      '  - steps: []',
      '26:12: steps must have at least one step',
    ],
    ['dial: "*1234*1234#"', '', '2:1: dial is required'],
    ['sessions:', 'session:', 'unknown key session:'],
  ])('reports problems with line and column (%#)', (right, wrong, problem) => {
    expect(problems(shop.replace(right, wrong))).toContainEqual(expect.stringContaining(problem))
  })

  it('resolves a component by its id only if the id is unique', () => {
    const twice = `${shop}  - namespace: other\n    items: [{ id: hello, expect: Hi }]\n`
    expect(problems(twice)).toEqual([expect.stringContaining('24:22: unknown component')])
  })
})
