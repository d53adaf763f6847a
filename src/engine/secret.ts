import { inspect } from 'node:util'

/** What a secret looks like wherever it is printed. */
export const MASK = '••••'

/**
 * A value nobody may see: a password or PUK1 while its turn lasts.
 * Every way of printing it gives `••••`; it cannot be stored, because its JSON form is the mask.
 * Only guards and services may call `reveal()`; the architecture test holds them to it.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value in clear. It must not be assigned to a context, logged, or kept after the turn. */
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
