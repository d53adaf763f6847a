import { afterEach, describe, expect, it } from '@jest/globals'
import { networkDialects } from '../../src/dialects/index.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { journalOf } from '../support/journal.ts'
import { kenyanProject } from '../support/kenya.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

const dialects = networkDialects('advanta')
const admin = { authorization: 'Bearer admin-token' }
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Starts a gateway on a store that lists the records it was given, by kind and TTL. */
async function start(project = kenyanProject(), env: Readonly<Record<string, string>> = {}) {
  const store = createMemoryStore()
  const written: string[] = []
  const journal: string[] = []
  const spied: Store = {
    ...store,
    async commit(commit) {
      const result = await store.commit(commit)
      if (result.kind !== 'ok') return result
      for (const { name, write } of commit.changes) {
        if (write.kind === 'put')
          written.push(`${name.split(':')[0]} ${write.ttlMs === undefined ? 'for good' : 'with a TTL'}`)
      }
      journal.push(...commit.journal)
      return result
    },
  }
  const gateway = await startGateway(
    { DEMO: 'off', ADMIN_TOKEN: 'admin-token', ...env },
    { project, store: spied },
  )
  closing.push(() => gateway.close('immediate'))
  return { gateway, store, written, journal }
}

function phoneOf(gateway: Running, dialect = 'africastalking') {
  const wire = dialects[dialect]
  if (!wire) throw new Error(`there is no dialect ${dialect}`)
  return createHandsets({ dialect: wire, callbackUrl: `${gateway.url}/ussd/${dialect}` })
}

async function textOf(typed: Promise<{ readonly kind: string }>): Promise<string> {
  const result = (await typed) as Awaited<ReturnType<ReturnType<typeof createHandsets>['type']>>
  return result.kind === 'screen' ? result.screen.text : result.message
}

const numbers = ['+254712345678', '+233241234567', '+2250712345678', '+12025550123', '+375291234567']

describe.each(['africastalking', 'arkesel', 'comviva'])(
  'a project of any country, called by %s',
  (dialect) => {
    it('serves numbers of five countries, and keeps each in E.164', async () => {
      const { gateway } = await start(kenyanProject({ countries: 'any', default: 'KE' }))
      const phones = phoneOf(gateway, dialect)
      for (const msisdn of numbers) {
        expect(await textOf(phones.type(msisdn, '*384#'))).toBe('Shop\n1 Language\n0 Exit')
        expect(await textOf(phones.type(msisdn, '1'))).toBe('2 Swahili\n0 Exit')
        expect(await textOf(phones.type(msisdn, '2'))).toBe('OK')
        expect(await textOf(phones.type(msisdn, '*384#'))).toMatch(/^Duka/)
        const record = await fetch(`${gateway.url}/subscribers/${msisdn}`, { headers: admin })
        expect(await record.json()).toMatchObject({ msisdn, language: 'sw' })
      }
      for (const msisdn of numbers) expect(gateway.log()).not.toContain(msisdn.slice(1))
      expect(gateway.log()).toContain('"msisdn":"+254•••••78"')
    })

    it('serves the same subscriber by a number with and without a country code', async () => {
      const { gateway } = await start()
      const phones = phoneOf(gateway, dialect)
      await phones.type('+254712345678', '*384#')
      await phones.type('+254712345678', '1')
      await phones.type('+254712345678', '2')
      const record = await fetch(`${gateway.url}/subscribers/0712%20345678`, { headers: admin })
      expect(await record.json()).toMatchObject({ msisdn: '+254712345678', language: 'sw' })
    })
  },
)

