import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import type { Outcome } from './callers.ts'
import { closedLoop, openLoop, perSecond } from './load.ts'
import { connectionVerdicts, turnVerdicts } from './report.ts'

/** Judges one round in which every turn has the same outcome. */
async function judge(outcome: Outcome) {
  // A turn takes a while: at once, a peak would be millions of turns a second.
  const turn = () => sleep(1, outcome)
  const phase = await openLoop(turn, 1000, 5)
  const peak = perSecond(await closedLoop(turn, 1, 5))
  const overload = await openLoop(turn, 3 * peak, 5)
  const [calm, besideFlood, flood] = [phase, phase, phase]
  return turnVerdicts([{ peak, overload, calm, besideFlood, flood, stolen: undefined }], 3)
}

describe('the goals of an overload run', () => {
  it('fail in quick runs, too, when no turn is served and the figures are missing', async () => {
    const [goodput, , , others] = await judge('unavailable')
    expect(goodput).toMatchObject({ holds: false, isRequired: true })
    expect(goodput?.message).toContain('unknown % of the peak')
    expect(others).toMatchObject({ holds: false, isRequired: true })
  })

  it('depend on the speed of the machine otherwise', async () => {
    const [goodput] = await judge('served')
    expect(goodput).toMatchObject({ isRequired: false })
  })

  it('fail when the memory of the gateway is missing', async () => {
    const phase = { honest: await openLoop(async () => 'served', 1000, 5), memory: Number.NaN }
    const round = { undisturbed: phase, attacked: { idle: phase, unread: phase, endless: phase } }
    const verdicts = connectionVerdicts([{ ...round, stolen: undefined }], { idle: 1, unread: 1, endless: 1 })
    expect(verdicts.filter(({ isRequired }) => isRequired)).toHaveLength(3)
  })
})
