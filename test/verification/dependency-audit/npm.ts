/** What npm itself says: the bill of materials, and the advisories of the registry. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

const Bill = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(z.looseObject({ name: z.string(), version: z.string() })),
})

/** CycloneDX as JSON, and what it lists: `name@version`. */
export interface BillOfMaterials {
  readonly text: string
  readonly components: readonly string[]
}

interface Manifest extends Record<string, unknown> {
  readonly name: string
  readonly packages?: Record<string, Record<string, unknown>>
}

/**
 * The packages that run in production. `npm sbom --omit dev` leaves out those that packages for development need as well
 * (npm 11.19: 48 of our 128), so npm is shown a package without any. Throws with what npm says.
 */
export function billOfMaterials(packageJson: string, lockfile: string): BillOfMaterials {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Manifest
  const { devDependencies: _development, ...manifest } = read(packageJson)
  const { packages = {}, ...lock } = read(lockfile)
  const { devDependencies: _locked, ...root } = packages[''] ?? {}
  const production = Object.entries(packages).filter(
    ([place, entry]) => place !== '' && entry['dev'] !== true,
  )

  const above = mkdtempSync(join(tmpdir(), 'ussd-supply-'))
  try {
    // npm names the whole after its folder.
    const folder = join(above, String(manifest['name']))
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    const pruned = { ...lock, packages: { '': root, ...Object.fromEntries(production) } }
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(pruned))
    const asked = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
    const { stdout, stderr } = npm(asked, folder)
    const bill = Bill.safeParse(parsed(stdout))
    if (!bill.success) throw new Error(`npm sbom failed: ${stderr.trim().split('\n').slice(-3).join(' ')}`)
    const components = bill.data.components.map(({ name, version }) => `${name}@${version}`)
    return { text: stdout, components }
  } finally {
    rmSync(above, { recursive: true })
  }
}

/** What the registry knows against production packages; `not run`: it did not answer, and nothing is known. */
export type Audit =
  | { readonly kind: 'run'; readonly vulnerabilities: Readonly<Record<string, number>> }
  | { readonly kind: 'not run'; readonly why: string }

const Report = z.looseObject({
  metadata: z.looseObject({ vulnerabilities: z.record(z.string(), z.number()) }),
})
const Refusal = z.looseObject({ message: z.string() })

/** `npm audit --omit=dev` in a folder. */
export function audit(folder: string): Audit {
  const { stdout, stderr } = npm(['audit', '--omit=dev', '--json'], folder)
  return auditOf(stdout, stderr)
}

/** Reads what `npm audit --json` has printed. */
export function auditOf(stdout: string, stderr: string): Audit {
  const report = Report.safeParse(parsed(stdout))
  if (report.success) return { kind: 'run', vulnerabilities: report.data.metadata.vulnerabilities }
  const refusal = Refusal.safeParse(parsed(stdout))
  const why = refusal.success ? refusal.data.message : stderr.trim().split('\n').at(-1)
  return { kind: 'not run', why: why || 'npm said nothing' }
}

function npm(asked: readonly string[], cwd: string): { readonly stdout: string; readonly stderr: string } {
  const options = { cwd, encoding: 'utf8', maxBuffer: 64_000_000, timeout: 120_000 } as const
  const { stdout, stderr, error } = spawnSync('npm', asked, {
    ...options,
    shell: process.platform === 'win32',
  })
  if (error) throw new Error(`npm could not be run: ${error.message}`)
  return { stdout, stderr }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
