/** Where a gateway that is tested may die: between any two steps of a turn. */
import type { ServerResponse } from 'node:http'
import { setImmediate as nextTick } from 'node:timers/promises'
import type { Store } from '../../../src/gateway/ports.ts'

/**
 * Points of a turn, in its order. At `in-commit` the commit is on its way; at `after-commit` Redis has acknowledged it, and
 * nobody was told; at `before-answer` the answer is ready to be written.
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

/** Ends the process at a point, or goes on. */
export type Crash = (point: CrashPoint) => void

/** The store with its crash points. */
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
        // The command has left the process, or has not: either is as good.
        await nextTick()
        crash('in-commit')
      }
      const committed = await committing
      crash('after-commit')
      return committed
    },
  }
}

/** The same for answers: the process may die when one is about to be written. */
export function crashingResponse(response: ServerResponse, crash: Crash): void {
  const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => ServerResponse
  response.writeHead = ((...given: unknown[]) => {
    crash('before-answer')
    return writeHead(...given)
  }) as typeof response.writeHead
}
