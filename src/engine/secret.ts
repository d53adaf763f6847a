import { inspect } from 'node:util'

/** The printed form of every secret. */
export const MASK = '••••'

/**
 * A password or PUK1 during its turn. It prints and serialises as `••••`, so it cannot be stored or logged. Only guards and
 * services may call `reveal()`; the architecture test enforces it.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The plain value. Never assign it to a context, log it, or keep it after the turn. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}
