import { on } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { dialects } from '../../src/dialects/index.ts'
import type { Store } from '../../src/gateway/ports.ts'
import { createAdmission } from '../../src/gateway/admission.ts'
import type { AdmissionEvent } from '../../src/gateway/admission.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'

const BUSY = `END ${systemMessages.busy.ru}`

describe('admission', () => {
  it('limits the turns in flight, and reports each change once', () => {
    const news: AdmissionEvent[] = []
    const admission = createAdmission({ maxInFlight: 4, onChange: (one) => void news.push(one) })
    expect([1, 2, 3, 4, 5, 6].map(() => admission.tryEnter())).toEqual([true, true, true, true, false, false])
    admission.leave()
    expect(admission.inFlight).toBe(3)
    expect(news).toEqual([{ kind: 'full' }])
    admission.leave()
    expect(news).toEqual([{ kind: 'full' }, { kind: 'open', shed: 2 }])
    admission.leave()
    admission.leave()
    expect(news).toHaveLength(2)
    expect(admission.inFlight).toBe(0)
  })

  it('sheds without taking a place', () => {
    const news: AdmissionEvent[] = []
    const admission = createAdmission({ maxInFlight: 1, onChange: (one) => void news.push(one) })
    expect(admission.tryShed()).toBe(false)
    admission.tryEnter()
    expect([admission.tryShed(), admission.tryShed(), admission.inFlight]).toEqual([true, true, 1])
    admission.leave()
    expect(admission.tryShed()).toBe(false)
    expect(news).toEqual([{ kind: 'full' }, { kind: 'open', shed: 2 }])
  })
})

describe('a gateway at its limit of turns in flight', () => {
  let gateway: Running
  afterEach(() => gateway.close('immediate'))

  /** A gateway whose store answers on demand. */
  async function start(maxTurnsInFlight: number) {
    const real = createMemoryStore()
    let answer = () => {}
    let loads = 0
    let gate: Promise<void> | undefined
    const store: Store = {
      ...real,
      async load(bucket, names) {
        loads += 1
        await gate
        return real.load(bucket, names)
      },
    }
    gateway = await startGateway(
      { MAX_TURNS_IN_FLIGHT: String(maxTurnsInFlight), TURN_BUDGET_MS: '10000' },
      { store },
    )
    loads = 0
    gate = new Promise<void>((resolve) => (answer = resolve))
    return { answer: () => answer(), loads: () => loads }
  }

  it('sheds further callbacks without asking the store, and recovers', async () => {
    const { answer, loads } = await start(2)
    const accepted = ['a', 'b'].map((sessionId, at) =>
      gateway.call({ sessionId, phoneNumber: at === 0 ? '+375291234567' : '+375291234561' }),
    )
    while (loads() < 2) await new Promise((resolve) => void setImmediate(resolve))
    const refused = await gateway.call({ sessionId: 'c', phoneNumber: '+375291234562' })
    expect(refused).toMatchObject({ status: 200, body: BUSY })
    expect(loads()).toBe(2)
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    expect(metrics).toContain('ussd_turns_in_flight 2')
    expect(metrics).toContain('ussd_turns_total{dialect="africastalking",menu="",outcome="busy"} 1')
    expect(metrics).toContain('ussd_faults_total{code="USSD_BUSY"} 1')
    answer()
    for (const { body } of await Promise.all(accepted)) expect(body).toMatch(/^CON /)
    expect((await gateway.call({ sessionId: 'd', phoneNumber: '+375291234562' })).body).toMatch(/^CON /)
    const events = gateway
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; shed?: number })
    expect(events.filter(({ event }) => event === 'turn')).toHaveLength(3)
    expect(events).toContainEqual(expect.objectContaining({ event: 'admission.recovered', shed: 1 }))
  })

  it('queues 64 turns of one subscriber, and accepts those of others', async () => {
    const { answer, loads } = await start(1000)
    const calls = Array.from({ length: 70 }, (_one, at) => gateway.call({ sessionId: `flood-${at}` }))
    const other = gateway.call({ sessionId: 'other', phoneNumber: '+375291234561' })
    const busy = 'ussd_turns_total{dialect="africastalking",menu="",outcome="busy"} 5'
    while (!(await (await fetch(`${gateway.url}/metrics`)).text()).includes(busy));
    expect(loads()).toBe(2)
    answer()
    const answers = (await Promise.all(calls)).map(({ body }) => body)
    expect(answers.filter((body) => body === BUSY)).toHaveLength(5)
    expect((await other).body).toMatch(/^CON /)
  })

  it('sheds before it reads a slow body, and keeps the connection', async () => {
    const { answer, loads } = await start(1)
    const accepted = gateway.call({ sessionId: 'first' })
    while (loads() < 1) await new Promise((resolve) => void setImmediate(resolve))
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1').setEncoding('utf8')
    const answers = on(socket, 'data')
    const next = async () => String((await answers.next()).value)
    const body = 'sessionId=slow&phoneNumber=%2B375291234562&serviceCode=%2A141%2A0%23&text='
    const head = (length: number) =>
      `POST /ussd/africastalking HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n\r\n`
    socket.write(head(body.length) + body.slice(0, 10))
    expect(await next()).toContain(BUSY)
    answer()
    await accepted
    socket.write(body.slice(10) + head(body.length) + body)
    expect(await next()).toContain('CON ')
    expect((await fetch(`${gateway.url}/metrics`).then((one) => one.text())).split('\n')).toContain(
      'ussd_turns_total{dialect="africastalking",menu="",outcome="busy"} 1',
    )
    socket.destroy()
  })

  it('rejects a body that is too large', async () => {
    const { answer, loads } = await start(1)
    const accepted = gateway.call({ sessionId: 'first' })
    while (loads() < 1) await new Promise((resolve) => void setImmediate(resolve))
    const { status } = await gateway.call({ sessionId: 'long', text: '1'.repeat(9000) })
    expect(status).toBe(413)
    answer()
    await accepted
  })

  it.each(Object.values(dialects))('sheds in the format of $name', async (dialect) => {
    const { answer, loads } = await start(1)
    const accepted = gateway.call({ sessionId: 'first' })
    while (loads() < 1) await new Promise((resolve) => void setImmediate(resolve))
    const call = dialect.formatRequest({
      sessionId: dialect.newSessionId(),
      msisdn: '+375291234567',
      dialled: '*141*0#',
      replies: [],
      answers: [],
      beganAtMs: Date.now(),
    })
    const query = call.query === '' ? '' : `?${call.query}`
    const response = await fetch(`${gateway.url}/ussd/${dialect.name}${call.path}${query}`, {
      method: call.method,
      headers: call.headers,
      ...(call.method !== 'GET' && { body: call.body }),
    })
    expect(response.status).toBe(200)
    const parsed = dialect.parseResponse({
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    })
    expect(parsed).toMatchObject({ kind: 'answer', answer: { text: systemMessages.busy.ru, waits: false } })
    answer()
    await accepted
  })
})
