/** The syntax of profiles and faults in a command-line option or a query: `name=value,name=value`. */
import type { Malformed } from '../dialects/dialect.ts'

/** Returns the pairs of `a=1,b=2`, in order. A name without a value has an empty one. Blanks around both are ignored. */
export const pairsOf = (option: string): readonly (readonly [name: string, value: string])[] =>
  option
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...value] = part.split('=')
      return [name.trim(), value.join('=').trim()] as const
    })

/** Parses `50ms`, `2s` or `1.5s` to milliseconds; returns `NaN` for anything else. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)$/.exec(text) ?? []
  return amount === undefined ? Number.NaN : Math.round(Number(amount) * (unit === 's' ? 1000 : 1))
}

/** A parsed option, or an error that quotes no input. */
export type ParsedOption<T> = { readonly kind: 'ok'; readonly value: T } | Malformed
