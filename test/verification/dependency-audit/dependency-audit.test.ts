import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { runCommand } from '../../support/command.ts'
import { lockfileFindings, readLockfile, unpinnedDependencies } from './lockfile.ts'
import type { LockedPackage } from './lockfile.ts'
import { registryCheckOf } from './npm.ts'

const folder = mkdtempSync(join(tmpdir(), 'ussd-dependency-audit-'))
afterAll(() => rmSync(folder, { recursive: true }))

const packages = readLockfile('package-lock.json')
const [production] = packages.filter(({ dev }) => !dev)
const findingsWith = (change: Partial<LockedPackage>) =>
  lockfileFindings([{ ...(production as LockedPackage), ...change }])

describe('the lockfile', () => {
  it('has no findings', () => {
    expect(packages.length).toBeGreaterThan(100)
    expect([...unpinnedDependencies('package.json'), ...lockfileFindings(packages)]).toEqual([])
  })

  it.each<[string, Partial<LockedPackage>, string]>([
    ['a licence that is not allowed', { license: 'GPL-3.0-only' }, 'has the licence GPL-3.0-only'],
    ['a licence expression', { license: '(MIT OR GPL-3.0)' }, 'has the licence (MIT OR GPL-3.0)'],
    ['no licence', { license: undefined }, 'has the licence unknown'],
    ['no integrity', { integrity: undefined }, 'has no SHA-512 integrity'],
    ['a weak integrity', { integrity: 'sha1-abc' }, 'has no SHA-512 integrity'],
    ['a Git source', { resolved: 'git+ssh://git@github.com/a/b.git' }, 'comes from git+ssh://git@github.com'],
    [
      'a look-alike registry',
      { resolved: 'https://registry.npmjs.org.evil.example/a.tgz' },
      'comes from https://registry.npmjs.org.evil',
    ],
    ['a link', { link: true }, 'is a link to a folder'],
    ['an install script', { hasInstallScript: true }, 'runs an install script'],
  ])('reports a production package with %s', (_what, change, message) => {
    expect(findingsWith(change)).toEqual([expect.stringContaining(message)])
  })

  it('allows other licences and install scripts in development', () => {
    expect(findingsWith({ dev: true, license: 'CC-BY-4.0', hasInstallScript: true })).toEqual([])
  })

  it('reports a dependency that is not pinned', () => {
    const file = join(folder, 'ranges.json')
    writeFileSync(file, JSON.stringify({ dependencies: { express: '^5.0.0' } }))
    expect(unpinnedDependencies(file)).toEqual([`express is not pinned: '^5.0.0' is a range`])
  })
})

describe('a check that asks the registry', () => {
  const offline = 'npm error code ENOTFOUND\nnpm error network request to https://registry.npmjs.org failed\n'
  const refused = 'npm warn audit 405 Method Not Allowed\nnpm error audit endpoint returned an error\n'

  it.each([
    ['passes', 0, 'found 0 vulnerabilities\n', '', 'passed', 'found 0 vulnerabilities'],
    ['fails with findings', 1, '# report\n2 high vulnerabilities\n', '', 'failed', '2 high vulnerabilities'],
    ['fails without output', 1, '', '', 'failed', 'no output'],
    ['is skipped offline', 1, '', offline, 'skipped', 'registry not available: ENOTFOUND'],
    [
      'is skipped when the registry refuses',
      1,
      '',
      refused,
      'skipped',
      'registry not available: 405 Method Not Allowed',
    ],
  ])('%s', (_name, status, stdout, stderr, result, detail) => {
    expect(registryCheckOf({ status, stdout, stderr })).toEqual({ result, detail })
  })
})

describe('the command', () => {
  it('fails on a forbidden licence and lists every production package in the bill of materials', async () => {
    cpSync('package.json', join(folder, 'package.json'))
    const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { license: string }>
    }
    const express = lockfile.packages['node_modules/express']
    if (express) express.license = 'GPL-3.0-only'
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lockfile))

    const sbom = join(folder, 'sbom.json')
    const args = ['--offline', '--lockfile', join(folder, 'package-lock.json'), '--sbom', sbom]
    const { out, err, code } = await runCommand('test/verification/dependency-audit', args)
    expect([err, code]).toEqual(['', 1])
    expect(out).toMatch(/^✗ express [\d.]+ has the licence GPL-3\.0-only, which is not allowed\n/)
    expect(out).toMatch(/npm audit signatures: skipped \(--offline\)\n/)
    expect(out).toMatch(/\n1 findings, 2 checks skipped\n$/)

    const bill = JSON.parse(readFileSync(sbom, 'utf8')) as { components: { name: string; version: string }[] }
    const named = ({ name, version }: { name: string; version: string }) => `${name}@${version}`
    const required = packages.filter(({ dev }) => !dev).map(named)
    expect(bill.components.map(named)).toEqual(expect.arrayContaining(required))
  })
})
