/** `npm run supply`: audits licences, integrity, install scripts, advisories and registry signatures of the dependencies. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stdout } from 'node:process'
import { Command } from 'commander'
import { messageOf, runCommand } from '../../src/cli/command.ts'
import { lockfileFindings, readLockfile, unpinnedDependencies } from './dependency-audit/lockfile.ts'
import { billOfMaterials, npm, registryCheckOf } from './dependency-audit/npm.ts'
import type { RegistryCheck } from './dependency-audit/npm.ts'

interface Options {
  readonly lockfile: string
  readonly sbom?: string
  readonly offline?: true
}

const command = new Command('npm run supply --')
  .usage('[options]')
  .description('Audits the dependencies: licences, integrity, install scripts, advisories and signatures.')
  .option('--lockfile <file>', 'package-lock.json, with package.json beside it', 'package-lock.json')
  .option('--sbom <file>', 'write the software bill of materials (CycloneDX JSON) to a file')
  .option('--offline', 'skip the two checks that need the npm registry')
  .addHelpText(
    'after',
    `
Every package is locked with SHA-512 and comes from the npm registry. Production packages have one of the licences MIT, ISC,
BSD-2-Clause, BSD-3-Clause, Apache-2.0, 0BSD and BlueOak-1.0.0, and run no install script. \`npm audit\` and
\`npm audit signatures\` ask the registry; where it does not answer, the output says that they were skipped.

Examples:
  npm run supply
  npm run supply -- --sbom sbom.json --offline

Exit code: 0 no findings, 1 findings, 2 wrong usage.`,
  )
  .showHelpAfterError('(add --help for usage)')
  .exitOverride()

function main(): boolean {
  command.parse()
  const { lockfile, sbom, offline } = command.opts<Options>()
  const folder = dirname(lockfile)
  const packages = readLockfile(lockfile)
  const production = packages.filter(({ dev }) => !dev)
  const scripts = packages.filter(({ hasInstallScript }) => hasInstallScript)
  // `npm run -s` silences npm below it, too: the reason for a skipped check would be lost.
  const check = (args: readonly string[]): RegistryCheck =>
    offline
      ? { result: 'skipped', detail: '--offline' }
      : registryCheckOf(npm([...args, '--fetch-retries=0', '--loglevel=notice'], folder))
  const online = [
    { name: 'npm audit', ...check(['audit', '--omit=dev']) },
    { name: 'npm audit signatures', ...check(['audit', 'signatures']) },
  ]
  const findings = [
    ...unpinnedDependencies(join(folder, 'package.json')),
    ...lockfileFindings(packages),
    ...online.filter(({ result }) => result === 'failed').map(({ name, detail }) => `${name}: ${detail}`),
  ]
  if (sbom !== undefined) writeFileSync(sbom, billOfMaterials(folder))
  const lines = [
    ...findings.map((finding) => `✗ ${finding}`),
    `${packages.length} packages locked, ${production.length} for production`,
    `install scripts: ${scripts.filter(({ dev }) => !dev).length} in production, ${scripts.filter(({ dev }) => dev).length} in development`,
    ...online.map(({ name, result, detail }) => `${name}: ${result} (${detail})`),
    ...(sbom === undefined ? [] : [`bill of materials: ${sbom}`]),
    `${findings.length} findings, ${online.filter(({ result }) => result === 'skipped').length} checks skipped`,
  ]
  stdout.write(`${lines.join('\n')}\n`)
  return findings.length === 0
}

await runCommand('supply', () => (main() ? 0 : 1), messageOf)
