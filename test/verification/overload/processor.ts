import { readFileSync } from 'node:fs'

/** Time of all processors since the machine was started, in ticks: all of it, and what its host gave to others meanwhile. */
interface ProcessorTime {
  readonly all: number
  readonly stolen: number
}

/** proc_stat(5): the first line, of all processors together; the eighth number is what was stolen. Undefined but on Linux. */
export function processorTime(): ProcessorTime | undefined {
  if (process.platform !== 'linux') return undefined
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/)
  // The last two are counted in the first two.
  const counted = ticks.slice(0, 8).map(Number)
  return { all: counted.reduce((sum, one) => sum + one, 0), stolen: counted[7] ?? 0 }
}

/** The share that was stolen since then, 0 to 1. */
export function stolenSince(before: ProcessorTime | undefined): number | undefined {
  const now = processorTime()
  if (!before || !now || now.all === before.all) return undefined
  return (now.stolen - before.stolen) / (now.all - before.all)
}
