/** Dialogues of released versions on the menus as they are (decision 0038). */
import { describe, expect, it } from '@jest/globals'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { menus } from '../../../menus/index.ts'
import { compileMenu } from '../../../src/engine/menu.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import { holdAgainst } from './differences.ts'
import { readRelease, versionsIn, writeRelease } from './release.ts'
import { guardChanged, stateRenamed, textChanged } from '../../support/changed-menus.ts'
import { createDigestArgon2 } from '../../support/digest-argon2.ts'

const folder = 'test/verification/golden-dialogues/releases'
const versions = versionsIn(folder)
const last = versions.at(-1) ?? ''
// What is hashed is no part of a dialogue.
const argon2 = createDigestArgon2()
const lastOf = (menu: string, language: string) =>
  readRelease(folder, last).filter((one) => one.menu === menu && one.language === language)

const held = async (changed: Readonly<Record<string, Menu>>, hold: 'screens' | 'states' = 'screens') => {
  const [recording] = lastOf('*141*3*6#', 'en')
  if (!recording) throw new Error('nothing was recorded')
  return holdAgainst(recording, { menus: { ...menus, ...changed }, hold, argon2 })
}

describe('released dialogues', () => {
  it('are recorded of every menu and language, more than 200 of them, in small files', () => {
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
  it.each(releases)('of %s: %s in %s', async (version, _menu, _language, recording) => {
    const hold = version === last ? 'screens' : 'states'
    const { differences, wentOn, ended, dialogues } = await holdAgainst(recording, { menus, hold, argon2 })
    // The first says enough.
    expect(differences.slice(0, 1).join('')).toBe('')
    expect(dialogues).toBeGreaterThan(30)
    expect(wentOn + ended).toBeGreaterThan(60)
    // Of an unchanged machine every one goes on, of a changed one none.
    const { machine, screens } = (menus as Record<string, Menu>)[recording.menu] ?? menus['*141*0#']
    const isUnchanged = compileMenu(recording.menu, { machine, screens }).revision === recording.revision
    expect(isUnchanged ? ended : wentOn).toBe(0)
  })

  it('are written as they are read', () => {
    const to = mkdtempSync(join(tmpdir(), 'ussd-released-'))
    writeRelease(to, readRelease(folder, last))
    // A difference of these would fill the screen.
    const isSame = JSON.stringify(readRelease(to, last)) === JSON.stringify(readRelease(folder, last))
    rmSync(to, { recursive: true })
    expect(isSame).toBe(true)
  })
})

describe('a changed menu', () => {
  it('with another text: says which dialogue and turn, both texts, and what to do', async () => {
    const { differences, ended, wentOn } = await held({ '*141*3*6#': textChanged })
    expect([ended, wentOn > 50]).toEqual([0, true])
    const [first = ''] = differences
    expect(first.split('\n')).toEqual([
      expect.stringMatching(
        /^\*141\*3\*6# en, ".*": turn \d+, in which .* is typed, (is answered|goes on) otherwise/,
      ),
      expect.stringMatching(
        /^ {2}\d+\.\d+\.\d+: "Close access to self-care\?\\n2 Yes, close it\\n0 No", waiting/,
      ),
      expect.stringMatching(/^ {2}now: {3}"Shall access to self-care be closed\?\\n2 Yes\\n0 No", waiting/),
      expect.stringContaining('npm run release:record -- --release'),
    ])
  })

  it('with another text, once that is released: dialogues of the release before go on to the same states', async () => {
    const { differences, ended, wentOn } = await held({ '*141*3*6#': textChanged }, 'states')
    expect([differences, ended, wentOn > 50]).toEqual([[], 0, true])
  })

  it('with a renamed state: ends those that were begun politely, and is the same from the start', async () => {
    const { differences, ended, wentOn } = await held({ '*141*3*6#': stateRenamed })
    expect([differences, wentOn, ended > 50]).toEqual([[], 0, true])
  })

  it('with another guard: ends those that were begun politely, and differs from the start', async () => {
    const { differences, ended, wentOn } = await held({ '*141*3*6#': guardChanged })
    expect([wentOn, ended > 50]).toEqual([0, true])
    expect(differences[0]).toMatch(/turn 4, in which '\w+' is typed, is answered otherwise/)
    const older = await held({ '*141*3*6#': guardChanged }, 'states')
    expect([older.differences, older.wentOn, older.ended > 50]).toEqual([[], 0, true])
  })

  it('that is gone: ends those that were begun politely', async () => {
    const [recording] = lastOf('*141*3*6#', 'be')
    if (!recording) throw new Error('nothing was recorded')
    const without = { '*141*0#': menus['*141*0#'] }
    const { differences, wentOn } = await holdAgainst(recording, { menus: without, hold: 'states', argon2 })
    expect([differences, wentOn]).toEqual([[], 0])
  })
})
