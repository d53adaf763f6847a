import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Attack } from './attackers.ts'
import { createCallers } from './callers.ts'
import { createConnections } from './connections.ts'
import type { Connections } from './connections.ts'
import { openLoop } from './load.ts'
import type { Tally } from './load.ts'
import { processorTime, stolenSince } from './processor.ts'
import type { Target } from './target.ts'

/** Honest callbacks and the memory of the gateway during one phase. */
export interface Phase {
  readonly honest: Tally
  /** Resident bytes. */
  readonly memory: number
}

export interface ConnectionRound {
  readonly undisturbed: Phase
  readonly attacked: Readonly<Record<Attack, Phase>>
  readonly stolen: number | undefined
}

const HONEST_PER_SECOND = 200
/** One of this many honest callbacks uses a new connection. */
const NEW_CONNECTION_EVERY = 10

/** Measures honest callbacks beside each kind of hostile connection; `counts` is the number of each kind. */
export async function measureConnections(
  target: Target,
  options: {
    readonly rounds: number
    readonly phaseMs: number
    readonly counts: Readonly<Record<Attack, number>>
    readonly msisdns: readonly string[]
    readonly progress: (line: string) => void
  },
): Promise<readonly ConnectionRound[]> {
  const { phaseMs, counts, progress } = options
  const kept = createConnections(target.port, 512)
  const known = createCallers(kept, options.msisdns.slice(0, 1000))
  const newcomers = createCallers(newConnections(target.port), options.msisdns.slice(1000))
  let sent = 0
  const turn = () => (++sent % NEW_CONNECTION_EVERY === 0 ? newcomers : known).plain()
  const phase = async (): Promise<Phase> => {
    const honest = await openLoop(turn, HONEST_PER_SECOND, phaseMs)
    return { honest, memory: await target.memory() }
  }
  const beside = async (attack: Attack): Promise<Phase> => {
    const stop = await startAttack(attack, target.port, counts[attack])
    try {
      return await phase()
    } finally {
      await stop()
      // Let the gateway close the hostile connections before the next phase.
      await sleep(500)
    }
  }

  try {
    await openLoop(turn, HONEST_PER_SECOND, phaseMs)
    const rounds: ConnectionRound[] = []
    while (rounds.length < options.rounds) {
      const before = processorTime()
      const undisturbed = await phase()
      const attacked = {} as Record<Attack, Phase>
      for (const attack of Object.keys(counts) as Attack[]) attacked[attack] = await beside(attack)
      rounds.push({ undisturbed, attacked, stolen: stolenSince(before) })
      progress(`connections, round ${rounds.length} of ${options.rounds}`)
    }
    return rounds
  } finally {
    kept.close()
  }
}

/** Creates a new connection for every request. */
function newConnections(port: number): Connections {
  return {
    post(path, form) {
      const one = createConnections(port, 1)
      return one.post(path, form)?.finally(() => one.close())
    },
    close() {},
  }
}

/** Starts hostile connections; returns a function that stops them. */
async function startAttack(attack: Attack, port: number, count: number): Promise<() => Promise<unknown>> {
  const script = fileURLToPath(new URL('./attackers.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, attack, String(port), String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), exited])
  return () => {
    child.stdin.end()
    return exited
  }
}
