/** What package-lock.json says of the packages that are installed, and what speaks against them. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const Entry = z.looseObject({
  version: z.string(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  /** Only packages for development lead to it. */
  dev: z.boolean().default(false),
  link: z.boolean().default(false),
  hasInstallScript: z.boolean().default(false),
})

const Lockfile = z.looseObject({
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), z.unknown()),
})

/** A package as it is locked. */
export interface Locked extends Readonly<z.infer<typeof Entry>> {
  /** `express`, `@scope/name`. */
  readonly name: string
  /** Where it is installed: `node_modules/…`. */
  readonly place: string
}

/** Throws where it is no lockfile of npm 7 or later (version 3). */
export function readLockfile(path: string): readonly Locked[] {
  const { packages } = Lockfile.parse(JSON.parse(readFileSync(path, 'utf8')))
  return Object.entries(packages)
    .filter(([place]) => place !== '')
    .map(([place, entry]) => ({ ...Entry.parse(entry), place, name: nameOf(place) }))
}

const nameOf = (place: string): string => place.replace(/^.*node_modules\//, '')

/** They ask for no more than their text to be kept. */
const ALLOWED = new Set('MIT ISC BSD-2-Clause BSD-3-Clause Apache-2.0 0BSD BlueOak-1.0.0'.split(' '))

/** An SPDX expression of `OR`s or of `AND`s. One with both is for a person to read. */
export function isAllowed(license: string | undefined): boolean {
  const text = (license ?? '').replace(/^\((.*)\)$/, '$1')
  const [alternatives, all] = [text.split(' OR '), text.split(' AND ')]
  if (alternatives.length > 1 && all.length > 1) return false
  return alternatives.length > 1
    ? alternatives.some((one) => ALLOWED.has(one))
    : all.every((one) => ALLOWED.has(one))
}

const REGISTRY = 'https://registry.npmjs.org/'

/** A sentence for each thing that should not be. */
export function findingsIn(locked: readonly Locked[]): readonly string[] {
  return locked.flatMap(
    ({ name, place, version, resolved, integrity, license, dev, link, hasInstallScript }) => {
      const what = `${name} ${version}${place === `node_modules/${name}` ? '' : ` (${place})`}`
      return [
        ...(link ? [`${what} is a link to a folder`] : []),
        ...(integrity?.startsWith('sha512-') ? [] : [`${what} has no SHA-512 integrity`]),
        // Left out, npm takes it from the registry that is configured; integrity then says that it is the same.
        ...(resolved === undefined || resolved.startsWith(REGISTRY)
          ? []
          : [`${what} comes from ${resolved}`]),
        ...(dev || isAllowed(license) ? [] : [`${what} has the licence ${license ?? 'nobody knows which'}`]),
        ...(!dev && hasInstallScript ? [`${what} runs a script when it is installed`] : []),
      ]
    },
  )
}

/** Dependencies whose version is a range: another day would lock another. */
export function rangesIn(packageJson: string): readonly string[] {
  const Manifest = z.looseObject({
    dependencies: z.record(z.string(), z.string()).default({}),
    devDependencies: z.record(z.string(), z.string()).default({}),
  })
  const { dependencies, devDependencies } = Manifest.parse(JSON.parse(readFileSync(packageJson, 'utf8')))
  return Object.entries({ ...devDependencies, ...dependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    .map(([name, version]) => `${name} is asked for as '${version}', not as one version`)
}
