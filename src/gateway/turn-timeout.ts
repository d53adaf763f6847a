/** The end of a turn's budget, for its effects. Most turns run no effect that could be aborted, and need no AbortController. */
export class TurnTimeout {
  #hasExpired = false
  #controller: AbortController | undefined

  /** Aborted when the turn has exceeded its budget. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#hasExpired) this.#controller.abort()
    return this.#controller.signal
  }

  expire(): void {
    this.#hasExpired = true
    this.#controller?.abort()
  }
}
