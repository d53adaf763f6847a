/** How profiles and faults are written in one word, for a command line and an address: `name=value,name=value`. */

/** The pairs of `a=1,b=2`, in order; a name without a value has an empty one. Blanks around them do not count. */
export const pairsOf = (spelt: string): readonly (readonly [name: string, value: string])[] =>
  spelt
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...value] = part.split('=')
      return [name.trim(), value.join('=').trim()] as const
    })

/** Milliseconds of `50ms`, `2s` or `1.5s`; `NaN` where it is none of these. */
export function durationMs(spelt: string): number {
  const [, amount, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)$/.exec(spelt) ?? []
  return amount === undefined ? Number.NaN : Math.round(Number(amount) * (unit === 's' ? 1000 : 1))
}

/** Something that was spelt, or what is wrong with it: an English sentence that quotes nothing. */
export type ParsedOption<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'malformed'; readonly sentence: string }

export const invalidOption = (sentence: string) => ({ kind: 'malformed', sentence }) as const
