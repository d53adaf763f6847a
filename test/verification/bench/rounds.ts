/** Interleaved rounds and the statistics of pairs. Only figures of the same round are compared: the speed of a machine drifts. */

/** One variant in one round. All figures are for one turn unless named otherwise. */
export interface Sample {
  readonly cpuUs: number
  readonly turnsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly gcMsPer1000: number
  readonly redisCpuUs: number
  /** Commands that Redis ran, those inside scripts included. */
  readonly commands: number
  /** Commands that the server sent. */
  readonly sent: number
  readonly turns: number
  readonly errors: number
}

export type Round = ReadonlyMap<string, Sample>

export interface Spread {
  readonly median: number
  readonly q1: number
  readonly q3: number
  readonly count: number
}

/** Measures every variant once in each round, in random order. */
export async function runRounds(
  names: readonly string[],
  options: {
    readonly rounds: number
    readonly random: () => number
    readonly measure: (name: string) => Promise<Sample>
    readonly onRound?: (round: number) => void
  },
): Promise<readonly Round[]> {
  const rounds: Round[] = []
  for (let round = 0; round < options.rounds; round++) {
    const samples = new Map<string, Sample>()
    for (const name of shuffle(names, options.random)) samples.set(name, await options.measure(name))
    rounds.push(samples)
    options.onRound?.(round + 1)
  }
  return rounds
}

/** Returns a shuffled copy (Fisher-Yates). */
export function shuffle<T>(values: readonly T[], random: () => number): readonly T[] {
  const shuffled = [...values]
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T]
  }
  return shuffled
}

/** The quantile of the values with linear interpolation; NaN without values. `part` is from 0 to 1. */
export function quantileOf(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (high - low) * (at - Math.floor(at))
}

/** The median and the quartiles. */
export const spreadOf = (values: readonly number[]): Spread => ({
  median: quantileOf(values, 0.5),
  q1: quantileOf(values, 0.25),
  q3: quantileOf(values, 0.75),
  count: values.length,
})

/** One figure of a variant over all rounds. */
export const valuesOf = (rounds: readonly Round[], name: string, figure: keyof Sample): readonly number[] =>
  rounds.flatMap((round) => round.get(name)?.[figure] ?? [])

/** The ratios of two variants, one for each round that has both. */
export const ratiosOf = (
  rounds: readonly Round[],
  over: string,
  under: string,
  figure: keyof Sample = 'cpuUs',
): readonly number[] =>
  rounds.flatMap((round) => {
    const [above, below] = [round.get(over), round.get(under)]
    return above && below ? [above[figure] / below[figure]] : []
  })
