/** Registers an action that undoes a start. */
export type Defer = (undo: () => unknown) => void

/**
 * Runs a body, then every deferred action in reverse order, whether the body succeeds or throws. Defer each action right after
 * its start, so that a later start that fails leaves no process behind. An action that throws does not stop the others.
 */
export async function withCleanup<T>(body: (defer: Defer) => Promise<T>): Promise<T> {
  const actions: (() => unknown)[] = []
  try {
    return await body((undo) => void actions.push(undo))
  } finally {
    const errors: unknown[] = []
    for (const undo of actions.toReversed()) {
      try {
        await undo()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) console.error('Cleanup failed:', ...errors)
  }
}
