import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { comment, patternFor, quote } from '../../src/walkthrough/bash.ts'
import { curlScript } from '../../src/walkthrough/curl.ts'
import { readScripts } from '../../src/walkthrough/script/read.ts'
import { matchesText } from '../../src/walkthrough/run/match-text.ts'
import type { Walkthrough } from '../../src/walkthrough/script/walkthrough.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

const ADMIN_TOKEN = 'admin-token-of-a-test'
const CALLBACK_TOKEN = "callback-token-with-'$quotes"

function walkthroughOf(yaml: string): Walkthrough {
  const scripts = readScripts(yaml, 'test.yaml')
  const [walkthrough] = scripts.kind === 'ok' ? scripts.walkthroughs : []
  if (!walkthrough) throw new Error(JSON.stringify(scripts))
  return walkthrough
}

/** What bash made of a script. */
function bash(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', ...environment }
    const child = execFile('bash', ['-s'], { env, timeout: 15_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
    child.stdin?.end(script)
  })
}

describe('a quoted text', () => {
  it('is the same text in bash, whatever stands in it', () => {
    const character = fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '$',
        '`',
        '\\',
        '\n',
        '!',
        '*',
        '&',
        ';',
        '#',
        '~',
        '-',
        ' ',
        '(',
        '{',
        'ы',
        '😀',
        '\r',
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    )
    const anyText = fc
      .array(character, { maxLength: 30 })
      .map((characters) => characters.join(''))
      .filter((one) => !one.includes('\0') && !/\p{Cs}/u.test(one))
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 20, maxLength: 20 }), (texts) => {
        const script = `printf '%s\\0' ${texts.map(quote).join(' ')}`
        const printed = execFileSync('bash', ['-s'], { input: script, encoding: 'utf8' })
        expect(printed.split('\0').slice(0, -1)).toEqual(texts)
      }),
      { numRuns: 20 },
    )
  })

  it('cannot have a NUL in it', () => {
    expect(() => quote('a\0b')).toThrow('NUL')
  })

  it('leaves a comment nowhere to end', () => {
    expect(comment('a\nrm -rf\u2028/')).toBe('# a rm -rf /')
  })
})

describe('a regular expression', () => {
  it.each([
    ['^PUK1 неверен. Попыток: 2', 'ere', 'PUK1 неверен. Попыток: 2\n0 Назад', true],
    ['^\\d{2}:\\d\\d$', 'ere', '12:34', true],
    ['^\\d{2}:\\d\\d$', 'ere', '12:345', false],
    ['a.*?b', 'ere', 'a\nb', true],
    ['(?:да|нет)$', 'ere', 'ну да', true],
    ['^2$', 'ere', '1\n2', false],
    ['\\u041f\\u{430}\\x72', 'ere', 'Паr', true],
    ['^.{3}$', 'ere', 'ыыы', true],
    ['[\\d-]+\\.$', 'ere', '1-2.', true],
    ['\\$\\{\\}`', 'ere', '${}`', true],
    ['a(?!b)', 'pcre', 'ac', true],
    ['a(?!b)', 'pcre', 'ab', false],
    ['^2$', 'ere', '2', true],
    ['(?=2)^2$', 'pcre', '1\n2', false],
    ['(a)\\1', 'pcre', 'aa', true],
    ['\\bPUK1\\b', 'pcre', 'a PUK1.', true],
    ['\\p{Lu}\\u{43f}', 'pcre', 'Пп', true],
  ])('%s is tried in bash as %s', async (pattern, kind, text, matches) => {
    const translated = patternFor(pattern)
    expect(translated.kind).toBe(kind)
    expect(matchesText(text, { kind: 'matches', pattern })).toBe(matches)
    const tried =
      kind === 'ere'
        ? `[[ $text =~ $pattern ]]`
        : `printf '%s' "$text" | LC_ALL=C.UTF-8 grep -Pzq -- "$pattern"`
    const script = `export LC_ALL=C.UTF-8; text=${quote(text)}; pattern=${quote(translated.pattern)}; ${tried}`
    expect((await bash(script)).code).toBe(matches ? 0 : 1)
  })
})

