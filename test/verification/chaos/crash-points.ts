import type { ServerResponse } from 'node:http'
import { setImmediate as nextTick } from 'node:timers/promises'
import type { Store } from '../../../src/gateway/ports.ts'

/**
 * The points of a turn at which a gateway may die, in order. At `in-commit` the command is in flight; at `after-commit` Redis has
 * acknowledged it, but no answer was sent; at `before-answer` the answer is about to be written.
 */
export const crashPoints = [
  'before-load',
  'after-load',
  'before-commit',
  'in-commit',
  'after-commit',
  'before-answer',
] as const
export type CrashPoint = (typeof crashPoints)[number]

/** Kills the process at a point, or returns. */
export type Crash = (point: CrashPoint) => void

/** Adds crash points to a store. `doomed` draws whether the process dies during this commit. */
export function crashingStore(
  store: Store,
  { crash, doomed }: { crash: Crash; doomed: () => boolean },
): Store {
  return {
    ...store,
    async load(bucket, names) {
      crash('before-load')
      const loaded = await store.load(bucket, names)
      crash('after-load')
      return loaded
    },
    async commit(commit) {
      crash('before-commit')
      const committing = store.commit(commit)
      if (doomed()) {
        committing.catch(() => undefined)
        // Whether the command has left the process is deliberately undefined.
        await nextTick()
        crash('in-commit')
      }
      const committed = await committing
      crash('after-commit')
      return committed
    },
  }
}

/** Adds the crash point before an answer is written. */
export function crashingResponse(response: ServerResponse, crash: Crash): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
  response.writeHead = ((...args: unknown[]) => {
    crash('before-answer')
    return writeHead(...args)
  }) as typeof response.writeHead
}
