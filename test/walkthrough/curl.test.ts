import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { weakness } from '../../src/services/weak-password.ts'
import { curlScript } from '../../src/walkthrough/curl.ts'
import { matchesText } from '../../src/walkthrough/run/match-text.ts'
import { record } from '../../menus/record.ts'
import { readScripts } from '../../src/walkthrough/script/read.ts'
import { fillIn } from '../../src/walkthrough/script/secrets.ts'
import type { Walkthrough } from '../../src/walkthrough/script/walkthrough.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

const ADMIN_TOKEN = 'admin-token-of-a-test'

function walkthroughsOf(yaml: string): readonly Walkthrough[] {
  const scripts = readScripts(yaml, 'test.yaml', record)
  if (scripts.kind !== 'ok') throw new Error(JSON.stringify(scripts))
  return scripts.walkthroughs.map((one) =>
    fillIn(one, { weaknessOf: (digits, msisdn) => weakness(digits, { msisdn, thisYear: 2026 }) }),
  )
}

let gateway: Running
beforeAll(async () => {
  gateway = await startGateway({ ADMIN_TOKEN, SIMULATOR: 'on' })
})
afterAll(() => gateway.close('immediate'))

/** The body and the status that each command prints, in order. */
async function run(script: string): Promise<readonly (readonly [body: string, status: number])[]> {
  const env = { PATH: process.env['PATH'], URL: gateway.url, ADMIN_TOKEN }
  const child = spawn('sh', [], { env, stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.end(script)
  const output = await text(child.stdout)
  return [...output.matchAll(/([^]*?)\n(\d{3})\n/g)].map(([, body = '', status]) => [body, Number(status)])
}

describe('the curl commands of a walkthrough', () => {
  it('show the screens of scripts/walkthroughs/access.yaml on a running gateway', async () => {
    const walkthroughs = walkthroughsOf(readFileSync('scripts/walkthroughs/access.yaml', 'utf8'))
    expect(walkthroughs).toHaveLength(6)
    for (const { title, handsets, steps, after, ...rest } of walkthroughs) {
      const script = curlScript([{ title, handsets, steps, after, ...rest }])
      const answers = await run(script)
      const fixtures = Object.keys(handsets).length
      expect(answers).toHaveLength(2 * fixtures + steps.length + after.length)
      const differing = steps.filter(({ expectation }, at) => {
        const [screen = '', status] = answers[2 * fixtures + at] ?? []
        return status !== 200 || (expectation?.kind === 'screen' && !matchesText(screen, expectation.text))
      })
      // PUK1 attempts cannot be used up over HTTP, and the script says so.
      const hasUsedAttempts = script.includes('\n# puk1AttemptsLeft: 1 cannot be set over HTTP')
      expect([title, differing.length > 0]).toEqual([title, hasUsedAttempts])
    }
  })

  it('pass every text through the shell unchanged', async () => {
    const tariff = `It's $HOME \`id\` "\\" !* #~ ы`
    const [walkthrough] = walkthroughsOf(`
title: It's $(exit 1)
subscriber: { msisdn: '+375291234501', language: en, tariff: ${JSON.stringify(tariff)} }
turns:
  - dials: '*141*0#'
  - sends: "'; exit 1; '"
    sees: { contains: 5 to 10 digits }
  - sends: ''
    sees: { contains: 5 to 10 digits }
after: { subscriber: { language: en } }
`)
    const answers = await run(curlScript(walkthrough ? [walkthrough] : []))
    expect(answers.map(([, status]) => status)).toEqual([404, 201, 200, 200, 200, 200])
    expect(answers.slice(3, 5).map(([screen]) => screen)).toEqual([
      expect.stringContaining('5 to 10 digits'),
      expect.stringContaining('5 to 10 digits'),
    ])
    expect(JSON.parse(answers[5]?.[0] ?? '')).toMatchObject({ tariff })
  })

  it('log in, use the session and change records', async () => {
    const walkthroughs = walkthroughsOf(`
title: An administrator
handsets:
  the-boss: { msisdn: '+375291234505', client: acme, role: administrator, password: '80291' }
  bob: { msisdn: '+375291234506', client: acme, registrationByPuk1: true, puk1: '12345678' }
turns:
  - as: the-boss
    logs in: { password: '80291' }
    answers: 201
  - as: the-boss
    visits self-care: true
    answers: 200
  - as: bob
    sets password: { puk1: '12345678', password: '74185' }
    answers: 204
  - as: the-boss
    manages: { subscriber: bob, access: closed }
    answers: 204
  - as: bob
    operator sets: { access: open }
  - as: bob
    hangs up: true
after: { handsets: { bob: { password: '74185' } } }
`)
    const answers = await run(curlScript(walkthroughs))
    // The answer to a login is kept for its token and goes to standard error.
    expect(answers.map(([, status]) => status)).toEqual([
      404, 201, 404, 201, 200, 204, 204, 200, 204, 200, 201,
    ])
  })

  it('are comments where a step has no curl form, and for what is expected', () => {
    const script = curlScript(
      walkthroughsOf(`
title: Comments
subscriber: '+375291234567'
turns:
  - dials: '*141*0#'
    sees: |-
      Enter a password
      0 Exit
  - repeats: true
    ends: { matches: ^a }
  - waits: 1500ms
    sees: { contains: a }
  - waits: 15m
    fails: { contains: The network }
after: { performed: [readAccess] }
`),
    )
    expect(script.split('\n\n')[1]).toBe(`# Comments
curl -sS -w '%{http_code}\\n' -X POST -H "Authorization: Bearer $ADMIN_TOKEN" --data-raw '*141*0#' "$URL/handsets/+375291234567"
# Enter a password
# 0 Exit
# the aggregator sends the callback again
# /^a/su
sleep 2
# … a …
# 15 minutes pass
# the network ends the dialogue: … The network …
# effects, not visible over HTTP: readAccess
`)
  })

  it('cannot hold a NUL', () => {
    const script = walkthroughsOf('title: T\nturns: [{ sends: "\\0" }]')
    expect(() => curlScript(script)).toThrow('a shell command cannot hold the character NUL')
  })
})
