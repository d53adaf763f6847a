import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals'
import { command } from '../../src/cli/diagram.ts'
import { executeCommand } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'diagram-'))
afterAll(() => rmSync(folder, { recursive: true }))

const diagram = (...args: readonly string[]) => executeCommand(command, args)

const inFolder = (name: string) => join(folder, name)
const change = (name: string) => writeFileSync(inFolder(name), readFileSync(inFolder(name), 'utf8') + ' ')

describe('ussd diagram', () => {
  beforeEach(() => {
    for (const name of readdirSync(folder)) rmSync(inFolder(name))
    cpSync('docs/menus', folder, { recursive: true })
  })

  it('reports that docs/menus is up to date', async () => {
    expect(await diagram('--check')).toEqual({ code: 0, out: 'docs/menus is up to date\n', err: '' })
  })

  it('with --check, names outdated files and writes nothing', async () => {
    change('access.md')
    rmSync(inFolder('password.svg'))
    cpSync(inFolder('access.svg'), inFolder('gone.svg'))
    const { code, out } = await diagram('--check', '--into', folder)
    expect(out).toBe(
      [
        `${folder}/password.svg is outdated`,
        `${folder}/access.md is outdated`,
        `${folder}/gone.svg belongs to no menu`,
        'Run npm run diagram to update them.\n',
      ].join('\n'),
    )
    expect(code).toBe(1)
    expect(existsSync(inFolder('password.svg'))).toBe(false)
    expect(readFileSync(inFolder('access.md'), 'utf8')).not.toBe(readFileSync('docs/menus/access.md', 'utf8'))
  })

  it('updates outdated files, and removes generated files of deleted menus only', async () => {
    change('access.svg')
    cpSync(inFolder('access.md'), inFolder('gone.md'))
    writeFileSync(inFolder('notes.md'), '# Notes\n')
    const { code, out } = await diagram('--into', folder)
    expect({ code, out }).toEqual({
      code: 0,
      out: `wrote ${folder}/access.svg\nremoved ${folder}/gone.md\n`,
    })
    expect(readdirSync(folder).toSorted()).toEqual([...readdirSync('docs/menus'), 'notes.md'].toSorted())
    expect(readFileSync(inFolder('access.svg'), 'utf8')).toBe(readFileSync('docs/menus/access.svg', 'utf8'))
  })

  it('rejects an unknown option', async () => {
    const { code, err } = await diagram('--int', folder)
    expect(err).toContain("unknown option '--int'")
    expect(code).toBe(2)
  })
})
