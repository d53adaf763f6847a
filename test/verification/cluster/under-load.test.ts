import { describe, expect, it } from '@jest/globals'
import { runScenario, type Outcome } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const TIMEOUT_MS = 90_000

/** Runs the short form of `npm run cluster`. It does not count failed turns: on a busy machine turns fail everywhere. */
async function playScenario(name: string): Promise<Outcome> {
  const scenario = scenarios[name]
  if (!scenario) throw new Error(`there is no scenario ${name}`)
  return runScenario(scenario, { writers: 12, calmMs: 500 })
}

describe('a Redis Cluster under load', () => {
  it(
    'loses no acknowledged change when a master dies whose replica was disconnected, and recovers',
    async () => {
      const { acknowledged, failedThere, errors, ...outcome } = await playScenario('cut')
      expect(outcome).toMatchObject({ lost: 0, forgotten: 0, doubles: 0, unexpected: [] })
      expect(acknowledged).toBeGreaterThan(0)
      expect(failedThere).toBeGreaterThan(0)
      // The new master did not have the scripts, which is not visible from outside.
      expect(errors['NOSCRIPT']).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )

  it(
    'applies every change once while slots move between masters',
    async () => {
      const { acknowledged, errors, ...outcome } = await playScenario('reshard')
      expect(outcome).toMatchObject({ lost: 0, forgotten: 0, doubles: 0, unexpected: [] })
      expect(acknowledged).toBeGreaterThan(0)
      // Turns hit moving slots.
      expect((errors['ASK'] ?? 0) + (errors['TRYAGAIN'] ?? 0)).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )
})
