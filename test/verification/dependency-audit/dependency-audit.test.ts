/** Offline: what the lockfile says. What the registry knows of it is asked by `npm run supply`. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { findingsIn, isAllowed, rangesIn, readLockfile } from './lockfile.ts'
import type { Locked } from './lockfile.ts'
import { auditOf } from './npm.ts'

const folder = mkdtempSync(join(tmpdir(), 'ussd-supply-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const locked = readLockfile('package-lock.json')
const [first] = locked.filter(({ dev }) => !dev)
const bad = (change: Partial<Locked>) => findingsIn([{ ...(first as Locked), ...change }])

describe('the packages', () => {
  it('may all be used, are what they were, and run nothing when they are installed', () => {
    expect(locked.length).toBeGreaterThan(100)
    expect([...rangesIn('package.json'), ...findingsIn(locked)]).toEqual([])
  })

  it.each<[string, Partial<Locked>, string]>([
    ['another licence', { license: 'GPL-3.0-only' }, 'has the licence GPL-3.0-only'],
    ['no licence', { license: undefined }, 'has the licence nobody knows which'],
    ['no integrity', { integrity: undefined }, 'has no SHA-512 integrity'],
    ['a weak integrity', { integrity: 'sha1-abc' }, 'has no SHA-512 integrity'],
    [
      'another source',
      { resolved: 'git+ssh://git@github.com/a/b.git' },
      'comes from git+ssh://git@github.com/a/b.git',
    ],
    [
      'another registry',
      { resolved: 'https://registry.npmjs.org.evil.example/a.tgz' },
      'comes from https://registry.',
    ],
    ['a link', { link: true }, 'is a link to a folder'],
    ['an install script', { hasInstallScript: true }, 'runs a script when it is installed'],
  ])('are found with %s', (_what, change, says) => {
    expect(bad(change)).toEqual([expect.stringContaining(says)])
  })

  it('for development may have other licences and scripts: they are not shipped', () => {
    expect(bad({ dev: true, license: 'CC-BY-4.0', hasInstallScript: true })).toEqual([])
  })

  it.each<[string, boolean]>([
    ['(MIT OR GPL-3.0)', true],
    ['Apache-2.0 AND MIT', true],
    ['MIT AND GPL-3.0', false],
    ['(MIT OR GPL-3.0) AND GPL-2.0', false],
    ['SEE LICENSE IN FILE', false],
    ['', false],
  ])('under %s: %s', (license, allowed) => {
    expect(isAllowed(license)).toBe(allowed)
  })
})

describe('an audit', () => {
  it('that the registry refuses is not run, which is not the same as clean', () => {
    const refused = JSON.stringify({ message: '405 Method Not Allowed - POST …', statusCode: 405 })
    expect(auditOf(refused, '')).toEqual({ kind: 'not run', why: '405 Method Not Allowed - POST …' })
    expect(auditOf('', 'npm error network\n')).toEqual({ kind: 'not run', why: 'npm error network' })
    expect(auditOf('', '')).toEqual({ kind: 'not run', why: 'npm said nothing' })
    const report = JSON.stringify({ metadata: { vulnerabilities: { high: 1, total: 1 } } })
    expect(auditOf(report, '')).toEqual({ kind: 'run', vulnerabilities: { high: 1, total: 1 } })
  })
})

describe('npm run supply', () => {
  const run = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ['--import', 'tsx', 'test/verification/dependency-audit.ts', '--no-audit', ...args],
      {
        encoding: 'utf8',
      },
    )
  const production = locked.filter(({ dev }) => !dev)

  it('finds a package whose licence is none of ours, and lists everything in the bill of materials', () => {
    cpSync('package.json', join(folder, 'package.json'))
    const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { license: string }>
    }
    const express = lockfile.packages['node_modules/express']
    if (express) express.license = 'GPL-3.0-only'
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lockfile))

    const sbom = join(folder, 'sbom.json')
    const { stdout, stderr, status } = run('--lockfile', join(folder, 'package-lock.json'), '--sbom', sbom)
    expect([stderr, status]).toEqual(['', 1])
    expect(stdout).toMatch(/^✗ express [\d.]+ has the licence GPL-3\.0-only\n\d+ packages are locked/)
    expect(stdout).toMatch(
      /audit: not run \(it was not wanted\)\n1 findings; advisories were not looked at\n$/,
    )

    const bill = JSON.parse(readFileSync(sbom, 'utf8')) as {
      components: { name: string; version: string }[]
      metadata: { component: { name: string } }
    }
    const listed = bill.components.map(({ name, version }) => `${name}@${version}`)
    expect(new Set(listed)).toEqual(new Set(production.map(({ name, version }) => `${name}@${version}`)))
    expect(bill.metadata.component.name).toBe('ussd-gateway')
  })
})
