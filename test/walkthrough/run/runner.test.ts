import project from '../../../menus/index.ts'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'
import { inProcessTarget } from '../../../src/cli/walk/in-process.ts'
import { remoteTarget } from '../../../src/cli/walk/remote.ts'
import { dialects } from '../../../src/dialects/index.ts'
import type { Dialect } from '../../../src/dialects/dialect.ts'
import { record } from '../../../menus/record.ts'
import { readScripts } from '../../../src/walkthrough/script/read.ts'
import type { WalkResult } from '../../../src/walkthrough/run/result.ts'
import { walk } from '../../../src/walkthrough/run/runner.ts'
import type { Target } from '../../../src/walkthrough/run/target.ts'
import type { Walkthrough } from '../../../src/walkthrough/script/walkthrough.ts'
import { startForeignApplication } from '../../simulator/foreign-application.ts'
import type { Answering } from '../../simulator/foreign-application.ts'
import { startGateway } from '../../support/running.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

const africastalking = dialects['africastalking'] as Dialect
const SUBSCRIBER =
  "subscriber: { msisdn: '+375291234567', language: en, access: closed-by-subscriber, puk1: '41829375' }"

function script(text: string): Walkthrough {
  const read = readScripts(text, 'test.yaml', record)
  if (read.kind !== 'ok') throw new Error(read.problems.map(({ message }) => message).join())
  return read.walkthroughs[0] as Walkthrough
}

async function target(options: Partial<Parameters<typeof inProcessTarget>[0]> = {}): Promise<Target> {
  const created = await inProcessTarget({
    project,
    dialect: africastalking,
    argon2: createDigestArgon2(),
    ...options,
  })
  closing.push(() => created.close())
  return created
}

/** Runs these turns of a subscriber with the PUK1 41829375. */
const runTurns = async (turns: string, options: Parameters<typeof target>[0] = {}): Promise<WalkResult> =>
  walk(script(`title: A title\n${SUBSCRIBER}\nturns:\n${turns}`), await target(options))

/** The failures with their step. */
const failuresOf = ({ steps, postconditions }: WalkResult): string[] => [
  ...steps.flatMap(({ failure }, at) => (failure ? [`${at + 1}: ${failure.message}`] : [])),
  ...postconditions.map(({ message }) => `after: ${message}`),
]

