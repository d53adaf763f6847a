import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { UssdError } from '../src/engine/errors.ts'
import { createLog } from '../src/log.ts'

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
} as const

describe('the log', () => {
  it('is a line of JSON for a turn, of named fields and nothing else', () => {
    const { log, lines } = capture()
    // What is not a field of the report must not come along, however it got there.
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

  it('gives a fault its code and where it came from, never the message of what caused it', () => {
    const { log, lines } = capture()
    log.fault(
      'request failed',
      new UssdError('USSD_UNEXPECTED', { cause: new Error('typed 80291\nforged line') }),
    )
    const line = lines()[0] ?? ''
    expect(JSON.parse(line)).toMatchObject({ level: 'error', fault: 'USSD_UNEXPECTED', cause: 'Error' })
    expect(line).toContain('log.test.ts')
    expect(lines().join()).not.toMatch(/80291|forged/)
  })

  it('leaves out what is below its level', () => {
    const { log, lines } = capture('error')
    log.turn(turn)
    log.event('listening')
    log.turn({ ...turn, fault: 'USSD_BUSY', detail: 'hashing' } as unknown as typeof turn)
    expect(lines()).toHaveLength(1)
    const silent = capture('silent')
    silent.log.fault('request failed', new UssdError('USSD_UNEXPECTED'))
    expect(silent.lines()).toEqual([])
  })

  it('limits what repeats, and shows the first line of every fault all the same', async () => {
    const { log, lines } = capture()
    const frequent = new UssdError('USSD_UNEXPECTED', { cause: new TypeError('a bug') })
    for (let times = 0; times < 5000; times++) log.fault('request failed', frequent)
    log.fault('request failed', new UssdError('USSD_UNEXPECTED', { cause: new TypeError('another bug') }))
    log.fault('request failed', new UssdError('USSD_STORE_REFUSED'))
    await log.flush()

    const faults = lines().map((line) => JSON.parse(line) as { fault: string; suppressed?: number })
    const suppressed = faults.map((line) => line.suppressed ?? 0).reduce((sum, lines) => sum + lines)
    expect(faults.length + suppressed).toBe(5002)
    expect(faults.length).toBeLessThan(100)
    expect(faults.filter(({ fault }) => fault === 'USSD_STORE_REFUSED')).toHaveLength(1)
    expect(new Set(lines().flatMap((line) => /"stack":\["[^"]*/.exec(line) ?? [])).size).toBe(2)
  })

  it('is a line for every turn, however many there are, failed ones too', () => {
    const { log, lines } = capture()
    for (let times = 0; times < 500; times++) log.turn(turn)
    const failed = { ...turn, fault: 'USSD_STORE_UNAVAILABLE', detail: 'timeout' } as unknown as typeof turn
    for (let times = 0; times < 500; times++) log.turn(failed)
    expect(lines()).toHaveLength(1000)
  })
})
