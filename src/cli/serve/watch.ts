import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { sep } from 'node:path'
import type { Writable } from 'node:stream'

/** Editors write a file in several steps. */
const SETTLE_MS = 100

const isSource = (path: string): boolean =>
  /\.([cm]?[jt]s|json|ya?ml)$/.test(path) &&
  !path.split(sep).some((part) => part === 'node_modules' || part === 'dist' || part.startsWith('.'))

/**
 * Runs this command in a child process without `--watch`, and starts it again when a source file below the folder changes. A
 * project that cannot be loaded leaves its message and waits for the next change. Resolves when a signal has ended the child.
 */
export async function serveAndWatch(folder: string, stderr: Writable): Promise<void> {
  let child = start()
  let timer: NodeJS.Timeout | undefined
  let isEnding = false
  let restarting: Promise<void> | undefined

  async function restart(): Promise<void> {
    stderr.write('A file has changed: starting again.\n')
    await end(child, 'SIGINT')
    if (!isEnding) child = start()
    restarting = undefined
  }

  const watcher = watch(folder, { recursive: true }, (_event, path) => {
    if (path === null || !isSource(path)) return
    clearTimeout(timer)
    timer = setTimeout(() => void (restarting ??= restart()), SETTLE_MS)
  })
  await new Promise<void>((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      isEnding = true
      watcher.close()
      clearTimeout(timer)
      void Promise.resolve(restarting)
        .then(() => end(child, signal))
        .then(resolve)
    }
    process.once('SIGTERM', stop).once('SIGINT', stop)
  })
}

function start(): ChildProcess {
  const args = process.argv.slice(1).filter((word) => word !== '--watch')
  return spawn(process.execPath, [...process.execArgv, ...args], { stdio: 'inherit' })
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
