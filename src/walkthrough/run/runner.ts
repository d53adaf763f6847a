/** Walks one walkthrough on a target: the phones are ours, the application is the target's. */
import { createHandsets } from '../../simulator/handset.ts'
import { checkPostconditions } from './postconditions.ts'
import { createMask } from './mask.ts'
import type { StepFailure, WalkResult, StepResult } from './result.ts'
import { fillIn } from '../script/secrets.ts'
import type { KnownSecrets, WeaknessOf } from '../script/secrets.ts'
import { createSelfCareClient } from './self-care-client.ts'
import { createSteps } from './steps.ts'
import { WalkthroughError } from '../script/error.ts'
import type { Target } from './target.ts'
import type { Walkthrough } from '../script/walkthrough.ts'

/**
 * Walks it to its end, or to the first step that fails. Does not reject: what cannot be done on this target is a failure that
 * says so. Walkthroughs of the same MSISDN must not run on one target at a time.
 *
 * @param how secrets of subscribers that are taken as they are registered, and which passwords are easily guessed
 */
export async function walk(
  walkthrough: Walkthrough,
  target: Target,
  how: { readonly known?: KnownSecrets; readonly weaknessOf?: WeaknessOf | undefined } = {},
): Promise<WalkResult> {
  const startedMs = performance.now()
  const mask = createMask()
  const walked: StepResult[] = []
  const notes: string[] = []
  const afterwards: StepFailure[] = []
  const { route: line, clock, gateway } = target
  const handsets = createHandsets({ ...line, ...(clock && { now: () => clock.now() }) })

  try {
    const filled = fillIn(walkthrough, how)
    mask.learn(filled)
    const fixtures = Object.values(filled.handsets).flatMap(({ fixture }) => fixture ?? [])
    if (fixtures.length > 0 && !gateway)
      notes.push("the subscribers were taken as they are: the application is not this project's")
    for (const fixture of fixtures) await gateway?.register(fixture)

    const site = gateway && createSelfCareClient(gateway, filled.handsets)
    const performedBefore = gateway?.performed?.().length ?? 0
    const steps = createSteps({ handsets, walkthrough: filled, target, site, mask })
    for (const step of filled.steps) {
      const one = await steps.take(step)
      walked.push(one)
      if (one.failure) break
    }
    if (!walked.some(({ failure }) => failure)) {
      const end = await checkPostconditions({ walkthrough: filled, handsets, target, site, performedBefore })
      afterwards.push(...end.failures)
      notes.push(...end.notes)
    }
  } catch (error) {
    if (!(error instanceof WalkthroughError)) throw error
    afterwards.push({ message: error.message, expected: undefined })
  } finally {
    for (const { msisdn } of Object.values(walkthrough.handsets)) handsets.hangUp(msisdn)
    await handsets.whenIdle()
  }
  const hasFailed = afterwards.length > 0 || walked.some(({ failure }) => failure)
  return {
    walkthrough: mask.walkthrough(walkthrough),
    dialect: line.dialect.name,
    steps: walked.map((one) => mask.walked(one)),
    postconditions: afterwards.map((failure) => mask.failure(failure)),
    notes,
    verdict: hasFailed ? 'failed' : 'passed',
    ms: performance.now() - startedMs,
  }
}
