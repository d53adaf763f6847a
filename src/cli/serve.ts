import cluster from 'node:cluster'
import { existsSync, readFileSync } from 'node:fs'
import { startApp } from '../app.ts'
import type { App } from '../app.ts'
import { UssdError, asUssdError } from '../engine/errors.ts'
import { guardStandardStreams } from '../log-writer.ts'
import { loadConfig, settings } from '../config.ts'
import type { Config, SettingName } from '../config.ts'
import type { ServedProject } from '../project.ts'
import { createLog } from '../log.ts'
import type { StopSignal } from '../workers/messages.ts'
import { startPrimary } from '../workers/primary.ts'
import { connectToPrimary } from '../workers/worker.ts'
import { settingDocs } from '../setting-docs.ts'
import { CommandError } from './command-error.ts'
import { defineCommand } from './command.ts'
import { SHORTCUTS, readShortcuts } from './shortcuts.ts'

/** The process exits after this long even if the stop hangs. */
const HARD_STOP_MS = 8000

let running: App | undefined
let isEnding = false
let exitCode = 0

/** Exits when the work is done, fails or hangs. */
function endAfter(work: Promise<unknown> | undefined): void {
  isEnding = true
  setTimeout(() => process.exit(1), HARD_STOP_MS).unref()
  const failed = async (error: unknown) => {
    exitCode = 1
    running?.logCrash(asUssdError(error))
    await running?.flushLog()
  }
  void Promise.resolve(work)
    .catch(failed)
    .finally(() => process.exit(exitCode))
}

function reportFailedStart(error: unknown): void {
  // Operators look at standard error first: a message without a stack and without values.
  const hasMessage =
    error instanceof UssdError || error instanceof CommandError || (error instanceof Error && 'code' in error)
  process.stderr.write(
    `${hasMessage ? (error as Error).message : 'The gateway could not start: ' + String(error)}\n`,
  )
  exitCode = 1
  endAfter(running?.flushLog())
}

/** Serves until a signal ends the process, and reports why it cannot start. The process exits by itself. */
async function serve(loadProject: () => Promise<ServedProject>): Promise<0> {
  guardStandardStreams()
  await start(loadProject).catch(reportFailedStart)
  return 0
}

async function start(loadProject: () => Promise<ServedProject>): Promise<void> {
  const config = loadConfig()
  const project = await loadProject()
  await assertShortcuts(project)
  if (config.workers > 1 && cluster.isPrimary) return startWorkers(config)
  const primary = await connectToPrimary()
  const app = (running = startApp(config, project, { primary }))

  let interrupts = 0
  const stop = (signal: NodeJS.Signals) => {
    // A second Ctrl-C exits at once. A second SIGTERM does not: some orchestrators send it twice.
    if (signal === 'SIGINT' && ++interrupts > 1) process.exit(1)
    if (isEnding) return
    const mode = signal === 'SIGTERM' && config.store.kind !== 'embedded' ? 'drain' : 'immediate'
    endAfter(app.close(mode))
  }
  // A terminal sends Ctrl-C to every process of the group. The primary decides for its workers.
  if (primary) {
    primary.onStop(stop)
    process.on('SIGTERM', () => {}).on('SIGINT', () => {})
  } else {
    process.on('SIGTERM', stop).on('SIGINT', stop)
  }
  // Node would print the whole error, and with it what a subscriber typed.
  const crash = (error: unknown) => {
    app.logCrash(asUssdError(error))
    // Later faults are only logged. The first one starts the shutdown.
    if (exitCode !== 0) return
    exitCode = 1
    endAfter(app.close('immediate'))
  }
  process.on('uncaughtException', crash).on('unhandledRejection', crash)
  await app.listen()
}

/** Refuses to serve menus to which a published shortcut no longer leads. */
async function assertShortcuts(project: ServedProject): Promise<void> {
  if (!existsSync(SHORTCUTS)) return
  const read = readShortcuts(readFileSync(SHORTCUTS, 'utf8'), SHORTCUTS)
  const { lintShortcuts } = await import('../menu-analysis/lint.ts')
  const problems = read.kind === 'read' ? lintShortcuts(project, read.shortcuts) : read.problems
  if (problems.length === 0) return
  throw new CommandError(['the published shortcuts do not fit the menus:', ...problems].join('\n  '), 1)
}

/** Starts the workers, forwards signals to them, and exits after the last one. */
function startWorkers(config: Config): void {
  const primary = startPrimary({ workers: config.workers, log: createLog({ level: config.logLevel }) })
  let signals = 0
  const stop = (signal: StopSignal) => {
    if (signal === 'SIGINT' && ++signals > 1) {
      primary.kill()
      process.exit(1)
    }
    if (isEnding) return
    isEnding = true
    primary.stop(signal)
    setTimeout(() => primary.kill(), HARD_STOP_MS + 1000).unref()
  }
  process.on('SIGTERM', () => stop('SIGTERM')).on('SIGINT', () => stop('SIGINT'))
  void primary.ended.then((code) => process.exit(code))
}

const plain = (name: string) => settingDocs[name as SettingName].replaceAll('`', '')

export const command = defineCommand<{ readonly watch?: true }>({
  name: 'serve',
  summary: 'Serve the gateway until SIGTERM or Ctrl-C.',
  configure: (command) => command.option('--watch', 'start again when a file of the project changes'),
  details: `Settings are environment variables:
${settings.map(({ name, byDefault }) => `  ${name}${byDefault && ` (default ${byDefault})`}\n      ${plain(name)}`).join('\n')}`,
  exitCodes: { 0: 'stopped', 1: 'failed to start, or crashed' },
  ownsStreams: true,
  usesProject: true,
  async run({ watch }, _args, { stderr }, loadProject) {
    if (!watch) return serve(loadProject)
    const { serveAndWatch } = await import('./serve/watch.ts')
    await serveAndWatch(process.cwd(), stderr)
    return 0
  },
})
