import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { UssdError } from '../../engine/errors.ts'
import type { Done, Job } from './thread.mjs'
import type { Argon2 } from './hashing.ts'

const FILE = new URL('thread.mjs', import.meta.url)

/**
 * Argon2 in threads of its own, one for each job under way, started when it is needed and kept. On Linux they have a lower
 * priority than the thread of the turns: a flood of passwords then takes the time that turns leave (decision 0019).
 */
export function createHashingThreads(): Argon2 & { close(): Promise<void> } {
  const all = new Set<Worker>()
  const idle: Worker[] = []

  function start(): Worker {
    // Neither loaders nor debuggers of this process have any business there.
    const thread = new Worker(FILE, { execArgv: [], env: {} })
    all.add(thread)
    // Whoever waits for it hears of it, too.
    thread.on('error', () => {})
    thread.once('exit', () => {
      all.delete(thread)
      const at = idle.indexOf(thread)
      if (at >= 0) idle.splice(at, 1)
    })
    return thread
  }

  async function carryOut(job: Job): Promise<string | boolean> {
    const thread = idle.pop() ?? start()
    // The process may end while nothing is hashed, and not while something is.
    thread.ref()
    try {
      const done = await answerOf(thread, job)
      idle.push(thread)
      if ('fault' in done) throw new UssdError('USSD_UNEXPECTED', { detail: `hashing: ${done.fault}` })
      return 'hash' in done ? done.hash : done.matches
    } finally {
      thread.unref()
    }
  }

  return {
    hash: async (digest, cost) => String(await carryOut({ digest, cost })),
    verify: async (phc, digest) => (await carryOut({ digest, phc })) === true,

    async close() {
      await Promise.all([...all].map((thread) => thread.terminate()))
    },
  }
}

/** Rejects when the thread ends before it has answered. */
async function answerOf(thread: Worker, job: Job): Promise<Done> {
  const over = new AbortController()
  const { signal } = over
  const ended = once(thread, 'exit', { signal }).then(() => {
    throw new UssdError('USSD_UNEXPECTED', { detail: 'a hashing thread has ended' })
  })
  const answered = once(thread, 'message', { signal })
  thread.postMessage(job)
  try {
    const [done] = (await Promise.race([answered, ended])) as [Done]
    return done
  } finally {
    over.abort()
  }
}
