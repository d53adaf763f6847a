import { readFileSync } from 'node:fs'

/** Ticks of all processors since boot: the total, and those that the host withheld. */
interface ProcessorTime {
  readonly all: number
  readonly stolen: number
}

/** Reads /proc/stat (proc_stat(5)): the eighth number of the first line is stolen time. Returns undefined except on Linux. */
export function processorTime(): ProcessorTime | undefined {
  if (process.platform !== 'linux') return undefined
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/)
  // The last two fields are included in the first two.
  const counted = ticks.slice(0, 8).map(Number)
  return { all: counted.reduce((sum, one) => sum + one, 0), stolen: counted[7] ?? 0 }
}

/** Returns the share of stolen time since `before`, 0 to 1. */
export function stolenSince(before: ProcessorTime | undefined): number | undefined {
  const now = processorTime()
  if (!before || !now || now.all === before.all) return undefined
  return (now.stolen - before.stolen) / (now.all - before.all)
}