describe('an exported script', () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await startGateway({ ADMIN_TOKEN, CALLBACK_TOKEN })
  })
  afterAll(() => gateway.close('immediate'))

  const run = (yaml: string, environment: Readonly<Record<string, string>> = {}) =>
    bash(curlScript(walkthroughOf(yaml)), { URL: gateway.url, ADMIN_TOKEN, CALLBACK_TOKEN, ...environment })

  it('passes where all is as it was to be, as often as it is run', async () => {
    const script = `
title: It's $(closed), and \`opened\` again
subscriber: { msisdn: '+375291234501', language: en, puk1: '87654321', tariff: "It's $HOME" }
turns:
  - dials: '*141*3*6#'
    sees: { matches: '(?i:open)|\\bopen\\b' }
  - sends: '1'
    sees: { matches: '^.+2' }
  - repeats: true
    sees: { contains: '2' }
  - sends: '2'
    ends: { contains: '' }
  - dials: '*141*3*6#'
    sees: { contains: '1' }
  - waits: 10ms
    sees: { contains: '1' }
  - sends: '1'
  - sends: { secret: '11111111' }
    sees: { contains: '9' }
  - sees: { contains: '9' }
  - sends: { secret: '87654321' }
after:
  subscriber: { access: open, closedBecause: null, tariff: "It's $HOME", hasPassword: false, puk1AttemptsLeft: 10 }
  performed: []
`.replace('(?i:open)|', '(?=.)')
    for (const _again of [1, 2]) {
      const { code, stdout, stderr } = await run(script)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain("It's $(closed), and `opened` again\n")
      expect(stdout).toContain('☎ *141*3*6#\n| ')
      expect(stdout).toContain('> ••••')
      expect(stdout).not.toMatch(/87654321|11111111/)
    }
  })

  it('shows what was expected and what came, and stops, at the first difference', async () => {
    const { code, stdout, stderr } = await run(`
title: Another screen
subscriber: { msisdn: '+375291234502', language: en }
turns:
  - dials: '*141*3*6#'
    sees: |-
      Quite "another"
      screen
  - sends: '1'
`)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^✗ the screen differs\n {2}expected:\n {4}Quite "another"\n {4}screen\n {2}seen:\n {4}\S/,
    )
    expect(stdout).not.toContain('> 1')
  })

  it.each([
    ['the dialogue is not', "- dials: '*141*3*6#'\n    ends: { contains: '' }"],
    ['nothing waits for an answer', "- sends: '1'"],
    ['the phone is in a dialogue', "- dials: '*141*3*6#'\n  - dials: '*141#'"],
    ['no callback that could come again', '- repeats: true'],
    ['the dialogue was to break off', "- dials: '*141#'\n    fails: true"],
    ['another status', '- visits self-care: true\n    answers: 200'],
  ])('fails where %s', async (sentence, turn) => {
    const { code, stderr } = await run(`
title: Wrong
subscriber: { msisdn: '+375291234503', language: en }
turns:
  ${turn}
`)
    expect({ code, told: stderr.includes(sentence), stderr }).toEqual({ code: 1, told: true, stderr })
  })

  it('fails where the record is another at the end', async () => {
    const script = (after: string) => `
title: Afterwards
subscriber: { msisdn: '+375291234504', language: en }
turns: [{ waits: 1ms }]
after: { subscriber: { ${after} } }
`
    expect(await run(script('access: closed-by-operator'))).toMatchObject({ code: 1 })
    expect(await run(script("password: '80291'"))).toMatchObject({ code: 1 })
    expect(await run(script('access: open, hasPassword: false'))).toMatchObject({ code: 0 })
  })

  it('goes to the self-care site, hangs up, and changes records', async () => {
    const { code, stdout, stderr } = await run(`
title: An administrator
handsets:
  alice: { msisdn: '+375291234505', client: acme, role: administrator, password: '80291', language: en }
  bob: { msisdn: '+375291234506', client: acme, language: en, registrationByPuk1: true, puk1: '12345678', tariff: Интернет }
turns:
  - as: alice
    logs in: { password: '80292' }
    answers: 401
  - as: alice
    logs in: { password: '80291' }
    answers: 201
  - as: alice
    visits self-care: true
    answers: 200
  - as: bob
    sets password: { puk1: '12345678', password: '74185' }
    answers: 204
  - as: alice
    manages: { subscriber: bob, access: closed }
    answers: 204
  - as: bob
    dials: '*141*3*6#'
  - as: alice
    operator sets: { access: closed-by-operator, closedBecause: sim-lost }
  - as: alice
    dials: '*141*0#'
  - as: alice
    hangs up: true
after:
  handsets: { alice: { closedBecause: sim-lost }, bob: { access: closed-by-organisation, hasPassword: true } }
`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('alice PUT /self-care/subscribers/%2B375291234506/access\n')
    expect(stdout).not.toMatch(/80291|74185|12345678/)
  })

  it('needs a token where subscribers are registered, and says so', async () => {
    const yaml = `
title: No token
subscriber: { msisdn: '+375291234508' }
turns: [{ dials: '*141#' }]
`
    const script = curlScript(walkthroughOf(yaml))
    expect(await bash(script, { URL: gateway.url })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('✗ set ADMIN_TOKEN'),
    })
    expect(await run(yaml, { ADMIN_TOKEN: 'wrong' })).toMatchObject({ code: 1 })
    expect(await run(yaml, { CALLBACK_TOKEN: '' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('401'),
    })
  })

  it('ends with another status where it cannot do what is asked for', async () => {
    const { code, stderr } = await run(`
title: Few attempts
subscriber: { msisdn: '+375291234509', puk1AttemptsLeft: 1 }
turns: [{ dials: '*141#' }]
`)
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: '✗ puk1AttemptsLeft can only be set where the gateway runs in the same process\n',
    })
  })

  it('ends where nothing listens', async () => {
    const script = curlScript(walkthroughOf("title: Nobody\nturns: [{ dials: '*141#' }]\n"))
    expect(await bash(script, { URL: 'http://127.0.0.1:9' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('✗ the request failed'),
    })
  })
})