describe('a walkthrough', () => {
  it('passes if every screen matches and the dialogue ends', async () => {
    const result = await runTurns(`
  - dials: '*141*3*6*1#'
    sees: { contains: Enter the PUK1 }
  - sends: { secret: '11223344' }
    sees: { matches: '^Wrong PUK1. Attempts left: 9\\.' }
  - sends: { secret: '{{puk1}}' }
    ends: 'Access to self-care is open. To set a password, dial *141*0#'`)
    expect(failuresOf(result)).toEqual([])
    expect(result.verdict).toBe('passed')
    expect(result.steps.map(({ done }) => done)).toEqual(['☎ *141*3*6*1#', '> ••••', '> ••••'])
  })

  it.each([
    [
      'a screen that differs in one letter',
      "- dials: '*141*3*6*1#'\n    sees: Enter the PUK1",
      '1: the screen differs',
    ],
    [
      'a waiting screen instead of the end',
      "- dials: '*141*3*6*1#'\n    ends: { contains: PUK1 }",
      '1: the dialogue waits for an answer, but should have ended',
    ],
    [
      'the end instead of a waiting screen',
      "- dials: '*141*3*6#'\n  - sends: '0'\n    sees: { contains: unchanged }",
      '2: the dialogue ended, but should wait for an answer',
    ],
    [
      'a dialogue left open',
      "- dials: '*141*3*6#'",
      'after: the dialogue is still open: end it with hangs up: true',
    ],
    ['an answer without a dialogue', "- sends: '1'", '1: no dialogue is open: dial before sending an answer'],
    [
      'a code dialled in a dialogue',
      "- dials: '*141*3*6#'\n  - dials: '*141*3*6#'",
      '2: the phone is in a dialogue: hang up before dialling',
    ],
    [
      'a secret on a screen that asks for none',
      "- dials: '*141*3*6#'\n  - sends: { secret: '11223344' }",
      '2: the screen does not ask for a secret: add asked: false to send one anyway',
    ],
    [
      'an unmarked secret',
      "- dials: '*141*3*6*1#'\n  - sends: '11223344'",
      '2: the screen asks for a secret: write sends: { secret: … }',
    ],
    [
      'another status of self-care',
      '- visits self-care: true\n    answers: 200',
      '1: self-care answered 401, not 200',
    ],
    [
      'a missing timeout',
      "- dials: '*141*3*6#'\n  - waits: 20s\n    fails: true",
      '2: the network did not end the dialogue',
    ],
    [
      'an unexpected timeout',
      "- dials: '*141*3*6#'\n  - waits: 200s\n    sees: { contains: closed }",
      '2: The network ended the dialogue after 180 s.',
    ],
  ])('fails for %s', async (_case, turns, message) => {
    const result = await runTurns(`\n  ${turns}`)
    expect(result.verdict).toBe('failed')
    expect(failuresOf(result).join('\n')).toContain(message)
  })

  it('stops at the first failing step', async () => {
    const result = await runTurns("\n  - dials: '*141*3*6#'\n    sees: x\n  - sends: '0'\n    ends: y")
    expect(result.steps).toHaveLength(1)
    expect(failuresOf(result)).toEqual(['1: the screen differs'])
  })

  it.each([
    ['subscriber: { access: open }', 'after: access is closed-by-subscriber, not open'],
    ['subscriber: { puk1AttemptsLeft: 9 }', 'after: puk1AttemptsLeft is 10, not 9'],
    ['subscriber: { hasPassword: true }', 'after: hasPassword is false, not true'],
    [
      "subscriber: { password: '80291' }",
      'after: the password cannot be checked: access is closed-by-subscriber',
    ],
    ['performed: [openAccess]', 'after: performed readAccess, not openAccess'],
    ['performed: []', 'after: performed readAccess, not nothing'],
  ])('fails if the postcondition %s does not hold', async (after, message) => {
    const text = `title: t\n${SUBSCRIBER}\nturns:\n  - dials: '*141*3*6#'\n  - hangs up: true\nafter:\n  ${after}`
    expect(failuresOf(await walk(script(text), await target()))).toEqual([message])
  })

  it('checks a password by a login', async () => {
    const text = (password: string) =>
      `title: t\nsubscriber: { msisdn: '+375291234567', password: '80291' }\nturns:\n  - sees: ''\nafter:\n  subscriber: { password: '${password}' }`
    const failures = async (password: string) =>
      failuresOf(await walk(script(text(password).replace("sees: ''", "ends: ''")), await target()))
    expect(await failures('80291')).toEqual([])
    expect(await failures('80292')).toEqual(['after: the password differs'])
  })

  it('masks an unmarked secret, and secrets in titles and patterns', async () => {
    const unmarked = await runTurns(`
  - dials: '*141*3*6*1#'
  - sends: '824613'`)
    expect(JSON.stringify(unmarked)).not.toContain('824613')
    const titled = script(
      `title: PUK1 41829375\n${SUBSCRIBER}\nturns:\n  - dials: '*141*3*6*41829375#'\n    sees: { matches: '41829375' }`,
    )
    const result = await walk(titled, await target())
    expect(result.verdict).toBe('failed')
    expect(JSON.stringify({ ...result, walkthrough: result.walkthrough.title })).not.toContain('41829375')
  })

  it('fails for a regular expression that times out', async () => {
    const result = await runTurns(`
  - dials: '*141*3*6#'
    sees: { matches: '^(([^]+)+)+$x' }`)
    expect(failuresOf(result)).toEqual(['after: the regular expression of this step timed out'])
  })

  it('sends a secret to any screen with asked: false', async () => {
    const result = await runTurns(`
  - dials: '*141*3*6#'
  - sends: { secret: '824613', asked: false }
    sees: { contains: closed }
  - hangs up: true`)
    expect(failuresOf(result)).toEqual([])
    expect(JSON.stringify(result)).not.toContain('824613')
  })

  it('masks secrets in inputs and on screens', async () => {
    const application = await startForeignApplication(({ fields }) =>
      fields['text'] === '' ? 'CON Your PIN?' : `END You typed ${fields['text']}`,
    )
    closing.push(() => application.close())
    const dialect = africastalking
    const target = { route: { dialect, callbackUrl: application.url }, clock: undefined, gateway: undefined }
    const text =
      "title: t\nturns:\n  - dials: '*384#'\n  - sends: { secret: '73915' }\n    ends: { contains: '73915' }"
    const result = await walk(script(text), { ...target, close: async () => {} })
    expect(failuresOf(result)).toEqual([])
    expect(JSON.stringify(result)).not.toContain('73915')
    expect(result.steps[1]?.seen).toMatchObject({ screen: { text: 'You typed ••••' } })
  })

  it('detects a different answer to a duplicate', async () => {
    let answers = 0
    const answering: Answering = () => `END ${answers++}`
    const application = await startForeignApplication(answering)
    closing.push(() => application.close())
    const route = { dialect: africastalking, callbackUrl: application.url }
    const text = "title: t\nturns:\n  - dials: '*384#'\n  - repeats: true"
    const result = await walk(script(text), {
      route,
      clock: undefined,
      gateway: undefined,
      close: async () => {},
    })
    expect(failuresOf(result)).toEqual(['2: The retried callback got a different answer.'])
  })

  it('runs several phones, each with its own dialogue and record', async () => {
    const text = `title: t
handsets:
  alice: { msisdn: '+375291234567', language: en, access: closed-by-subscriber, puk1: '41829375' }
  bob: { msisdn: '+375291234568', language: ru }
turns:
  - { as: alice, dials: '*141*3*6*1#', sees: { contains: Enter the PUK1 } }
  - { as: bob, dials: '*141*3*6#', sees: { contains: открыт } }
  - { as: alice, sends: { secret: '41829375' }, ends: { contains: is open } }
  - { as: bob, sends: '1' }
  - { as: bob, sends: '2', ends: { contains: закрыт } }
after:
  handsets: { alice: { access: open }, bob: { access: closed-by-subscriber } }`
    expect(failuresOf(await walk(script(text), await target()))).toEqual([])
  })
})

