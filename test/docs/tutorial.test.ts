/** Follows "Write a menu" of the README in a scratch copy of the repository. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { blocks, read, root, section } from './documents.ts'

const tutorial = section(read('README.md'), 'Write a menu')
const COPIED = ['menus', 'src', 'scripts', 'test', 'docs', 'package.json', 'tsconfig.json', 'jest.config.js']

// A compiler and a test run inside a test take minutes on a busy machine.
jest.setTimeout(600_000)

let folder = ''
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutorial-'))
  for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const [menu = ''] = blocks(tutorial, 'ts')
  writeFileSync(join(folder, 'menus/contacts.ts'), `${menu}\n`)
  const index = join(folder, 'menus/index.ts')
  const [diff = ''] = blocks(tutorial, 'diff')
  writeFileSync(index, patched(readFileSync(index, 'utf8'), diff))
})

/** Inserts the added lines of a diff next to the unchanged line that follows or precedes them. */
function patched(source: string, diff: string): string {
  const lines = diff.split('\n')
  return lines.reduce((text, line, at) => {
    if (!line.startsWith('+')) return text
    const [before = '', after = ''] = [lines[at - 1]?.slice(1), lines[at + 1]?.slice(1)]
    const anchor = before === '' ? after : before
    expect(text).toContain(`${anchor}\n`)
    const inserted = before === '' ? `${line.slice(1)}\n${anchor}\n` : `${anchor}\n${line.slice(1)}\n`
    return text.replace(`${anchor}\n`, inserted)
  }, source)
}

/** Runs Node in the copy; returns its exit code and its output. */
async function run(...args: readonly string[]): Promise<{ readonly code: unknown; readonly output: string }> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], TEST_REDIS_URL: process.env['TEST_REDIS_URL'], PORT: '0' },
  })
  const closed = once(child, 'close')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await closed) as [unknown]
  return { code, output: out + err }
}

const tsx = ['--import', 'tsx'] as const
const jestArgs = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'] as const

describe('the tutorial of the README', () => {
  it('gives a menu that compiles, with everything that lists the menus', async () => {
    const config = { extends: './tsconfig.json', include: ['menus', 'test/menus', 'src/cli'] }
    writeFileSync(join(folder, 'tsconfig.menus.json'), JSON.stringify(config))
    expect(await run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.menus.json')).toEqual({
      code: 0,
      output: '',
    })
  })

  it('gives a menu without problems', async () => {
    const { code, output } = await run(...tsx, 'src/cli/ussd.ts', 'lint')
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(/^3 menus,.*\nno problems\n$/),
    })
  })

  it('gives a menu that can be drawn', async () => {
    const { code, output } = await run(...tsx, 'src/cli/ussd.ts', 'diagram')
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('contacts.svg') })
  })

  it('gives a menu that passes the tests of every menu', async () => {
    const { code, output } = await run(...jestArgs, 'test/menus', '--reporters=default', '--verbose')
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining('all dialogues of *141*5# in en'),
    })
  })

  it('gives a menu that answers', async () => {
    const phone = [...tsx, 'src/cli/ussd.ts', 'dial', '*141*5#', '--msisdn', '+375291234563']
    const { output } = await run(...phone)
    expect(output).toContain('Contacts\n')
  })
})
