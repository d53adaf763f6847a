// @ts-check
/**
 * A hashing thread, one job at a time. It is JavaScript because Node starts a worker from the file itself, without the
 * TypeScript loader of `npm run dev` or the tests.
 *
 * @typedef {{ digest: string, cost: import('@node-rs/argon2').Options } | { digest: string, phc: string }} Job Hashes a
 * digest, or compares it with a PHC string
 * @typedef {{ hash: string } | { matches: boolean } | { fault: string }} Done
 */
import { hashSync, verifySync } from '@node-rs/argon2'
import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'

// On Linux the priority applies to the thread; elsewhere it would apply to the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

parentPort?.on('message', (/** @type {Job} */ job) => parentPort?.postMessage(done(job)))

/** @returns {Done} */
function done(/** @type {Job} */ job) {
  try {
    return 'phc' in job
      ? { matches: verifySync(job.phc, job.digest) }
      : { hash: hashSync(job.digest, job.cost) }
  } catch (error) {
    return { fault: error instanceof Error ? error.message : 'argon2 failed' }
  }
}
