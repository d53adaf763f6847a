import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { assign, setup } from 'xstate'
import { effect } from '../src/engine/authoring.ts'
import type { Dialogue, Reply, Screens } from '../src/engine/authoring.ts'
import { UssdError } from '../src/engine/errors.ts'
import type { Menu } from '../src/engine/menu.ts'
import { createLog } from '../src/log.ts'
import { startGateway } from './support/running.ts'

function capture(level: 'info' | 'error' | 'silent' = 'info') {
  let text = ''
  const stream = new PassThrough().on('data', (chunk: Buffer) => void (text += chunk.toString()))
  return { log: createLog({ level, stream }), lines: () => text.split('\n').filter(Boolean) }
}

const turn = {
  dialect: 'africastalking',
  session: 'A'.repeat(22),
  msisdn: '+375291234567',
  turn: 2,
  menu: '*141*0#',
  screen: 'repeatPassword',
  outcome: 'shown',
  waits: true,
  tries: 1,
  ms: 1.2345,
  fault: undefined,
  detail: undefined,
  state: undefined,
  cause: undefined,
} as const

describe('createLog', () => {
  it('logs a turn as one JSON line of listed fields', () => {
    const { log, lines } = capture()
    // Fields that the log does not list must not be written.
    log.turn({ ...turn, typed: 'secret', text: 'secret', body: 'secret' } as typeof turn)
    expect(lines()).toHaveLength(1)
    const { at, ...fields } = JSON.parse(lines()[0] ?? '') as Record<string, unknown>
    expect(at).toMatch(/^\d{4}-\d\d-\d\dT/)
    expect(fields).toEqual({
      level: 'info',
      event: 'turn',
      dialect: 'africastalking',
      session: 'A'.repeat(22),
      msisdn: '+37529•••••67',
      turn: 2,
      menu: '*141*0#',
      screen: 'repeatPassword',
      outcome: 'shown',
      waits: true,
      tries: 1,
      ms: 1.2,
    })
  })

  it('logs the code and the stack frames of a fault, but not the message of its cause', () => {
    const { log, lines } = capture()
    log.fault(
      'request.failed',
      new UssdError('USSD_UNEXPECTED', { cause: new Error('typed 80291\n    at forged line') }),
    )
    const line = lines()[0] ?? ''
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      event: 'request.failed',
      message: 'A request failed',
      fault: 'USSD_UNEXPECTED',
      cause: 'Error',
    })
    expect(line).toContain('log.test.ts')
    expect(lines().join()).not.toMatch(/80291|forged/)
  })

  it('drops lines below its level', () => {
    const { log, lines } = capture('error')
    log.turn(turn)
    log.event('server.listening')
    log.turn({ ...turn, fault: 'USSD_BUSY', detail: 'hashing' } as unknown as typeof turn)
    expect(lines()).toHaveLength(1)
    const silent = capture('silent')
    silent.log.fault('request.failed', new UssdError('USSD_UNEXPECTED'))
    expect(silent.lines()).toEqual([])
  })

  it('limits repeated faults and still logs the first line of each', async () => {
    const { log, lines } = capture()
    const frequent = new UssdError('USSD_UNEXPECTED', { cause: new TypeError('a bug') })
    for (let times = 0; times < 5000; times++) log.fault('request.failed', frequent)
    log.fault('request.failed', new UssdError('USSD_UNEXPECTED', { cause: new TypeError('another bug') }))
    log.fault('request.failed', new UssdError('USSD_STORE_REFUSED'))
    await log.flush()

    const faults = lines().map((line) => JSON.parse(line) as { fault: string; suppressed?: number })
    const suppressed = faults.map((line) => line.suppressed ?? 0).reduce((sum, lines) => sum + lines)
    expect(faults.length + suppressed).toBe(5002)
    expect(faults.length).toBeLessThan(100)
    expect(faults.filter(({ fault }) => fault === 'USSD_STORE_REFUSED')).toHaveLength(1)
    expect(new Set(lines().flatMap((line) => /"stack":\["[^"]*/.exec(line) ?? [])).size).toBe(2)
  })

  it('logs every turn without a limit, failed ones too', () => {
    const { log, lines } = capture()
    for (let times = 0; times < 500; times++) log.turn(turn)
    const failed = { ...turn, fault: 'USSD_STORE_UNAVAILABLE', detail: 'timeout' } as unknown as typeof turn
    for (let times = 0; times < 500; times++) log.turn(failed)
    expect(lines()).toHaveLength(1000)
  })
})

describe('the log line of a failed turn', () => {
  /** Fails in three ways after a reply: 1 a service, 2 a guard, 3 the text of the next screen. */
  function faultyMenu(): Menu {
    const machine = setup({
      types: { input: {} as Dialogue, context: {} as Dialogue & { typed: string }, events: {} as Reply },
      actors: { breakDown: effect<undefined, unknown>() },
    }).createMachine({
      context: ({ input }) => ({ ...input, typed: '' }),
      initial: 'asking',
      states: {
        asking: {
          on: {
            text: { target: 'choosing', actions: assign({ typed: ({ event }) => event.text }) },
          },
        },
        choosing: {
          on: { 1: 'calling', 2: { guard: () => fail(), target: 'failed' }, 3: 'garbled' },
        },
        calling: { invoke: { src: 'breakDown', onDone: 'failed', onError: 'failed' } },
        failed: { type: 'final' },
        garbled: { type: 'final' },
      },
    })
    const text = (value: string) => ({ ru: value, be: value, en: value })
    const screens = {
      asking: text('Name'),
      choosing: text('1 Service'),
      failed: text('Try later'),
      garbled: { ru: fail, be: fail, en: fail },
    } as Screens<typeof machine>
    return { machine, screens }
  }
  const fail = (): never => {
    throw new RangeError('canary-7731\n    at canary-7732')
  }

  it.each([
    [
      'a service behind onError',
      '1',
      { screen: 'failed', fault: 'USSD_SERVICE_FAILED' },
      'an effect failed: breakDown',
    ],
    ['a guard', '2', { outcome: 'unavailable', fault: 'USSD_MENU_FAULTY' }, '*141*7#'],
    [
      'a text',
      '3',
      { outcome: 'unavailable', fault: 'USSD_MENU_FAULTY' },
      "the text of *141*7# 'garbled' throws",
    ],
  ])('names menu, state and cause of %s, but no value', async (_what, choice, expected, detail) => {
    const gateway = await startGateway(
      {},
      {
        menus: { '*141*7#': faultyMenu() },
        wrapServices: (services) => ({ ...services, breakDown: async () => fail() }),
      },
    )
    const call = (text: string) => gateway.call({ serviceCode: '*141*7#', text })
    await call('')
    await call('canary-7731')
    await call(`canary-7731*${choice}`)
    await gateway.close('immediate')
    const lines = gateway.log().trim().split('\n')
    const failed = lines.map((line) => JSON.parse(line) as object).filter((line) => 'fault' in line)
    expect(failed).toEqual([
      expect.objectContaining({
        level: 'error',
        event: 'turn',
        menu: '*141*7#',
        state: 'choosing',
        // XState wraps what a guard throws.
        cause: choice === '2' ? 'Error' : 'RangeError',
        detail: expect.stringContaining(`: ${detail}`),
        stack: expect.arrayContaining([expect.stringContaining(choice === '2' ? 'turn.ts' : 'log.test.ts')]),
        ...expected,
      }),
    ])
    expect(gateway.log()).not.toContain('canary')
  })
})
