/** The gateways of an exploration: one for each setting, all on one store. */
import { hubtel } from '../../dialects/hubtel.ts'
import type { Services } from '../../gateway/effects.ts'
import type { Store } from '../../gateway/ports.ts'
import type { ServedProject } from '../../project.ts'
import type { InjectedFailure, Replay } from '../../exploration/replay.ts'
import { walk } from '../../walkthrough/run/runner.ts'
import type { Target } from '../../walkthrough/run/target.ts'
import { createPerformances } from './performances.ts'
import { inProcessTarget } from '../walk/in-process.ts'

export interface Gateways {
  readonly walk: Replay['walk']
  close(): Promise<void>
}

/** Creates gateways on demand. `envOf`: the environment for a setting; `wrapServices`: wraps the services of every gateway. */
export function createGateways(options: {
  readonly store: Store
  readonly project: ServedProject
  readonly envOf: (setting: string | undefined) => Readonly<Record<string, string>>
  readonly wrapServices?: ((services: Services) => Services) | undefined
  readonly logStream: NodeJS.WritableStream
}): Gateways {
  const { project, envOf, logStream, wrapServices = (services) => services } = options
  // A gateway closes its store, but this one is shared.
  const store: Store = { ...options.store, close: async () => {} }
  const targets = new Map<string | undefined, Promise<Target>>()
  const failures = createFailures()

  const targetFor = (setting: string | undefined): Promise<Target> => {
    const target =
      targets.get(setting) ??
      inProcessTarget({
        // Hubtel's format can carry every input, including an empty one.
        dialect: hubtel,
        store,
        project,
        logStream,
        wrapServices: (services) => failures.in(wrapServices(services)),
        // The exploration keeps the machine busy; turns must not expire because of that.
        env: { TURN_BUDGET_MS: '10000', ...envOf(setting) },
      })
    targets.set(setting, target)
    return target
  }

  return {
    async walk(walkthrough, { setting, msisdn, failing }) {
      const target = await targetFor(setting)
      if (failing) failures.add(msisdn, failing)
      return walk(walkthrough, target)
    },

    async close() {
      for (const target of targets.values()) await (await target).close()
    },
  }
}

/** Makes effects fail for single subscribers, because no input does. */
function createFailures() {
  const performances = createPerformances()
  const failing = new Map<string, InjectedFailure & { runs: number }>()
  return {
    add: (msisdn: string, failure: InjectedFailure) => void failing.set(msisdn, { ...failure, runs: 0 }),

    in: (services: Services): Services =>
      Object.fromEntries(
        Object.entries(services).map(([name, service]) => [
          name,
          async (input: unknown, context: Parameters<typeof service>[1]) => {
            const failure = failing.get(context.msisdn)
            const isFirst = performances.isFirst(context)
            if (failure?.effect === name) {
              if (isFirst) failure.runs += 1
              // A repetition fails like the first run.
              if (failure.runs === failure.occurrence) throw new Error('injected failure')
            }
            return service(input, context)
          },
        ]),
      ),
  }
}