describe('a number outside the numbering', () => {
  it.each([
    ['of another country', '+233241234567'],
    ['that is not mobile', '+254202012345'],
  ])('%s is told so, and is written nowhere', async (_which, phoneNumber) => {
    const { gateway, written, journal } = await start()
    const answer = await gateway.call({ phoneNumber, serviceCode: '*384#' })
    expect(answer).toMatchObject({ status: 200, body: 'END Your number is not served here' })
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    expect(metrics).toMatch(/ussd_turns_total\{[^}]*outcome="not-served"[^}]*\} 1/)
    expect([written, journal]).toEqual([[], []])
    const lines = gateway
      .log()
      .split('\n')
      .filter((line) => line.includes('not-served'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('"msisdn":"•••••"')
    expect(gateway.log()).not.toContain(phoneNumber.slice(-4))
    const read = await fetch(`${gateway.url}/subscribers/${phoneNumber}`, { headers: admin })
    expect([read.status, await read.json()]).toMatchObject([
      400,
      { error: { message: 'Bad request: msisdn must be a mobile number of Kenya' } },
    ])
  })

  it('is malformed if it is no number', async () => {
    const { gateway, written } = await start()
    for (const phoneNumber of ['112', 'my phone', '']) {
      const answer = await gateway.call({ phoneNumber, serviceCode: '*384#' })
      expect(answer).toMatchObject({ status: 400, body: expect.stringMatching(/^END Bad request: /) })
    }
    expect(written).toEqual([])
  })
})

describe('a project for anyone', () => {
  it('keeps nothing for good of a number that dials and changes nothing', async () => {
    const { gateway, store, written, journal } = await start()
    const phones = phoneOf(gateway)
    await phones.type('+254712345678', '*384#')
    await phones.type('+254712345678', '1')
    expect(await textOf(phones.type('+254712345678', '0'))).toBe('Bye')
    expect(written).toEqual(Array(3).fill('session with a TTL'))
    expect([journal, await journalOf(store, '+254712345678')]).toEqual([[], []])
    const read = await fetch(`${gateway.url}/subscribers/+254712345678`, { headers: admin })
    expect(read.status).toBe(404)
  })

  it('makes the record at the first change', async () => {
    const { gateway, store, written } = await start()
    const phones = phoneOf(gateway)
    for (const typed of ['*384#', '1', '2']) await phones.type('+254712345678', typed)
    expect(written.filter((record) => record.startsWith('subscriber'))).toEqual(['subscriber for good'])
    expect(await journalOf(store, '+254712345678')).toMatchObject([{ change: 'subscriber-changed' }])
  })

  it.each([
    ['by the project', kenyanProject(undefined, 'registered'), {}],
    ['by SUBSCRIBERS', kenyanProject(), { SUBSCRIBERS: 'registered' }],
  ])('may be narrowed to registered numbers %s', async (_how, project, env) => {
    const { gateway, written } = await start(project, env)
    const dialled = () => gateway.call({ phoneNumber: '+254712345678', serviceCode: '*384#' })
    expect((await dialled()).body).toBe('END Your number is not served here')
    expect(written).toEqual([])
    await gateway.subscribers.put('+254712345678', { language: 'sw' })
    expect((await dialled()).body).toMatch(/^CON Duka/)
  })
})

describe('NUMBERING', () => {
  it('narrows the countries, and leaves numbers without a country code to the project', async () => {
    const { gateway } = await start(kenyanProject({ countries: 'any', default: 'KE' }), {
      NUMBERING: 'UG, TZ',
    })
    const dial = async (phoneNumber: string) =>
      (await gateway.call({ phoneNumber, serviceCode: '*384#' })).body
    expect(await dial('+256712345678')).toMatch(/^CON Shop/)
    expect(await dial('+254712345678')).toBe('END Your number is not served here')
    expect(await dial('0712345678')).toBe('END Your number is not served here')
  })

  it.each([
    ['NUMBERING', 'any', /NUMBERING may only narrow the project, which serves KE: remove any$/],
    ['NUMBERING', 'KE,UG', /NUMBERING may only narrow the project, which serves KE: remove UG$/],
    [
      'SUBSCRIBERS',
      'anyone',
      /SUBSCRIBERS may only narrow the project, which serves registered numbers: remove anyone$/,
    ],
  ])('%s=%s, which widens, does not start', async (name, value, message) => {
    await expect(
      start(kenyanProject({ countries: ['KE'] }, 'registered'), { [name]: value }),
    ).rejects.toThrow(message)
  })
})
