/** Runs one walkthrough on a target, with simulated phones. */
import { createHandsets } from '../../simulator/handset.ts'
import { checkPostconditions } from './postconditions.ts'
import { createMask } from './mask.ts'
import type { StepFailure, WalkResult, StepResult } from './result.ts'
import { fillIn } from '../script/secrets.ts'
import type { KnownSecrets, WeaknessOf } from '../script/secrets.ts'
import { createSelfCareClient } from './self-care-client.ts'
import { createStepRunner } from './steps.ts'
import type { Target } from './target.ts'
import { WalkthroughError } from '../script/walkthrough.ts'
import type { Walkthrough } from '../script/walkthrough.ts'

/**
 * Runs the walkthrough to its end or to the first failing step. Never rejects for a walkthrough that cannot run on this target:
 * that is a failure. Two walkthroughs with the same MSISDN must not run on one target at the same time.
 *
 * @param secrets `known`: secrets of registered subscribers; `weaknessOf`: the rule for weak passwords
 */
export async function walk(
  walkthrough: Walkthrough,
  target: Target,
  secrets: { readonly known?: KnownSecrets; readonly weaknessOf?: WeaknessOf | undefined } = {},
): Promise<WalkResult> {
  const startedMs = performance.now()
  const mask = createMask()
  const steps: StepResult[] = []
  const notes: string[] = []
  const postconditions: StepFailure[] = []
  const { route, clock, gateway } = target
  const handsets = createHandsets({ ...route, ...(clock && { now: () => clock.now() }) })

  try {
    const filled = fillIn(walkthrough, secrets)
    mask.useSecretsOf(filled)
    const fixtures = Object.values(filled.handsets).flatMap(({ fixture }) => fixture ?? [])
    if (fixtures.length > 0 && !gateway)
      notes.push('subscribers were not registered: the target is not a gateway of this project')
    for (const fixture of fixtures) await gateway?.register(fixture)

    const selfCare = gateway && createSelfCareClient(gateway, filled.handsets)
    const performedBefore = gateway?.performed?.().length ?? 0
    const runner = createStepRunner({ handsets, walkthrough: filled, target, selfCare, mask })
    for (const step of filled.steps) {
      const result = await runner.run(step)
      steps.push(result)
      if (result.failure) break
    }
    if (!steps.some(({ failure }) => failure)) {
      const end = await checkPostconditions({
        walkthrough: filled,
        handsets,
        target,
        selfCare,
        performedBefore,
      })
      postconditions.push(...end.failures)
      notes.push(...end.notes)
    }
  } catch (error) {
    if (!(error instanceof WalkthroughError)) throw error
    postconditions.push({ message: error.message, expected: undefined })
  } finally {
    for (const { msisdn } of Object.values(walkthrough.handsets)) handsets.hangUp(msisdn)
    await handsets.whenIdle()
  }
  const hasFailed = postconditions.length > 0 || steps.some(({ failure }) => failure)
  return {
    walkthrough: mask.walkthrough(walkthrough),
    dialect: route.dialect.name,
    steps: steps.map((result) => mask.stepResult(result)),
    postconditions: postconditions.map((failure) => mask.failure(failure)),
    notes,
    verdict: hasFailed ? 'failed' : 'passed',
    ms: performance.now() - startedMs,
  }
}