describe('the callbacks of an exported script', () => {
  const came: { address: string; token: string | undefined; fields: Record<string, string> }[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const fields = Object.fromEntries(new URLSearchParams(body))
      came.push({ address: request.url ?? '', token: request.headers.authorization, fields })
      if (fields['text'] === 'broken') response.writeHead(500)
      response.end(`CON ${fields['text'] ?? ''}\n`)
    })
  })
  let url = ''
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterAll(() => void server.close())

  const run = async (turns: string) => {
    came.length = 0
    const script = curlScript(walkthroughOf(`title: A dialogue\nturns:\n${turns}`))
    return bash(script, { URL: url, CALLBACK_TOKEN })
  }

  it("are Africa's Talking's, whatever is answered", async () => {
    const answer = `a&b=c+d%20*"$(id)"'ы'`
    const { code, stderr } = await run(`
  - dials: '*141*0#'
  - sends: ${JSON.stringify(answer)}
    sees: ${JSON.stringify(`${answer}\n`)}
  - sends: ''
  - repeats: true
`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const session = came[0]?.fields['sessionId']
    expect(session).toMatch(/^walk-\d+-\d+-0-1$/)
    expect(came).toEqual(
      ['', answer, `${answer}*`, `${answer}*`].map((said) => ({
        address: '/ussd/africastalking',
        token: `Bearer ${CALLBACK_TOKEN}`,
        fields: {
          sessionId: session,
          phoneNumber: '+375291234567',
          networkCode: '25701',
          serviceCode: '*141*0#',
          text: said,
        },
      })),
    )
  })

  it.each(['- hangs up: true', '- waits: 1ms\n    fails: true'])(
    'say that a dialogue is over, once, where the phone %s',
    async (end) => {
      const { code, stderr } = await run(`
  - dials: '*141*0#'
  ${end}
  - hangs up: true
  - dials: '*141*0#'
`)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const [begin, over, again, ...others] = came
      expect(over).toMatchObject({
        address: '/ussd/africastalking/events',
        fields: { sessionId: begin?.fields['sessionId'], status: 'Incomplete' },
      })
      expect(over?.fields['date']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
      expect(again?.fields['sessionId']).not.toBe(begin?.fields['sessionId'])
      expect(others).toEqual([])
    },
  )

  it('may be answered with nothing, where that is what is expected', async () => {
    const turns = "  - dials: '*141*0#'\n  - sends: broken\n"
    expect(await run(`${turns}    fails: true\n`)).toMatchObject({ code: 0 })
    expect(await run(turns)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('✗ the application did not answer as agreed'),
    })
    expect(await run(`${turns}    fails: true\n  - sends: '1'\n`)).toMatchObject({ code: 1 })
  })
})
