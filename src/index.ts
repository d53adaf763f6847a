/** The package `ussd-gateway`: defines a project, and starts a gateway for it in the process of another program. */
import type { Server } from 'node:http'
import type { ServedProject } from './project.ts'

export { defineProject } from './project.ts'
export type { ServedProject as Project } from './project.ts'

/** A gateway that serves. */
export interface RunningApp {
  readonly url: string
  readonly server: Server
  /** Finishes the turns in flight and releases everything. */
  close(): Promise<void>
}

/**
 * Starts a gateway. Resolves once it serves.
 *
 * @param settings environment variables, by default those of the process; see docs/reference/settings.md
 * @throws UssdError USSD_MISCONFIGURED with every problem of the settings
 */
export async function startApp(
  project: ServedProject,
  settings?: Readonly<Record<string, string>>,
): Promise<RunningApp> {
  // Not at the top: every command loads a project, and few serve.
  const [{ startApp: start }, { loadConfig }] = await Promise.all([import('./app.ts'), import('./config.ts')])
  const app = start(settings ? loadConfig(settings) : loadConfig(), project)
  const { url } = await app.listen()
  return { url, server: app.server, close: () => app.close('drain') }
}
