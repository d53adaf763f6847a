/** `npm run timing`: measures over HTTP, on a real Redis, whether response times reveal why a secret was rejected. */
import { Option } from 'commander'
import { defineCommand, messageOf, print, wholeNumber } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { createRandom } from '../../src/simulator/random.ts'
import { conditions } from './timing/conditions.ts'
import type { Condition } from './timing/conditions.ts'
import { measure } from './timing/measure.ts'
import type { Goals } from './timing/measure.ts'
import { printVerdicts, progress } from '../support/harness.ts'
import type { Verdict } from '../support/harness.ts'

interface Options {
  readonly samples: number
  readonly seed: number
  readonly condition?: Condition['name']
  readonly quick?: true
}

const GOALS: Goals = { medianSpread: 0.05, ksDistance: 0.08 }
/** Noise alone reaches a distance of 0.3 in 60 samples; a missing hash reaches 1. */
const QUICK_GOALS: Goals = { medianSpread: 0.25, ksDistance: 0.5 }
const QUICK_SAMPLES = 60

async function main({ samples, seed, condition, quick }: Options): Promise<ExitCode> {
  const only = condition ?? (quick ? 'normal' : undefined)
  const verdicts: Verdict[] = []
  for (const one of conditions) {
    if (only !== undefined && only !== one.name) continue
    const measured = await measure(one, {
      goals: quick ? QUICK_GOALS : GOALS,
      samples: quick ? QUICK_SAMPLES : samples,
      random: createRandom(seed),
      print,
      progress,
    })
    verdicts.push(...measured)
  }
  return printVerdicts(verdicts)
}

const command = defineCommand<Options>({
  name: 'timing',
  program: 'npm run',
  summary: 'Measures whether response times reveal why a secret was rejected.',
  configure: (command) =>
    command
      .option('--samples <number>', 'samples of each kind', wholeNumber(20, 10_000), 1000)
      .option('--seed <number>', 'decides the order of the kinds', wholeNumber(0, 999_999), 1)
      .option('--quick', `${QUICK_SAMPLES} samples in normal operation, with wider goals`)
      .addOption(
        new Option('--condition <name>', 'measure one state of Redis').choices(
          conditions.map(({ name }) => name),
        ),
      ),
  details: `Logs in, and sets a password with PUK1, in normal operation and while Redis rejects writes (OOM, NOREPLICAS, READONLY).
Every round shuffles the kinds, so that other load on the machine affects all of them alike. With fewer than 1000 samples,
noise alone exceeds the goals.

Goals: medians within 5 %, a Kolmogorov-Smirnov distance of at most 0.08 between the right secret and every other kind, and
identical rejections. With --quick: 25 % and 0.5, which only a missing or additional hash exceeds.`,
  exitCodes: { 0: 'all goals met', 1: 'a goal missed' },
  messageOf,
  run: main,
})
await command.run(process.argv.slice(2))
