/** npm run supply: what the gateway is made of, and whether all of it may be and is what it was. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stdout } from 'node:process'
import { Command } from 'commander'
import { messageOf, runCommand } from '../../src/cli/command.ts'
import { findingsIn, rangesIn, readLockfile } from './dependency-audit/lockfile.ts'
import type { Locked } from './dependency-audit/lockfile.ts'
import { audit, billOfMaterials } from './dependency-audit/npm.ts'
import type { Audit } from './dependency-audit/npm.ts'

interface Given {
  readonly lockfile: string
  readonly sbom?: string
  readonly audit: boolean
}

const command = new Command('npm run supply --')
  .usage('[options]')
  .description('Looks at what the gateway is made of: licences, integrity, install scripts, advisories.')
  .option('--lockfile <file>', 'package-lock.json, with package.json beside it', 'package-lock.json')
  .option('--sbom <file>', 'writes the bill of materials, CycloneDX as JSON')
  .option('--no-audit', 'does not ask the registry for advisories')
  .addHelpText(
    'after',
    `
Every package is locked with SHA-512 and comes from the registry of npm; those that run in production have one of the
licences MIT, ISC, BSD-2-Clause, BSD-3-Clause, Apache-2.0, 0BSD and BlueOak-1.0.0, and run no script when they are installed.
The bill of materials lists all of them. Where the registry does not answer for advisories, that is said: it is no good news.

Examples:
  npm run supply
  npm run supply -- --sbom sbom.json --no-audit

Exit code: 0 nothing was found, 1 something was, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

function main(): boolean {
  command.parse()
  const given = command.opts<Given>()
  const packageJson = join(dirname(given.lockfile), 'package.json')
  const locked = readLockfile(given.lockfile)
  const production = locked.filter(({ dev }) => !dev)
  const findings = [...rangesIn(packageJson), ...findingsIn(locked)]
  const bill = billOfMaterials(packageJson, given.lockfile)
  for (const { name, version } of production) {
    if (!bill.components.includes(`${name}@${version}`)) {
      findings.push(`${name} ${version} is not in the bill of materials`)
    }
  }
  if (given.sbom !== undefined) writeFileSync(given.sbom, bill.text)
  const audited: Audit = given.audit
    ? audit(dirname(given.lockfile))
    : { kind: 'not run', why: 'it was not wanted' }
  const known = audited.kind === 'run' ? (audited.vulnerabilities['total'] ?? 0) : 0
  if (known > 0) findings.push(`npm audit knows ${known} vulnerabilities of production packages`)

  const scripted = locked.filter(({ hasInstallScript }) => hasInstallScript).length
  const scriptedProduction = production.filter(({ hasInstallScript }) => hasInstallScript).length
  const lines = [
    ...findings.map((finding) => `✗ ${finding}`),
    `${locked.length} packages are locked, ${production.length} of them for production: ${licencesOf(production)}`,
    `install scripts: ${scriptedProduction} for production, ${scripted - scriptedProduction} for development`,
    `bill of materials: ${bill.components.length} components${given.sbom === undefined ? '' : `, ${given.sbom}`}`,
    audited.kind === 'run' ? `audit: ${known} vulnerabilities` : `audit: not run (${audited.why})`,
    `${findings.length} findings${audited.kind === 'run' ? '' : '; advisories were not looked at'}`,
  ]
  stdout.write(`${lines.join('\n')}\n`)
  return findings.length === 0
}

/** `100 MIT, 12 ISC` */
function licencesOf(locked: readonly Locked[]): string {
  const counts = new Map<string, number>()
  for (const { license = 'none' } of locked) counts.set(license, (counts.get(license) ?? 0) + 1)
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([license, count]) => `${count} ${license}`)
    .join(', ')
}

await runCommand('supply', () => (main() ? 0 : 1), messageOf)
