/** Audits licences, integrity, install scripts, advisories and registry signatures of the dependencies. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineCommand, messageOf, print } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { lockfileFindings, readLockfile, unpinnedDependencies } from './dependency-audit/lockfile.ts'
import { billOfMaterials, npm, registryCheckOf } from './dependency-audit/npm.ts'
import type { RegistryCheck } from './dependency-audit/npm.ts'

interface Options {
  readonly lockfile: string
  readonly sbom?: string
  readonly offline?: true
}

function main({ lockfile, sbom, offline }: Options): ExitCode {
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
  print(
    ...findings.map((finding) => `✗ ${finding}`),
    `${packages.length} packages locked, ${production.length} for production`,
    `install scripts: ${scripts.filter(({ dev }) => !dev).length} in production, ${scripts.filter(({ dev }) => dev).length} in development`,
    ...online.map(({ name, result, detail }) => `${name}: ${result} (${detail})`),
    ...(sbom === undefined ? [] : [`bill of materials: ${sbom}`]),
    `${findings.length} findings, ${online.filter(({ result }) => result === 'skipped').length} checks skipped`,
  )
  return findings.length === 0 ? 0 : 1
}

const command = defineCommand<Options>({
  name: 'test/verification/dependency-audit.ts',
  program: 'npx tsx',
  summary: 'Audits the dependencies: licences, integrity, install scripts, advisories and signatures.',
  configure: (command) =>
    command
      .option('--lockfile <file>', 'package-lock.json, with package.json beside it', 'package-lock.json')
      .option('--sbom <file>', 'write the software bill of materials (CycloneDX JSON) to a file')
      .option('--offline', 'skip the two checks that need the npm registry'),
  details: `Every package is locked with SHA-512 and comes from the npm registry. Production packages have one of the licences MIT, ISC,
BSD-2-Clause, BSD-3-Clause, Apache-2.0, 0BSD and BlueOak-1.0.0, and run no install script. \`npm audit\` and
\`npm audit signatures\` ask the registry; if it does not answer, they are skipped.`,
  exitCodes: { 0: 'no findings', 1: 'findings' },
  messageOf,
  run: main,
})
await command.run(process.argv.slice(2))
