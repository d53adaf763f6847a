import { readFileSync } from 'node:fs'
import { z } from 'zod'

const Package = z.looseObject({
  version: z.string(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  /** Only development dependencies need it. */
  dev: z.boolean().default(false),
  link: z.boolean().default(false),
  hasInstallScript: z.boolean().default(false),
})

const Lockfile = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), z.unknown()) })

const Manifest = z.looseObject({
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
})

/** One entry of package-lock.json; `path` is `node_modules/…`. */
export interface LockedPackage extends Readonly<z.infer<typeof Package>> {
  readonly name: string
  readonly path: string
}

/** Permissive licences that ask only for their text to be kept. */
const ALLOWED_LICENCES = 'MIT ISC BSD-2-Clause BSD-3-Clause Apache-2.0 0BSD BlueOak-1.0.0'.split(' ')
const REGISTRY = 'https://registry.npmjs.org/'

/** Reads every package of a lockfile. Throws unless it is version 3 (npm 7 or later). */
export function readLockfile(path: string): readonly LockedPackage[] {
  const { packages } = Lockfile.parse(JSON.parse(readFileSync(path, 'utf8')))
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({ ...Package.parse(entry), path, name: path.replace(/^.*node_modules\//, '') }))
}

/** Returns one message for each locked package that breaks a rule. */
export function lockfileFindings(packages: readonly LockedPackage[]): readonly string[] {
  return packages.flatMap(({ path, version, resolved, integrity, license, dev, link, hasInstallScript }) => {
    const problems = [
      link && 'is a link to a folder',
      !integrity?.startsWith('sha512-') && 'has no SHA-512 integrity',
      // Without `resolved`, npm uses the configured registry; integrity still proves the content.
      resolved !== undefined && !resolved.startsWith(REGISTRY) && `comes from ${resolved}`,
      // Licence expressions such as (MIT OR GPL-3.0) are reported too: a person decides on them.
      !dev &&
        !ALLOWED_LICENCES.includes(license ?? '') &&
        `has the licence ${license ?? 'unknown'}, which is not allowed`,
      !dev && hasInstallScript && 'runs an install script',
    ]
    return problems
      .filter((problem) => problem !== false)
      .map((problem) => `${path.slice('node_modules/'.length)} ${version} ${problem}`)
  })
}

/** Returns one message for each dependency of package.json that is not pinned to one version. */
export function unpinnedDependencies(packageJson: string): readonly string[] {
  const { dependencies, devDependencies } = Manifest.parse(JSON.parse(readFileSync(packageJson, 'utf8')))
  return Object.entries({ ...devDependencies, ...dependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    .map(([name, version]) => `${name} is not pinned: '${version}' is a range`)
}
