import { describe, expect, it } from '@jest/globals'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { menus } from '../../../menus/index.ts'
import { compileMenu } from '../../../src/engine/menu.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import { compareWith } from './differences.ts'
import type { CompareOptions } from './differences.ts'
import { readRelease, versionsIn, writeRelease } from './release.ts'
import { guardChanged, stateRenamed, textChanged } from '../../support/changed-menus.ts'
import { runCommand } from '../../support/command.ts'

const folder = 'test/verification/golden-dialogues/releases'
const versions = versionsIn(folder)
const last = versions.at(-1) ?? ''
const lastOf = (menu: string, language: string) =>
  readRelease(folder, last).filter((one) => one.menu === menu && one.language === language)

const compare = async (
  changed: Readonly<Record<string, Menu>>,
  what: CompareOptions['compare'] = 'screens',
) => {
  const [recording] = lastOf('*141*3*6#', 'en')
  if (!recording) throw new Error('There is no recording.')
  return compareWith(recording, { menus: { ...menus, ...changed }, compare: what })
}

describe('golden dialogues', () => {
  it('cover every menu and language in less than 400 kB', () => {
    const recordings = readRelease(folder, last)
    expect(new Set(recordings.map(({ menu }) => menu))).toEqual(new Set(Object.keys(menus)))
    expect(recordings).toHaveLength(Object.keys(menus).length * 3)
    expect(recordings.flatMap(({ dialogues }) => dialogues).length).toBeGreaterThan(200)
    const files = readdirSync(join(folder, last)).map((file) => join(folder, last, file))
    expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(400_000)
  })

  const releases = versions.flatMap((version) =>
    readRelease(folder, version).map(
      (recording) => [version, recording.menu, recording.language, recording] as const,
    ),
  )
  it.each(releases)(
    '%s: %s in %s continue or end with menuChanged',
    async (version, _menu, _language, recording) => {
      const options = { menus, compare: version === last ? 'screens' : 'states' } as const
      const { differences, continued, ended, dialogues } = await compareWith(recording, options)
      // One difference is enough to read.
      expect(differences.slice(0, 1).join('')).toBe('')
      expect(dialogues).toBeGreaterThan(30)
      expect(continued + ended).toBeGreaterThan(60)
      // Every dialogue of an unchanged machine continues; every dialogue of a changed one ends.
      const { machine, screens } = (menus as Record<string, Menu>)[recording.menu] ?? menus['*141*0#']
      const isUnchanged = compileMenu(recording.menu, { machine, screens }).revision === recording.revision
      expect(isUnchanged ? ended : continued).toBe(0)
    },
  )

  it('are unchanged after reading and writing', () => {
    const to = mkdtempSync(join(tmpdir(), 'ussd-released-'))
    writeRelease(to, readRelease(folder, last))
    // A diff of the recordings would fill the screen.
    const isSame = JSON.stringify(readRelease(to, last)) === JSON.stringify(readRelease(folder, last))
    rmSync(to, { recursive: true })
    expect(isSame).toBe(true)
  })
})

describe('npm run release:record -- --check', () => {
  it('prints the figures of all recordings', async () => {
    const { code, out } = await runCommand('test/verification/golden-dialogues', ['--check'])
    expect(out).toMatch(/^\d{3,} dialogues, \d{4,} turns: 0 differences\n$/)
    expect(code).toBe(0)
  })
})

describe('a changed menu', () => {
  it('with another text: reports the dialogue, the turn, both texts and what to do', async () => {
    const { differences, ended, continued } = await compare({ '*141*3*6#': textChanged })
    expect([ended, continued > 50]).toEqual([0, true])
    const [first = ''] = differences
    expect(first.split('\n')).toEqual([
      expect.stringMatching(
        /^\*141\*3\*6# en, ".*": turn \d+ \(.* typed\) (has a different answer|differs when resumed)/,
      ),
      expect.stringMatching(
        /^ {2}\d+\.\d+\.\d+: "Close access to self-care\?\\n2 Yes, close it\\n0 No", waiting/,
      ),
      expect.stringMatching(/^ {2}now: {3}"Shall access to self-care be closed\?\\n2 Yes\\n0 No", waiting/),
      expect.stringContaining('npm run release:record -- --release'),
    ])
  })

  it('with another text: dialogues of an older release continue to the same states', async () => {
    const { differences, ended, continued } = await compare({ '*141*3*6#': textChanged }, 'states')
    expect([differences, ended, continued > 50]).toEqual([[], 0, true])
  })

  it('with a renamed state: ends resumed dialogues with menuChanged and plays new ones unchanged', async () => {
    const { differences, ended, continued } = await compare({ '*141*3*6#': stateRenamed })
    expect([differences, continued, ended > 50]).toEqual([[], 0, true])
  })

  it('with another guard: ends resumed dialogues with menuChanged and plays new ones differently', async () => {
    const { differences, ended, continued } = await compare({ '*141*3*6#': guardChanged })
    expect([continued, ended > 50]).toEqual([0, true])
    expect(differences[0]).toMatch(/turn 4 \('\w+' typed\) has a different answer/)
    const older = await compare({ '*141*3*6#': guardChanged }, 'states')
    expect([older.differences, older.continued, older.ended > 50]).toEqual([[], 0, true])
  })

  it('that was removed: ends resumed dialogues with menuChanged', async () => {
    const [recording] = lastOf('*141*3*6#', 'be')
    if (!recording) throw new Error('There is no recording.')
    const without = { '*141*0#': menus['*141*0#'] }
    const { differences, continued } = await compareWith(recording, { menus: without, compare: 'states' })
    expect([differences, continued]).toEqual([[], 0])
  })
})