describe('time', () => {
  it('passes at once on a virtual clock: a self-care session expires after 15 minutes', async () => {
    const text = (ms: number) =>
      `title: t\nsubscriber: { msisdn: '+375291234567', password: '80291' }\nturns:\n  - logs in: { password: '80291' }\n    answers: 201\n  - waits: ${ms}ms\n  - visits self-care: true\n    answers: 200`
    expect(failuresOf(await walk(script(text(899_000)), await target()))).toEqual([])
    expect(failuresOf(await walk(script(text(901_000)), await target()))).toEqual([
      '3: self-care answered 401, not 200',
    ])
  })

  it.each(Object.keys(dialects))('passes between two equal answers as for a person, in %s', async (name) => {
    const text = `title: t
subscriber: { msisdn: '+375291234567', language: en, access: open }
turns:
  - dials: '*141*0#'
  - sends: { secret: '80291' }
    sees: { contains: 'Repeat the new password' }
  - sends: { secret: '80291' }
    ends: { contains: 'The password is saved' }`
    const result = await walk(script(text), await target({ dialect: dialects[name] as Dialect }))
    expect(failuresOf(result)).toEqual([])
  })
})

describe('a running gateway', () => {
  const targetAt = (url: string, adminToken: string | undefined, existing: 'keep' | 'overwrite' = 'keep') =>
    remoteTarget({
      existing,
      callbackUrl: new URL(`${url}/ussd/africastalking`),
      dialect: africastalking,
      callbackToken: undefined,
      adminToken,
    })
  const text = `title: t\n${SUBSCRIBER.replace('1234567', '1111111')}\nturns:\n  - dials: '*141*3*6*1#'\n  - sends: { secret: '{{puk1}}' }\n    ends: { contains: is open }\nafter:\n  subscriber: { access: open }\n  performed: [openAccess]`

  it('gets its subscribers from the operator; a note lists what cannot be checked', async () => {
    const gateway = await startGateway({ ADMIN_TOKEN: 'admin' })
    closing.push(() => gateway.close('immediate'))
    const result = await walk(script(text), targetAt(gateway.url, 'admin'))
    expect(failuresOf(result)).toEqual([])
    expect(result.notes).toEqual([
      'effects were not checked: they are visible only on a gateway in this process',
    ])
  })

  it('keeps existing records and removes those of the walkthrough at the end', async () => {
    const gateway = await startGateway({ ADMIN_TOKEN: 'admin' })
    closing.push(() => gateway.close('immediate'))
    const demo = await gateway.subscribers.get('+375291234567')
    const kept = script(text.replace("msisdn: '+375291111111'", "msisdn: '+375291234567'"))
    expect(failuresOf(await walk(kept, targetAt(gateway.url, 'admin')))).toEqual([
      'after: +375291234567 is already registered there: use --overwrite to replace its record',
    ])
    expect(await gateway.subscribers.get('+375291234567')).toEqual(demo)
    const target = targetAt(gateway.url, 'admin')
    expect(failuresOf(await walk(script(text), target))).toEqual([])
    expect(await gateway.subscribers.get('+375291111111')).toBeDefined()
    await target.close()
    expect(await gateway.subscribers.get('+375291111111')).toBeUndefined()
    expect(failuresOf(await walk(kept, targetAt(gateway.url, 'admin', 'overwrite')))).toEqual([])
  })

  it('rejects a missing or wrong token with a clear message', async () => {
    const gateway = await startGateway({ ADMIN_TOKEN: 'admin' })
    closing.push(() => gateway.close('immediate'))
    const failures = async (token: string | undefined) =>
      failuresOf(await walk(script(text), targetAt(gateway.url, token)))
    expect(await failures('wrong')).toEqual(['after: the gateway rejected this ADMIN_TOKEN'])
    expect(await failures(undefined)).toEqual([
      'after: registering subscribers on a running gateway needs its token: set ADMIN_TOKEN',
    ])
  })

  it('that does not answer is a failure', async () => {
    expect(failuresOf(await walk(script(text), targetAt('http://127.0.0.1:1', 'admin')))).toEqual([
      'after: nothing answers at http://127.0.0.1:1',
    ])
  })

  it('cannot start with used PUK1 attempts', async () => {
    const gateway = await startGateway({ ADMIN_TOKEN: 'admin' })
    closing.push(() => gateway.close('immediate'))
    const used = script(text.replace("puk1: '41829375'", "puk1: '41829375', puk1AttemptsLeft: 3"))
    expect(failuresOf(await walk(used, targetAt(gateway.url, 'admin')))).toEqual([
      'after: the gateway answered PUT /subscribers/+375291111111 with status 400: Bad request: puk1AttemptsLeft must be 10, which restores all attempts',
    ])
  })
})
