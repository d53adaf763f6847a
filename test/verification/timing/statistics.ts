/** The quantile of the values; `part` is from 0 to 1. */
export const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN

/** The two-sample Kolmogorov-Smirnov statistic: the largest distance between the two empirical distributions, 0 to 1. */
export function ksDistance(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [one.toSorted((x, y) => x - y), other.toSorted((x, y) => x - y)]
  let [i, j, max] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    const at = Math.min(a[i] ?? Infinity, b[j] ?? Infinity)
    while (i < a.length && (a[i] ?? Infinity) <= at) i++
    while (j < b.length && (b[j] ?? Infinity) <= at) j++
    max = Math.max(max, Math.abs(i / a.length - j / b.length))
  }
  return max
}
