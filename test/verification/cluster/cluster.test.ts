import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { runCommand } from '../../support/command.ts'
import { requirementsOf } from './report.ts'
import type { Outcome } from './scenario.ts'
import { watchStalls } from './stalls.ts'

const outcome: Outcome = {
  name: 'a fault',
  turns: 900,
  acknowledged: 200,
  failedThere: 300,
  failedElsewhere: 0,
  failedInStalls: 0,
  recoveryMs: 5000,
  takenOverMs: 4000,
  worstMs: 1500,
  stalledMs: 0,
  lost: 0,
  doubles: 0,
  forgotten: 0,
  unexpected: [],
  whyElsewhere: {},
  errors: {},
}

const notMet = (changes: Partial<Outcome>, kind: 'safe' | 'control' = 'safe') =>
  requirementsOf({ ...outcome, ...changes }, kind)
    .filter(({ holds }) => !holds)
    .map(({ title }) => title)

describe('the requirements of a scenario', () => {
  it('fail for each kind of damage', () => {
    expect(notMet({})).toEqual([])
    expect(notMet({ lost: 1 })).toEqual(['no acknowledged change is lost'])
    expect(notMet({ forgotten: 1 })).toEqual(['no acknowledged change is lost'])
    expect(notMet({ doubles: 1 })).toEqual(['no double effect'])
    expect(notMet({ failedElsewhere: 1 })).toEqual(['no failure in the other thirds'])
    expect(notMet({ unexpected: ['begin: ?'] })).toEqual(['no unexpected answer'])
    expect(notMet({}, 'control')).toEqual(['the control loses changes'])
    expect(notMet({ lost: 1 }, 'control')).toEqual([])
  })

  it('extend time limits by the stalls of the machine, and excuse failures only during stalls', () => {
    expect(notMet({ worstMs: 2600 })).toEqual(['every turn answered within its budget'])
    expect(notMet({ worstMs: 2600, stalledMs: 300 })).toEqual([])
    expect(notMet({ recoveryMs: 10_100 })).toEqual(['recovery within 10 s'])
    expect(notMet({ recoveryMs: 10_100, stalledMs: 300 })).toEqual([])
    expect(notMet({ failedInStalls: 5, stalledMs: 300 })).toEqual([])
    expect(notMet({ failedElsewhere: 1, stalledMs: 300 })).toEqual(['no failure in the other thirds'])
  })
})

describe('watchStalls', () => {
  it('records a ping that takes longer than 100 ms', async () => {
    const startedMs = performance.now()
    const stalls = watchStalls([() => pause(250), async () => {}])
    await pause(50)
    await stalls.stop()
    expect(stalls.during(startedMs, performance.now())).toBeGreaterThan(200)
    expect(stalls.during(startedMs - 1000, startedMs - 500)).toBe(0)
  })
})

describe('npm run cluster', () => {
  it('exits with 2 when there is no Redis', async () => {
    const { code, out, err } = await runCommand('test/verification/cluster', ['kill'], { env: { PATH: '' } })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^cluster: A Redis server is needed: /)
  })
})
