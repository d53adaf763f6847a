/** A project with a record, secrets and routes of its own. It uses nothing of the shipped project. */
import { afterEach, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setup } from 'xstate'
import { embeddedStore } from '../src/cli/explore/stores.ts'
import { explore } from '../src/cli/explore/explore.ts'
import { effect } from '../src/engine/authoring.ts'
import type { Dialogue, Reply } from '../src/engine/authoring.ts'
import { modelSpecsOf } from '../src/exploration/model-spec.ts'
import { defineProject } from '../src/project.ts'
import { z } from '../src/services/index.ts'
import { walkFile } from '../src/testing.ts'
import { startGateway } from './support/running.ts'
import type { Running } from './support/running.ts'
import { walletProject, walletRecord } from './support/wallet.ts'

const phoneNumber = '+254712345678'
const admin = { Authorization: 'Bearer operator-token' }

let gateway: Running | undefined
let folder: string | undefined
afterEach(async () => {
  await gateway?.close('immediate')
  gateway = undefined
  if (folder !== undefined) rmSync(folder, { recursive: true })
  folder = undefined
})

const start = async () =>
  (gateway = await startGateway({ DEMO: 'on', ADMIN_TOKEN: 'operator-token' }, { project: walletProject() }))

async function send(method: string, path: string, body?: object) {
  const response = await fetch(`${gateway?.url}${path}`, {
    method,
    headers: { ...admin, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, body: (text === '' ? undefined : JSON.parse(text)) as unknown }
}

/** Answers the dialogue of a new session, and returns the last screen. */
async function dial(...answers: string[]): Promise<string> {
  const sessionId = `AT-${Math.random()}`
  let body = ''
  for (let count = 0; count <= answers.length; count++) {
    const text = answers.slice(0, count).join('*')
    ;({ body } = await (gateway as Running).call({ sessionId, phoneNumber, serviceCode: '*384#', text }))
  }
  return body
}

describe('a record of a project', () => {
  it('is registered, read and changed by the operator, without its secret', async () => {
    await start()
    const amina = {
      language: 'en',
      name: 'Amina',
      account: { balance: '12.50', cards: 2 },
      pinAttemptsLeft: 3,
      msisdn: phoneNumber,
      hasPin: true,
    }
    expect((await send('GET', `/subscribers/${phoneNumber}`)).body).toEqual(amina)
    const changed = await send('PUT', `/subscribers/${phoneNumber}`, {
      language: 'sw',
      account: { balance: '7.00', cards: 0 },
    })
    expect(changed).toMatchObject({
      status: 200,
      body: { ...amina, language: 'sw', account: { balance: '7.00' } },
    })
    expect(changed.text).not.toMatch(/4821|hash|Pending/)
    expect(await send('PUT', '/subscribers/0722000001', {})).toMatchObject({
      status: 201,
      body: { name: '', account: { balance: '0.00', cards: 0 }, hasPin: false },
    })
  })

  it.each([
    [{ puk1: '12345678' }, 'Bad request: unknown field puk1'],
    [{ pin: '123' }, 'Bad request: pin must be a string of 4 digits'],
    [{ pinAttemptsLeft: 1 }, 'Bad request: pinAttemptsLeft must be 3, which restores all attempts'],
    [{ language: 'ru' }, 'Bad request: language must be one of en, sw'],
  ])('rejects %j', async (body, message) => {
    await start()
    const answer = await send('PUT', `/subscribers/${phoneNumber}`, body)
    expect(answer).toMatchObject({ status: 400, body: { error: { message } } })
  })

  it('counts down the attempts at its secret, and is unlocked by the operator', async () => {
    await start()
    expect(await dial('6093')).toBe('CON Wrong PIN. Attempts left: 2. Enter your PIN\n0 Exit')
    expect(await dial('6093', '6094')).toBe('END Your PIN is locked')
    expect(await dial('4821')).toBe('END Your PIN is locked')
    await send('PUT', `/subscribers/${phoneNumber}`, { pinAttemptsLeft: 3 })
    expect(await dial('4821')).toBe('END Your balance is 12.50')
  })

  it('is not stored with a value that its field forbids', async () => {
    gateway = await startGateway(
      { DEMO: 'on', ADMIN_TOKEN: 'operator-token' },
      {
        project: walletProject(),
        wrapServices: (services) => ({
          ...services,
          async showBalance(_input, { subscriber }) {
            subscriber.change({ name: 'A'.repeat(31) }, 'subscriber-changed')
            return { outcome: 'locked' }
          },
        }),
      },
    )
    expect(await dial('4821')).toBe('END The service is unavailable now. Please try again later')
    expect(gateway.log()).toContain('a value of the record is invalid: name')
    expect((await send('GET', `/subscribers/${phoneNumber}`)).body).toMatchObject({ name: 'Amina' })
  })

  it('shows nothing of the shipped project', async () => {
    await start()
    expect((await send('POST', '/self-care/sessions', {})).status).toBe(404)
    const document = (await send('GET', '/openapi.json')).text
    expect(document).not.toMatch(/puk1|self-care|closed-by|tariff/i)
    expect(document).toContain('"pinAttemptsLeft"')
    expect(document).toContain('/wallets/{msisdn}/greeting')
  })

  it('has routes for the operator, whose number and body the gateway parses', async () => {
    await start()
    const path = '/wallets/0712345678/greeting'
    expect(await send('POST', path, { greeting: 'Jambo' })).toMatchObject({
      status: 200,
      body: { text: 'Jambo, Amina' },
    })
    expect((await send('POST', '/wallets/0722000009/greeting', { greeting: 'Jambo' })).status).toBe(404)
    expect((await send('POST', '/wallets/+375291234567/greeting', { greeting: 'Jambo' })).status).toBe(400)
    expect((await send('POST', path, { greeting: 1 })).status).toBe(400)
    expect((await send('GET', path)).status).toBe(405)
    const unauthorised = await fetch(`${gateway?.url}${path}`, { method: 'POST' })
    expect(unauthorised.status).toBe(401)
  })

  it('can be created and checked by a test script', async () => {
    folder = mkdtempSync(join(tmpdir(), 'wallet-'))
    const file = join(folder, 'wallet.yaml')
    const script = (balance: string) =>
      `title: The owner reads the balance
subscriber: { msisdn: '${phoneNumber}', language: sw, pin: '{{pin}}', pinAttemptsLeft: 2, account: { balance: 8.20, cards: 1 } }
dial: '*384#'
turns:
  - sends: { secret: '{{pin}}' }
    ends: Salio lako ni 8.20
after: { subscriber: { pinAttemptsLeft: 3, hasPin: true, account: { balance: ${balance}, cards: 1 } } }
`
    writeFileSync(file, script('8.20'))
    await walkFile(file, walletProject())
    writeFileSync(file, script('8.21'))
    await expect(walkFile(file, walletProject())).rejects.toThrow(
      'account is {"balance":"8.20","cards":1}, not {"balance":"8.21","cards":1}',
    )
    writeFileSync(file, script('8.20').replace('pin:', 'puk1:'))
    await expect(walkFile(file, walletProject())).rejects.toThrow('unknown key puk1')
  })

  it('is explored from the fixtures of the model', async () => {
    const project = walletProject()
    const { models } = await project.models()
    const { specs, missing } = modelSpecsOf(project, models)
    expect(missing).toEqual([])
    const store = embeddedStore()
    const result = await explore({
      project,
      specs,
      languages: ['en'],
      limit: 20,
      seed: 1,
      store,
      progress: () => {},
    })
    expect(result).toMatchObject({ failed: 0, violations: [] })
    expect(result.passed).toBeGreaterThan(3)
    await store.close()
  })
})

/** Defines a project as JavaScript does, and returns the problems. */
function problemsOf(project: object): readonly string[] {
  try {
    defineProject({ languages: ['en'], codes: {}, numbering: { countries: ['KE'] }, ...project } as never)
  } catch (error) {
    return String(error).split('\n  ').slice(1)
  }
  return []
}

describe('a record that is wrong', () => {
  it('is refused at start with all problems', () => {
    const { fields } = walletRecord
    expect(
      problemsOf({
        record: {
          ...walletRecord,
          fields: fields.extend({
            msisdn: z.string().default(''),
            pinPending: z.number().default(0),
            tier: z.enum(['gold']),
            points: z.int(),
          }),
          initial: { points: 'many' },
          secrets: {
            ...walletRecord.secrets,
            Seal: { digits: 4 },
            seal: { digits: 4 },
            code: { digits: [5, 4] },
            word: { digits: 5, attempts: 0 },
          },
          storedAs: { name: 'n', account: 'n', nothing: 'x' },
        },
      }),
    ).toEqual([
      'record msisdn: this name is taken; rename the field',
      'record pinPending: this name is taken; rename the field',
      'record Seal: this is no name for a secret; use another one, such as pin',
      'record seal: this is no name for a secret; use another one, such as pin',
      'record code: digits must be 1 to 64, or [least, most]',
      'record word: attempts must be a whole number from 1 to 100',
      'record nothing: storedAs names no field of the record',
      'record account: is stored under the name of another field; change storedAs',
      'record pinPending: is stored under the name of another field; change storedAs',
      'record tier: has no default; add one, or a value in initial',
      expect.stringContaining('record points: its initial value is invalid: '),
    ])
  })

  it('is refused when a demo subscriber does not fit it', () => {
    const demo = { '+254712345678': { pin: '48211', colour: 'red' }, '+254722345678': { account: {} } }
    expect(problemsOf({ record: walletRecord, demo })).toEqual([
      "demo: '+254712345678' pin must be a string of 4 digits",
      expect.stringContaining("demo: '+254712345678' "),
      expect.stringContaining("demo: '+254722345678' account balance "),
    ])
  })

  it('is refused when a zod object alone has a field without a default', () => {
    expect(problemsOf({ record: z.object({ name: z.string() }) })).toEqual([
      'record name: has no default; add one, or a value in initial',
    ])
    expect(problemsOf({ record: z.object({ name: z.string().default('') }) })).toEqual([])
  })
})

describe('keys, time zone and currency', () => {
  it('are checked at start', () => {
    expect(
      problemsOf({
        keys: { back: '#', home: '00', more: '00', next: '9' },
        timeZone: 'Nairobi',
        currency: 'Ksh',
      }),
    ).toEqual([
      'keys.back: use one or two digits',
      "keys.more: '00' has another meaning already",
      "keys: there is no key 'next'; use back, home or more",
      "timeZone: 'Nairobi' is no IANA time zone; use a name such as Africa/Nairobi",
      "currency: 'Ksh' is no ISO 4217 code; use a code such as KES",
    ])
    const fits = { keys: { home: '00', more: '98' }, timeZone: 'Africa/Nairobi', currency: 'KES' }
    expect(problemsOf(fits)).toEqual([])
  })
})

describe('services and routes', () => {
  const machine = setup({
    types: { input: {} as Dialogue, events: {} as Reply },
    actors: { pay: effect<undefined, object>() },
  }).createMachine({
    initial: 'paying',
    states: { paying: { invoke: { src: 'pay', onDone: 'done', onError: 'done' } }, done: { type: 'final' } },
  })

  it('are missing: the gateway does not start', async () => {
    const project = defineProject({
      languages: ['en'],
      codes: { '*384#': { machine, screens: { done: { en: 'Done' } } } },
      services: () => ({}),
    } as never)
    await expect(startGateway({}, { project })).rejects.toThrow(
      "*384# paying: runs 'pay', which services lacks; add its body",
    )
  })

  it('have paths of their own', async () => {
    const route = (method: string, path: string) => ({ method, path, auth: 'anyone', handle: () => {} })
    const project = defineProject({
      languages: ['en'],
      codes: {},
      routes: () =>
        [
          route('get', '/metrics'),
          route('put', '/subscribers/{msisdn}'),
          route('get', '/ussd/mine'),
          route('get', 'orders'),
          route('get', '/orders/{id}'),
          route('get', '/orders'),
          route('get', '/orders'),
          { ...route('get', '/notes'), body: z.object({}) },
        ] as never,
    })
    await expect(startGateway({}, { project })).rejects.toThrow(
      [
        "routes GET /metrics: this path is the gateway's; use another one",
        "routes PUT /subscribers/{msisdn}: this path is the gateway's; use another one",
        "routes GET /ussd/mine: this path is the gateway's; use another one",
        'routes GET orders: use a path such as /orders/{msisdn}',
        'routes GET /orders/{id}: use a path such as /orders/{msisdn}',
        'routes GET /orders: is defined twice',
        'routes GET /notes: takes no body',
      ].join('\n  '),
    )
  })
})
