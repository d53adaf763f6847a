import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { canRun } from '../../support/redis/redis-binary.ts'

/** The processor of the servers, and that of Redis and the driver. */
const SERVER_CORE = '0'
const OTHER_CORE = '1'

export interface Cores {
  /** One sentence for the report. */
  readonly description: string
  /** The command line that starts a program on the core of the servers, or on both. */
  command(program: string, args: readonly string[], on: 'server' | 'both'): readonly [string, ...string[]]
  /** Moves a process of this harness, with all its threads, to the core of Redis and the driver. */
  moveAway(pid: number): void
}

/** Keeps servers apart from Redis and the driver, where taskset and two cores exist. */
export function createCores(): Cores {
  if (availableParallelism() < 2 || !canRun('taskset')) {
    return {
      description: 'Processes are not pinned: taskset and two cores are needed.',
      command: (program, args) => [program, ...args],
      moveAway: () => {},
    }
  }
  return {
    description: `Servers run on core ${SERVER_CORE}, Redis and the driver on core ${OTHER_CORE}.`,
    command: (program, args, on) => [
      'taskset',
      '-c',
      on === 'server' ? SERVER_CORE : `${SERVER_CORE},${OTHER_CORE}`,
      program,
      ...args,
    ],
    moveAway: (pid) => void spawnSync('taskset', ['-acp', OTHER_CORE, String(pid)]),
  }
}
