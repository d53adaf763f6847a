import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { UssdError } from '../../engine/errors.ts'
import type { Done, Job } from './thread.mjs'
import type { Argon2 } from './hashing.ts'

const FILE = new URL('thread.mjs', import.meta.url)

/**
 * Creates a pool of argon2 threads: one per job in progress, started on demand and reused. On Linux they have a lower priority
 * than the event loop, so a flood of passwords gets only the CPU time that turns leave (decision 0019).
 */
export function createHashingThreads(): Argon2 & { close(): Promise<void> } {
  const all = new Set<Worker>()
  const idle: Worker[] = []

  function start(): Worker {
    // Keep the loaders and debuggers of this process out of the thread.
    const thread = new Worker(FILE, { execArgv: [], env: {} })
    all.add(thread)
    // The job in progress rejects on `exit`.
    thread.on('error', () => {})
    thread.once('exit', () => {
      all.delete(thread)
      const at = idle.indexOf(thread)
      if (at >= 0) idle.splice(at, 1)
    })
    return thread
  }

  async function runJob(job: Job): Promise<string | boolean> {
    const thread = idle.pop() ?? start()
    // Only a job in progress keeps the process alive.
    thread.ref()
    try {
      const done = await resultOf(thread, job)
      idle.push(thread)
      if ('fault' in done) throw new UssdError('USSD_UNEXPECTED', { detail: `hashing: ${done.fault}` })
      return 'hash' in done ? done.hash : done.matches
    } finally {
      thread.unref()
    }
  }

  return {
    hash: async (digest, cost) => String(await runJob({ digest, cost })),
    verify: async (phc, digest) => (await runJob({ digest, phc })) === true,

    async close() {
      await Promise.all([...all].map((thread) => thread.terminate()))
    },
  }
}

/** Posts a job and returns its result. Rejects when the thread exits first. */
async function resultOf(thread: Worker, job: Job): Promise<Done> {
  const listening = new AbortController()
  const { signal } = listening
  const exited = once(thread, 'exit', { signal }).then(() => {
    throw new UssdError('USSD_UNEXPECTED', { detail: 'a hashing thread exited' })
  })
  const replied = once(thread, 'message', { signal })
  thread.postMessage(job)
  try {
    const [done] = (await Promise.race([replied, exited])) as [Done]
    return done
  } finally {
    listening.abort()
  }
}
