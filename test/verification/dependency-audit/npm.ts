import { spawnSync } from 'node:child_process'

/** The result of a check that needs the npm registry. A skipped check proves nothing. */
export interface RegistryCheck {
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}

interface NpmOutput {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs npm in a folder. Throws when npm cannot be started. */
export function npm(args: readonly string[], cwd: string): NpmOutput {
  const shell = process.platform === 'win32'
  const ran = spawnSync('npm', args, { cwd, shell, encoding: 'utf8', maxBuffer: 64e6, timeout: 180_000 })
  if (ran.error) throw new Error(`Cannot run npm: ${ran.error.message}`)
  return ran
}

/** Reads the outcome of `npm audit` and `npm audit signatures`; an unreachable registry skips the check. */
export function registryCheckOf({ status, stdout, stderr }: NpmOutput): RegistryCheck {
  if (status === 0) return { result: 'passed', detail: lastLine(stdout) }
  const unreachable = /audit endpoint returned an error|npm error (?:code E[A-Z]+\b|network)/.test(stderr)
  if (!unreachable) return { result: 'failed', detail: lastLine(stdout || stderr) }
  const reason = /npm (?:warn audit|error code) (.+)/.exec(stderr)?.[1] ?? lastLine(stderr)
  return { result: 'skipped', detail: `registry not available: ${reason}` }
}

/** Returns CycloneDX JSON of all locked packages; development ones carry `cdx:npm:package:development`. */
export function billOfMaterials(folder: string): string {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
  const { status, stdout, stderr } = npm(args, folder)
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr.trim()}`)
  return stdout
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) || 'no output'
