/** The gateway as `npm start` runs it, with the menus of the bench. */
import shippedProject from '../../../../menus/index.ts'
import cluster from 'node:cluster'
import { startApp } from '../../../../src/app.ts'
import type { App } from '../../../../src/app.ts'
import { loadConfig } from '../../../../src/config.ts'
import { createLog } from '../../../../src/log.ts'
import { startPrimary } from '../../../../src/workers/primary.ts'
import { connectToPrimary } from '../../../../src/workers/worker.ts'
import type { WorkerLink } from '../../../../src/workers/worker.ts'
import { createMenus, subscriberNumbers } from '../menus.ts'
import type { ServerSpec } from './specs.ts'

type OursSpec = ServerSpec & { readonly kind: 'ours' }

/** Starts the gateway, or its workers, and registers the subscribers of the bench. */
export async function startOurs(spec: OursSpec): Promise<string> {
  if (spec.workers > 1) return startWorkers(spec)
  const { app, url } = await startOne(spec)
  await register(app)
  return url
}

async function startOne(spec: OursSpec, primary?: WorkerLink) {
  const codes = { ...createMenus(spec.menus), ...(spec.passwords && shippedProject.codes) }
  const app = startApp(loadConfig(spec.settings), { ...shippedProject, codes }, { primary })
  return { app, url: (await app.listen()).url }
}

/** Starts workers in processes of this program, and resolves with their URL when all of them listen. */
async function startWorkers(spec: OursSpec): Promise<string> {
  cluster.setupPrimary({ exec: process.argv[1] as string, args: [JSON.stringify(spec)] })
  startPrimary({ workers: spec.workers, log: createLog({ level: 'silent' }) })
  return new Promise((resolve) => {
    let listening = 0
    cluster.on('listening', (_worker, { port, address }) => {
      // A worker with simulated phones listens on a port of its own, too.
      if (++listening === spec.workers) resolve(`http://${address}:${port}`)
    })
  })
}

/** Runs one worker of `startWorkers`. */
export async function startWorker(): Promise<void> {
  const primary = await connectToPrimary()
  if (!primary) throw new Error('This process is not a worker.')
  const { app } = await startOne(JSON.parse(process.argv[2] ?? '') as OursSpec, primary)
  if (primary.worker === 1) await register(app)
}

async function register(app: App): Promise<void> {
  // A few at a time: a put has a deadline.
  const left = [...subscriberNumbers()]
  const registerNext = async () => {
    for (let msisdn = left.pop(); msisdn !== undefined; msisdn = left.pop()) {
      await app.subscribers.put(msisdn, { language: 'ru' })
    }
  }
  await Promise.all(Array.from({ length: 16 }, registerNext))
}
