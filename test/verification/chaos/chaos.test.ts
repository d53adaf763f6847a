import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Report } from './report.ts'
import { runCommand } from '../../support/command.ts'
import { findRedisBinary } from '../../support/redis/redis-binary.ts'

let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'chaos-test-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (args: readonly string[], env = {}) => runCommand('test/verification/chaos', args, { env })

describe('npm run chaos', () => {
  it('has no lost and no double effects while gateways and Redis are killed', async () => {
    const file = join(folder, 'report.json')
    const { code, out, err } = await run(['--short', '--redis', 'kill', '--json', file])
    expect({ out, code }).toEqual({
      out: expect.stringMatching(/\npassed: every acknowledged effect exactly once, others at most once\n$/),
      code: 0,
    })
    expect(out).toMatch(/^double effects +0\nlost acknowledged +0\ndiffering replies +0\nunanswered +0$/m)
    expect(err).toMatch(/^\d+ of 100 dialogues, \d+ callbacks, \d+ gateways killed/m)
    const report = JSON.parse(await readFile(file, 'utf8')) as Report
    expect(report).toMatchObject({ holds: true, dialogues: 100, shortest: [] })
    expect(Object.values(report.kills).reduce((sum, one) => sum + one)).toBeGreaterThan(3)
    expect(report.redis.faults).toBeGreaterThan(1)
    expect(report.duplicates).toBeGreaterThan(10)
    expect(report).toMatchObject({ retries: 'mixed', settings: 'default' })
    expect(report.lateDuplicates).toBeGreaterThan(5)
    expect(new Set(Object.values(report.violations))).toEqual(new Set([0]))
  }, 300_000)

  it('finds the violations of a naive commit and shows the shortest dialogue without secrets', async () => {
    const { code, out } = await run(['--short', '--control', '--dialogues', '60'])
    expect(code).toBe(0)
    expect(out).toMatch(/^double effects +[1-9]\d*$/m)
    expect(out).toMatch(/^A subscriber .* \(\w+\):\n +\d+ ms {2}/m)
    expect(out).toMatch(/\npassed: the control has violations, as required\n$/)
    expect(out).not.toMatch(/\b\d{8}\b/)
  }, 300_000)

  it('fails when the control has no violation', async () => {
    const quiet = ['--crash', '0', '--kill-every', '0', '--network', 'off', '--parallel', '1']
    const { code, out } = await run(['--control', '--dialogues', '1', ...quiet])
    expect(out).toMatch(/\nFAILED: the control has no violation 'double effect', so the harness is blind\n$/)
    expect(code).toBe(1)
  }, 120_000)

  it('rejects wrong usage, and says what a power cut needs', async () => {
    const wrong = await run(['--redis', 'burn'])
    expect(wrong.err).toContain('Allowed choices are none, kill, stop, power-cut.')
    expect(wrong.code).toBe(2)
    const nowhere = await run(['--redis', 'power-cut'], { PATH: await pathWithoutCompiler() })
    expect(nowhere.err).toMatch(/^chaos: A power cut needs (a C compiler|Linux)/m)
    expect(nowhere.code).toBe(2)
  }, 120_000)
})

/** Returns a folder with a link to redis-server, to use as PATH without a compiler. */
async function pathWithoutCompiler(): Promise<string> {
  const binary = await findRedisBinary({ install: 'no' })
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const at = folders.map((one) => join(one, binary)).find((one) => existsSync(one))
  await symlink(at ?? '', join(folder, binary))
  return folder
}
