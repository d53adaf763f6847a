/** The gateways that dialogues are replayed on: real ones on one store, one for each way a gateway may be set. */
import { hubtel } from '../../dialects/hubtel.ts'
import type { Menu } from '../../engine/menu.ts'
import type { Services } from '../../gateway/effects.ts'
import type { Store } from '../../gateway/ports.ts'
import type { Failing, Replay } from '../../exploration/replay.ts'
import { walk } from '../../walkthrough/run/runner.ts'
import type { Target } from '../../walkthrough/run/target.ts'
import { createPerformances } from './performances.ts'
import { inProcessTarget } from '../walk/in-process.ts'

export interface Gateways {
  readonly walk: Replay['walk']
  close(): Promise<void>
}

/**
 * @param options `envOf`: the environment of a gateway that is set like this; `wrapServices`: services that are broken
 */
export function createGateways(options: {
  readonly store: Store
  readonly menus: Readonly<Record<string, Menu>>
  readonly envOf: (setting: string | undefined) => Readonly<Record<string, string>>
  readonly wrapServices?: ((services: Services) => Services) | undefined
  readonly logStream: NodeJS.WritableStream
}): Gateways {
  const { menus, envOf, logStream, wrapServices = (services) => services } = options
  // It outlives each of the gateways.
  const store: Store = { ...options.store, close: async () => {} }
  const targets = new Map<string | undefined, Promise<Target>>()
  const failures = createFailures()

  const targetFor = (setting: string | undefined): Promise<Target> => {
    const target =
      targets.get(setting) ??
      inProcessTarget({
        // It says everything that can be typed: that nothing was, too.
        dialect: hubtel,
        store,
        menus,
        logStream,
        wrapServices: (services) => failures.in(wrapServices(services)),
        // The machine is kept busy on purpose: nothing is to be too late for that alone.
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

/** Effects that fail when they are performed for one subscriber: from outside they cannot be brought to it. */
function createFailures() {
  const performances = createPerformances()
  const failing = new Map<string, Failing & { performed: number }>()
  return {
    add: (msisdn: string, failure: Failing) => void failing.set(msisdn, { ...failure, performed: 0 }),

    in: (services: Services): Services =>
      Object.fromEntries(
        Object.entries(services).map(([name, service]) => [
          name,
          async (input: unknown, call: Parameters<typeof service>[1]) => {
            const failure = failing.get(call.msisdn)
            const isFirst = performances.isFirst(call)
            if (failure?.effect === name) {
              if (isFirst) failure.performed += 1
              // A repetition fails as the first performance did.
              if (failure.performed === failure.performance) throw new Error('it fails, as was asked for')
            }
            return service(input, call)
          },
        ]),
      ),
  }
}
