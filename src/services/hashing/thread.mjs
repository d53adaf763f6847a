// @ts-check
/**
 * One thread that hashes, a job at a time. JavaScript, because a thread is started from the file itself: neither the compiler of
 * `npm run dev` nor that of the tests stands in between.
 *
 * @typedef {{ digest: string, cost: import('@node-rs/argon2').Options } | { digest: string, phc: string }} Job Makes a hash,
 * or compares with one
 * @typedef {{ hash: string } | { matches: boolean } | { fault: string }} Done
 */
import { hashSync, verifySync } from '@node-rs/argon2'
import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'

// On Linux the priority is the thread's own; elsewhere it would be the whole process's.
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
