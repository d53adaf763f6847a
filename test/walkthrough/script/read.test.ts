import { describe, expect, it } from '@jest/globals'
import { record } from '../../../menus/record.ts'
import { formatProblem, readScripts } from '../../../src/walkthrough/script/read.ts'
import type { Walkthrough } from '../../../src/walkthrough/script/walkthrough.ts'

/** Reads a valid script. */
function read(text: string): readonly Walkthrough[] {
  const scripts = readScripts(text, 'menu.yaml', record)
  if (scripts.kind === 'malformed') throw new Error(scripts.problems.map(formatProblem).join('\n'))
  return scripts.walkthroughs
}

/** The problems of a script, as printed. */
function problems(text: string): readonly string[] {
  const scripts = readScripts(text, 'menu.yaml', record)
  return scripts.kind === 'ok' ? [] : scripts.problems.map(formatProblem)
}

const turn = (lines: string) => problems(`title: T\nturns:\n  - ${lines.replaceAll('\n', '\n    ')}\n`)

describe('readScripts', () => {
  it('reads a walkthrough with the line of every step', () => {
    const script = `# yaml-language-server: $schema=walkthrough.schema.json
title: A wrong PUK1, then the right one, sets a password
rules: [L2, L4]
subscriber: { msisdn: '8 029 123-45-67', language: ru, puk1: '87654321', registrationByPuk1: false, puk1AttemptsLeft: 7 }
dial: '*115#'
turns:
  - sees: |-
      Пароль
      0 Выход
  - sends: 01
    sees: { contains: 'PUK1' }

  - sends: { secret: '11111111' }
    ends: { matches: '^PUK1 неверен' }
  - waits: 20s
    fails: true
  - repeats: true
    fails: { contains: waited }
  - logs in: { password: '80291' }
    answers: 201
  - visits self-care: true
    answers: 200
  - sets password: { puk1: '{{puk1}}', password: '{{6 digits a, date}}' }
    answers: 204
  - manages: { subscriber: subscriber, access: closed }
  - operator sets: { tariff: Комфорт, access: closed-by-operator, closedBecause: sim-lost }
hangs up: true
after:
  subscriber: { password: '2580', access: open, closedBecause: null, puk1AttemptsLeft: 9, hasPassword: true }
  performed: [verifyPuk1, savePassword]
`
    const fixture = {
      msisdn: '+375291234567',
      language: 'ru',
      puk1: '87654321',
      registrationByPuk1: false,
      puk1AttemptsLeft: 7,
    }
    const who = 'subscriber'
    const patch = { tariff: 'Комфорт', access: 'closed-by-operator', closedBecause: 'sim-lost' }
    const look = { kind: 'look' }
    const status = (code: number) => ({ kind: 'status', status: code })
    const steps = [
      [5, { kind: 'dial', code: '*115#' }, undefined],
      [7, look, { kind: 'screen', state: 'waiting', text: { kind: 'whole', text: 'Пароль\n0 Выход' } }],
      [
        10,
        { kind: 'send', text: '01', isSecret: false },
        { kind: 'screen', state: 'waiting', text: { kind: 'contains', text: 'PUK1' } },
      ],
      [
        13,
        { kind: 'send', text: '11111111', isSecret: true },
        { kind: 'screen', state: 'ended', text: { kind: 'matches', pattern: '^PUK1 неверен' } },
      ],
      [15, { kind: 'wait', ms: 20_000 }, { kind: 'failure', message: { kind: 'contains', text: '' } }],
      [17, { kind: 'repeat' }, { kind: 'failure', message: { kind: 'contains', text: 'waited' } }],
      [19, { kind: 'log-in', password: '80291' }, status(201)],
      [21, { kind: 'visit' }, status(200)],
      [23, { kind: 'set-password', puk1: '{{puk1}}', password: '{{6 digits a, date}}' }, status(204)],
      [25, { kind: 'manage', of: 'subscriber', access: 'closed' }, undefined],
      [26, { kind: 'change', patch }, undefined],
      [27, { kind: 'hang-up' }, undefined],
    ]
    expect(read(script)).toEqual([
      {
        title: 'A wrong PUK1, then the right one, sets a password',
        rules: ['L2', 'L4'],
        file: 'menu.yaml',
        line: 2,
        handsets: { subscriber: { msisdn: '+375291234567', fixture } },
        steps: steps.map(([line, action, expectation]) => ({ who, action, expectation, line })),
        after: [
          {
            who,
            record: {
              password: '2580',
              access: 'open',
              closedBecause: null,
              puk1AttemptsLeft: 9,
              hasPassword: true,
            },
            line: 29,
          },
        ],
        secrets: record.secrets,
        performed: ['verifyPuk1', 'savePassword'],
      },
    ])
  })

  it('reads several phones', () => {
    const [walkthrough] = read(`title: T
handsets:
  alice: { msisdn: '+375291234567' }
  bob: +375291234568
turns:
  - as: bob
    dials: '*141#'
  - as: alice
    manages: { subscriber: bob, access: open }
hangs up: true
after:
  handsets:
    bob: { access: open }
`)
    expect(walkthrough).toMatchObject({
      handsets: {
        alice: { msisdn: '+375291234567', fixture: { msisdn: '+375291234567' } },
        bob: { msisdn: '+375291234568', fixture: undefined },
      },
      steps: [
        { who: 'bob', line: 6 },
        { who: 'alice', line: 8 },
        { who: 'alice', action: { kind: 'hang-up' } },
      ],
      after: [{ who: 'bob', line: 13 }],
      secrets: record.secrets,
      performed: undefined,
    })
  })

  it('names a single phone by default', () => {
    expect(read('title: T\nturns: [{ sees: x }]')[0]).toMatchObject({
      handsets: { subscriber: { msisdn: '+375291234567', fixture: undefined } },
    })
    const named = read(
      "title: T\nhandsets: { alice: '80291234567' }\ndial: '*1#'\nturns: [{ sees: x }]\nafter: { subscriber: { access: open } }",
    )
    expect(named[0]).toMatchObject({ steps: [{ who: 'alice' }, { who: 'alice' }], after: [{ who: 'alice' }] })
  })

  it('reads several documents with any line breaks', () => {
    const two = read(
      '\ufefftitle: A\r\nturns: [{ sees: x }]\r\n--- # the second\r\ntitle: B\r\nturns:\r\n  - sees: y\r\n',
    )
    expect(two.map(({ title, line, steps }) => [title, line, steps[0]?.line])).toEqual([
      ['A', 1, 2],
      ['B', 4, 6],
    ])
  })

  it('reads every scalar as text', () => {
    const [walkthrough] = read(
      'title: no\nturns:\n  - sends: 0\n    sees: null\n  - sends: 0x1F\n    sees: 1_0\n',
    )
    expect(walkthrough?.title).toBe('no')
    expect(walkthrough?.steps).toMatchObject([
      { action: { text: '0' }, expectation: { text: { text: 'null' } } },
      { action: { text: '0x1F' }, expectation: { text: { text: '1_0' } } },
    ])
  })

  it.each([
    ['500ms', 500],
    ['20s', 20_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
  ])('reads the duration %s', (duration, ms) => {
    expect(read(`title: T\nturns: [{ waits: ${duration} }]`)[0]?.steps[0]?.action).toEqual({
      kind: 'wait',
      ms,
    })
  })

  it('resolves YAML aliases', () => {
    const [walkthrough] = read(`title: T
turns:
  - sends: &one '1'
    sees: &menu |-
      Menu
      1 One
  - sends: *one
    sees: *menu
`)
    const [first, second] = walkthrough?.steps ?? []
    expect(second).toEqual({ ...first, line: 7 })
  })
})

describe('a script problem', () => {
  it('names a misspelt key, the known keys and the closest of them', () => {
    expect(turn('sees: { contians: x }')).toEqual([
      'menu.yaml:3:13: unknown key contians: expected contains, matches; did you mean contains?',
    ])
    expect(problems('title: T\ntruns:\n  - sees: x\n')).toEqual([
      'menu.yaml:1:1: turns is required',
      'menu.yaml:2:1: unknown key truns: expected title, rules, subscriber, handsets, dial, turns, hangs up, after; did you mean turns?',
    ])
    expect(
      problems("title: T\nsubscriber:\n  msisdn: '+375291234567'\n  langauge: ru\nturns: [{ sees: x }]"),
    ).toEqual([
      expect.stringMatching(/^menu\.yaml:4:3: unknown key langauge: expected .*; did you mean language\?$/),
    ])
    expect(turn('seconds: 3\nsees: x')).toEqual([expect.not.stringContaining('did you mean')])
  })

  it.each([
    ['two actions', "dials: '*1#'\nsends: '1'", '3:5: the turn has more than one action: dials, sends'],
    ['two expectations', 'sees: x\nends: y', '3:5: the turn has more than one expectation: sees, ends'],
    ['a status without an action', 'answers: 200', '3:5: the turn has answers without a self-care action'],
    [
      'a status after a phone action',
      "dials: '*1#'\nanswers: 200",
      '3:5: the turn has answers, but after dials only sees, ends, fails can follow',
    ],
    [
      'a screen after a self-care action',
      'visits self-care: true\nsees: x',
      '3:5: the turn has sees, but after visits self-care only answers can follow',
    ],
    [
      'a screen after a hang-up',
      'hangs up: true\nsees: x',
      '3:5: the turn has sees, but hangs up shows nothing',
    ],
    ['an empty turn', 'as: subscriber', '3:5: the turn needs an action or an expectation'],
    [
      'a turn that is no map',
      'x',
      '3:5: the turn must be a map with the keys as, dials, sends, waits, repeats, hangs up, logs in, visits self-care, sets password, manages, operator sets, sees, ends, fails, answers',
    ],
    ['a wrong flag', 'repeats: yes', '3:14: repeats must be true or omitted'],
    [
      'a wrong number',
      'visits self-care: true\nanswers: 99',
      '4:14: answers must be a whole number from 100 to 599',
    ],
    [
      'a wrong word',
      'manages: { subscriber: subscriber, access: shut }',
      '3:48: access must be one of open, closed',
    ],
    ['an invalid duration', 'waits: 20', '3:12: waits must be a duration such as 500ms, 20s, 15m, 2h'],
    [
      'an invalid regular expression',
      'sees:\n  matches: a(b',
      '4:16: matches must be a regular expression: Unterminated group',
    ],
    [
      'a regular expression without the flag u',
      'sees: { matches: "\\\\-" }',
      '3:22: matches must be a regular expression: Invalid escape',
    ],
    [
      'two kinds of text',
      'sees: { contains: a, matches: b }',
      '3:11: sees must be either { contains: … } or { matches: … }',
    ],
    [
      'a list for a text',
      'sees: [a]',
      '3:11: sees must be text, { contains: text } or { matches: regular expression }',
    ],
    [
      'a placeholder in clear',
      "sends: '{{puk1}}'",
      '3:12: sends contains a placeholder, which stands for a secret: write { secret: … }',
    ],
    [
      'an unknown placeholder',
      "sends: { secret: '{{pin}}' }",
      '3:22: secret contains an unknown placeholder: use {{puk1}}, {{password}} or a form such as {{8 digits}}',
    ],
    [
      'a placeholder with text around it',
      "logs in: { password: 'x{{password}}' }",
      '3:26: password contains an unknown placeholder: use {{puk1}}, {{password}} or a form such as {{8 digits}}',
    ],
    ['no value', 'sends:', "3:11: missing value: write '' for empty text, and quote text that starts with #"],
    [
      'a code that is a comment',
      'dials: #100',
      "3:12: missing value: write '' for empty text, and quote text that starts with #",
    ],
    ['a code that is an alias', 'dials: *141*0#', '3:12: an unquoted * begins a YAML alias: quote the code'],
    ['another alias', 'sees: *menu', '3:11: unknown YAML alias: quote text that starts with *'],
    ['an alias in itself', 'sees: &a { contains: *a }', '3:26: this alias contains itself'],
    ['a key twice', 'sees: x\nsees: y', '4:5: duplicate key'],
    ['a tag', 'sees: !!int 3', '3:17: tags are not supported: every value is text'],
    ['a key that is a list', '? [a]\n: b', '3:7: a key must be text'],
    ['half of a character', 'sees: "\\ud83d"', '3:11: half of a character (unpaired surrogate)'],
    ['a tab', 'sees:\n\tcontains: x', '4:1: tabs cannot indent: use spaces'],
    [
      'a reason without the access',
      'operator sets: { closedBecause: sim-lost }',
      '3:37: closedBecause requires access closed-by-operator',
    ],
    ['an empty change', 'operator sets: {}', '3:20: operator sets must not be empty'],
    ['an unknown phone', 'as: alice\nsees: x', '3:9: unknown phone alice: expected subscriber'],
  ])('has line and column: %s', (_what, lines, problem) => {
    const text = `title: T\nturns:\n  - ${lines.split('\n').join('\n    ')}\n`.replace('    \t', '\t')
    expect(problems(text)).toContain(`menu.yaml:${problem}`)
  })

  it.each([
    ['', '1:1: the file is empty'],
    ['# nothing\n', '1:1: the file is empty'],
    ['title: T\nturns: [{ sees: x }]\n---\n', '3:1: the document is empty'],
    [
      '- title: T\n',
      '1:1: the document must be a map with the keys title, rules, subscriber, handsets, dial, turns, hangs up, after',
    ],
    ['title: T\nturns: []\n', '2:8: turns must have at least one turn'],
    ['title: T\nrules: L2\nturns: [{ sees: x }]', '2:8: rules must be a list of ids, such as [L2, L4]'],
    [
      "title: T\nsubscriber: '+49301234567'\nturns: [{ sees: x }]",
      '2:13: subscriber must be a mobile number, with its country code',
    ],
    [
      "title: T\nsubscriber: { msisdn: '+375291234567', puk1: '123' }\nturns: [{ sees: x }]",
      '2:46: puk1 must be 8 digits or a placeholder',
    ],
    ['title: T\nhandsets: {}\nturns: [{ sees: x }]', '2:11: handsets must have at least one phone'],
    [
      "title: T\nhandsets: { 1a: '80291234567' }\nturns: [{ sees: x }]",
      '2:13: a name must be a letter and up to 31 more letters, digits, - and _',
    ],
    [
      "title: T\nsubscriber: '80291234567'\nhandsets: { a: '80291234568' }\nturns: [{ sees: x }]",
      '1:1: the document has both subscriber and handsets',
    ],
    [`title: ${'x'.repeat(1_000_000)}\n`, '1:1: the file is larger than 1 MB'],
    ['---\n'.repeat(2000), '1:1: the file has more than 1000 documents'],
    [`title: ${'['.repeat(100_000)}`, expect.stringContaining('nested too deeply')],
    ['title: [a', '1:10: wrong indentation or an unclosed bracket'],
    ['title: a: b', '1:8: quote text that contains a colon and a space'],
    ['title: `a`', '1:8: quote text that starts with this character'],
  ])('has line and column in a whole file (%#)', (text, problem) => {
    const expected: unknown = typeof problem === 'string' ? `menu.yaml:${problem}` : problem
    expect(problems(text)).toContainEqual(expected)
  })

  it('is reported wherever phones are named', () => {
    const phones = "title: T\nhandsets:\n  alice: '80291234567'\n  bob: { msisdn: '+375291234567' }\n"
    expect(
      problems(`${phones}dial: '*1#'
turns:
  - sees: x
  - as: alcie
    hangs up: true
  - as: bob
    manages: { subscriber: carol, access: open }
after:
  handsets: { dave: { access: open } }
`),
    ).toEqual([
      'menu.yaml:4:18: another phone has the same number',
      'menu.yaml:5:1: the script has several phones: use dials in a turn, with as',
      'menu.yaml:7:5: as is required: the script has several phones',
      'menu.yaml:8:9: unknown phone alcie: expected alice, bob; did you mean alice?',
      'menu.yaml:11:28: unknown phone carol: expected alice, bob',
      'menu.yaml:13:15: unknown phone dave: expected alice, bob',
    ])
    expect(
      problems(
        `${phones.replace("567'}", "568'}")}turns: [{ as: bob, sees: x }]\nafter: { subscriber: { access: open } }`,
      ),
    ).toContain('menu.yaml:6:10: the script has several phones: use handsets here')
  })

  it('does not hide others in this document or the next', () => {
    expect(
      problems(
        'title: T\nturns: [{ sees: *x }, { as: bob, sess: y }]\n---\ntitel: T\nturns: [{ repeats: 1 }]\n',
      ),
    ).toEqual([
      expect.stringContaining('2:17: unknown YAML alias'),
      expect.stringContaining('2:29: unknown phone bob'),
      expect.stringContaining('2:34: unknown key sess'),
      expect.stringContaining('4:1: title is required'),
      expect.stringContaining('4:1: unknown key titel'),
      expect.stringContaining('5:20: repeats must be true'),
    ])
  })

  it('never quotes a possible secret', () => {
    const secret = '73519264'
    const messages = [
      ...turn(`sends: { ${secret} }`),
      ...turn(`sends: { secret: [${secret}] }`),
      ...turn(`sends: { secret: '{{${secret}}}' }`),
      ...turn(`sends: { secret: *${secret} }`),
      ...turn(`sends: { secret: &${secret} [ }`),
      ...turn(`sends: { ${secret}: 1 }`),
      ...turn(`${secret}: 1`),
      ...turn(`as: '${secret}'\nsees: { matches: '(${secret}' }`),
      ...turn(`logs in: ${secret}`),
      ...turn(`sets password: { puk1: ${secret}, pasword: '${secret}' }`),
      ...turn(`waits: ${secret}`),
      ...turn(`sees: !${secret} x`),
      ...problems(
        `title: T\nsubscriber: { msisdn: 1, puk1: '${secret}9', password: '${secret}999', access: '${secret}' }\nturns: 1`,
      ),
      ...problems(`title: T\nhandsets: { '${secret}': '${secret}' }\nturns: [{ as: a${secret}, sees: x }]`),
      ...problems(`"${secret}`),
      ...problems(`%${secret}`),
    ]
    expect(messages.length).toBeGreaterThan(16)
    expect(messages.filter((message) => message.includes(secret))).toEqual([])
  })

  it('is found quickly in hostile files', () => {
    const aliases = (text: string) =>
      `title: T\nrules: [&a [${text}], &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a], &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b], &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c], [*d, *d, *d]]`
    expect(problems(aliases('x, x'))).toEqual([
      'menu.yaml:1:1: the aliases of this document expand to too much text',
    ])
    expect(problems(`title: &a T\nrules: [${'*a, '.repeat(200_000)}]`)).toContainEqual(
      expect.stringContaining('more than 1000 aliases'),
    )
    expect(problems(Array.from({ length: 90_000 }, (_, at) => `k${at}: 1`).join('\n')).length).toBe(22)
  })
})
