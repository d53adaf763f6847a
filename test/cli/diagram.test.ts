import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals'
import { runCommand } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'diagram-'))
afterAll(() => rmSync(folder, { recursive: true }))

const diagram = (...args: readonly string[]) => runCommand('src/cli/diagram', args)

const inFolder = (name: string) => join(folder, name)
const change = (name: string) => writeFileSync(inFolder(name), readFileSync(inFolder(name), 'utf8') + ' ')

describe('npm run diagram', () => {
  beforeEach(() => {
    for (const name of readdirSync(folder)) rmSync(inFolder(name))
    cpSync('docs/menus', folder, { recursive: true })
  })

  it('has been run: docs/menus is current', async () => {
    expect(await diagram('--check')).toEqual({ code: 0, out: 'docs/menus is current\n', err: '' })
  })

  it('--check names what is not current, and writes nothing', async () => {
    change('access.md')
    rmSync(inFolder('password.svg'))
    cpSync(inFolder('access.svg'), inFolder('gone.svg'))
    const { code, out } = await diagram('--check', '--into', folder)
    expect(out).toBe(
      [
        `${folder}/password.svg is not current`,
        `${folder}/access.md is not current`,
        `${folder}/gone.svg is of a menu that is gone`,
        'npm run diagram writes them anew\n',
      ].join('\n'),
    )
    expect(code).toBe(1)
    expect(existsSync(inFolder('password.svg'))).toBe(false)
    expect(readFileSync(inFolder('access.md'), 'utf8')).not.toBe(readFileSync('docs/menus/access.md', 'utf8'))
  })

  it('writes what is not current, and removes what it wrote for a menu that is gone, and nothing else', async () => {
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

  it('is called wrongly with what it does not know', async () => {
    const { code, err } = await diagram('--int', folder)
    expect(err).toContain("unknown option '--int'")
    expect(code).toBe(2)
  })
})
