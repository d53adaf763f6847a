import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import { africastalking } from '../../../src/dialects/africastalking.ts'
import { handsetAccess } from '../../../src/http/simulator/handsets.ts'
import { networkRoutes } from '../../../src/http/simulator/network.ts'
import { createHttpServer } from '../../../src/http/server.ts'
import { createHandsets } from '../../../src/simulator/handset.ts'
import { createRestcommPush } from '../../../src/simulator/restcomm-push.ts'
import { shop, startForeignApplication } from '../../simulator/foreign-application.ts'

const msisdn = '+375291234567'
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

/** Serves a network with phones, and a client for the application. */
async function network(isAllowed = true) {
  const application = await startForeignApplication(shop)
  const clock = { ms: 0 }
  const handsets = createHandsets({
    dialect: africastalking,
    callbackUrl: application.url,
    now: () => clock.ms,
  })
  const app = express()
  app.use(networkRoutes({ restcomm: createRestcommPush(handsets), access: handsetAccess(() => isAllowed) }))
  const server = createHttpServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
    await Promise.all([once(server, 'close'), application.close()])
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/network/restcomm`
  let cookie = ''
  return {
    clock,
    handsets,
    url,
    forget: () => (cookie = ''),
    /** Sends a dialog, keeps its cookie, and returns the status and the answer. */
    post: async (body: string, init: RequestInit = {}) => {
      const headers = { 'content-type': 'text/xml', ...(cookie && { cookie }) }
      const response = await fetch(url, { method: 'POST', headers, body, ...init })
      cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
      return [response.status, await response.text()] as const
    },
    /** Waits until the phone shows this text. */
    shows: async (text: string) => {
      while (handsets.screen(msisdn).text !== text) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const operation = (name: string, string: string, inside = '') =>
  `<dialog mapMessagesSize="1" userObject="s-42"><${name} invokeId="1" dataCodingScheme="15" string="${string}">${inside}</${name}></dialog>`
const whose = '<msisdn nai="international_number" npi="ISDN" number="375291234567"/>'
const question = (string: string) => operation('unstructuredSSRequest_Request', string, whose)
const end = '<dialog mapMessagesSize="0" prearrangedEnd="false"/>'

describe('a push to a phone', () => {
  it('asks, gets the reply of the phone, continues under its cookie and ends', async () => {
    const { forget, handsets, post, shows } = await network()
    handsets.screen(msisdn)
    const asked = post(question('Да&#10;1 Так'))
    await shows('Да\n1 Так')
    expect(handsets.screen(msisdn)).toMatchObject({ state: 'waiting', alphabet: 'ucs2', octets: 16 })
    expect(await handsets.type(msisdn, 'йод*')).toMatchObject({ screen: { state: 'waiting', text: '' } })
    const [status, answer] = await asked
    expect(status).toBe(200)
    expect(answer).toContain('userObject="s-42"')
    expect(answer).toContain(
      '<unstructuredSSRequest_Response invokeId="1" dataCodingScheme="72" string="йод*"/>',
    )

    const [, noted] = await post(operation('unstructuredSSNotify_Request', 'Thanks'))
    expect(noted).toContain('<unstructuredSSNotify_Response invokeId="1"/>')
    expect(handsets.screen(msisdn)).toMatchObject({ state: 'waiting', text: 'Thanks' })
    // No question waits, so no reply is sent.
    expect(await handsets.type(msisdn, '1')).toMatchObject({ screen: { text: 'Thanks' } })

    expect(await post(end)).toMatchObject([200, expect.stringContaining('mapMessagesSize="0"')])
    expect(handsets.screen(msisdn)).toMatchObject({ state: 'ended', text: 'Thanks' })
    expect(await post(end)).toEqual([400, 'There is no operation, and no dialogue to end.'])
    expect(await post(question('x'))).toEqual([400, 'The dialogue of this cookie is over.'])
    forget()
    expect(await handsets.type(msisdn, '*141#')).toMatchObject({ screen: { text: 'Вопрос 1\n1 да' } })
  })

  it('does not reach a busy or absent phone', async () => {
    const { handsets, post } = await network()
    const [, absent] = await post(question('x'))
    expect(absent).toContain(
      '<errComponents><errComponent invokeId="1" errorCode="27" error="absentSubscriber"/>',
    )
    await handsets.type(msisdn, '*141#')
    const [, busy] = await post(question('x'))
    expect(busy).toContain('errorCode="72" error="ussd-Busy"')
    expect(handsets.screen(msisdn).text).toBe('Вопрос 1\n1 да')
    handsets.hangUp(msisdn)
    const [, noted] = await post(operation('unstructuredSSNotify_Request', 'Hello', whose))
    expect(noted).toContain('unstructuredSSNotify_Response')
  })

  it('reports a hang-up and a timeout', async () => {
    const { clock, forget, handsets, post, shows } = await network()
    handsets.screen(msisdn)
    const refused = post(question('One'))
    await shows('One')
    handsets.hangUp(msisdn)
    expect((await refused)[1]).toContain('mapUserAbortChoice="isUserSpecificReason"')
    forget()
    const unanswered = post(question('Two'))
    await shows('Two')
    clock.ms = 180_000
    handsets.tick()
    expect((await unanswered)[1]).toContain('dialogTimedOut="true"')
    expect(handsets.screen(msisdn)).toMatchObject({
      state: 'ended',
      problem: 'The network-initiated dialogue timed out.',
    })
  })

  it.each([
    ['a copy of the question', question('One')],
    ['another question', operation('unstructuredSSRequest_Request', 'Two')],
    [
      'a last notification',
      operation('unstructuredSSNotify_Request', 'Bye').replace(' user', ' prearrangedEnd="false" user'),
    ],
  ])('keeps a waiting question when %s arrives under its cookie', async (_, body) => {
    const { handsets, post, shows } = await network()
    handsets.screen(msisdn)
    await post(operation('unstructuredSSNotify_Request', 'Hello', whose))
    const asked = post(question('One'))
    await shows('One')
    expect(await post(body)).toEqual([400, 'Another question of this dialogue is pending.'])
    expect(handsets.screen(msisdn)).toMatchObject({ state: 'waiting', text: 'One' })
    await handsets.type(msisdn, '1')
    expect((await asked)[1]).toContain('unstructuredSSRequest_Response')
    expect((await post(operation('unstructuredSSNotify_Request', 'Bye')))[1]).toContain('Notify_Response')
  })

  it('reports once, at the next post, that the dialogue has ended', async () => {
    const { clock, forget, handsets, post } = await network()
    handsets.screen(msisdn)
    const hello = operation('unstructuredSSNotify_Request', 'Hello', whose)
    await post(hello)
    handsets.hangUp(msisdn)
    expect(await post(hello)).toEqual([
      200,
      expect.stringContaining('mapUserAbortChoice="isUserSpecificReason"'),
    ])
    expect(await post(hello)).toEqual([400, 'The dialogue of this cookie is over.'])
    for (const next of [hello, question('x'), end]) {
      forget()
      await post(hello)
      clock.ms += 180_000
      handsets.tick()
      expect(await post(next)).toEqual([200, expect.stringContaining('dialogTimedOut="true"')])
      expect((await post(next))[0]).toBe(400)
    }
  })

  it.each([
    ['question', question('Two')],
    ['notification', operation('unstructuredSSNotify_Request', 'Two')],
  ])('times out a %s even if the phone is not polled', async (_, late) => {
    const { clock, handsets, post } = await network()
    handsets.screen(msisdn)
    await post(operation('unstructuredSSNotify_Request', 'One', whose))
    clock.ms = 180_000
    expect(await post(late)).toEqual([200, expect.stringContaining('dialogTimedOut="true"')])
    expect(handsets.screen(msisdn)).toMatchObject({
      state: 'ended',
      problem: expect.stringContaining('timed out'),
    })
    expect(await post(late)).toEqual([400, 'The dialogue of this cookie is over.'])
  })

  it('releases the phone when the application disconnects, and does not show a text that is too long', async () => {
    const { handsets, post, shows } = await network()
    handsets.screen(msisdn)
    const leaving = new AbortController()
    const asked = post(question('One'), { signal: leaving.signal })
    await shows('One')
    leaving.abort()
    await expect(asked).rejects.toThrow()
    while (handsets.screen(msisdn).state === 'waiting') await new Promise((resolve) => setImmediate(resolve))
    const [, long] = await post(question('я'.repeat(81)))
    expect(long).toContain('errorCode="36" error="unexpectedDataValue"')
    expect(handsets.screen(msisdn)).toMatchObject({ state: 'ended', text: 'One' })
  })

  it.each([
    ['', /^The body /],
    ['<dialog', /^The body /],
    ['<!DOCTYPE dialog [<!ENTITY x "y">]><dialog>&x;</dialog>', /^The body /],
    ['<dialogue/>', /^The body must be a dialog element\.$/],
    ['<dialog mapMessagesSize="0"/>', /^There is no operation/],
    [end, /^There is no operation/],
    [operation('unstructuredSSRequest_Request', 'x'), /^The msisdn of the operation must be/],
    [operation('processUnstructuredSSRequest_Request', '*141#', whose), /^The operation must be/],
    [
      `<dialog><unstructuredSSRequest_Request>${whose}</unstructuredSSRequest_Request></dialog>`,
      /^The operation must be/,
    ],
  ])('of %p is rejected with a message', async (body, says) => {
    const { handsets, post } = await network()
    handsets.screen(msisdn)
    expect(await post(body)).toEqual([400, expect.stringMatching(says)])
  })

  it('has the access check of the phones', async () => {
    const { post, url } = await network(false)
    expect(await post(question('x'))).toEqual([
      403,
      'The phones accept calls from this machine only. Send the admin token to call from another one.\n',
    ])
    const open = await network()
    expect(await open.post('x'.repeat(9000))).toEqual([413, 'The dialog is larger than 8 kB.'])
    expect((await fetch(url)).status).toBe(403)
    const got = await fetch(open.url)
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
  })
})
