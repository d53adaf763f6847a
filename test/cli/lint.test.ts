import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { command } from '../../src/cli/lint.ts'
import { readShortcuts } from '../../src/cli/shortcuts.ts'
import { blocks, examples, read } from '../docs/documents.ts'
import { executeCommand } from '../support/command.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lint-menus-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Writes a file of shortcuts. */
async function fileWith(text: string): Promise<string> {
  const file = join(folder, 'shortcuts.yaml')
  await writeFile(file, text)
  return file
}

const lint = (...args: string[]) => executeCommand(command, args)

describe('ussd lint', () => {
  it('prints what it checked, as the documentation shows', async () => {
    const [shown] = examples(read('docs/guides/write-a-menu.md')).filter(
      ({ command }) => command === 'npm run -s lint',
    )
    expect(await lint()).toEqual({ code: 0, out: `${shown?.output}\n`, err: '' })
  })

  it('reads the shortcuts of the documentation', () => {
    const [shown] = blocks(read('docs/guides/write-a-menu.md'), 'yaml')
    expect(read('menus/shortcuts.yaml')).toContain(`${shown}\n`)
  })

  it('prints a line for each problem, and fails', async () => {
    const file = await fileWith(`
'*141*3*6*1#':
  says: close access
  leads to: [closeConfirmation]
'*142#': { says: nothing, leads to: [nothing] }
`)
    const { code, out } = await lint('--shortcuts', file)
    expect(out).toMatch(/^\d+ menus, \d+ screens, 3 languages, 2 shortcuts\n/)
    expect(out.split('\n').slice(1)).toEqual([
      'shortcut *141*3*6*1# (close access): leads to [closeConfirmation, closedByOperator, closedByOrganisation, puk1, puk1Locked, unavailable] of *141*3*6#, but its entry says [closeConfirmation]',
      'shortcut *142# (nothing): matches no menu',
      '',
    ])
    expect(code).toBe(1)
  })

  it('locates errors in the file of shortcuts, and fails', async () => {
    const file = await fileWith("'*141*0#':\n  say: set a password\n  leads to: [password]\n")
    const { code, out } = await lint('--shortcuts', file)
    expect(out.split('\n').slice(1)).toEqual([
      `${file}:1:1: 'says' must be the published description`,
      `${file}:2:3: unknown field 'say'; use 'says' and 'leads to'`,
      '',
    ])
    expect(code).toBe(1)
  })

  it('prints its usage, and rejects invalid options', async () => {
    const help = await lint('--help')
    expect(help.out).toMatch(/^Usage: ussd lint \[options\]\n/)
    expect(help.code).toBe(0)
    expect(await lint('--shortcut')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('unknown option'),
    })
    expect(await lint('--shortcuts', join(folder, 'gone.yaml'))).toEqual({
      code: 2,
      out: '',
      err: `lint: cannot read ${join(folder, 'gone.yaml')}; name another file with --shortcuts\n`,
    })
  })
})

describe('a file of shortcuts', () => {
  it('is read in order, with every value as text', () => {
    const text = "'*100*1#':\n  says: 12\n  leads to: [yes, 3]\n'#100#': { says: 'no', leads to: [a] }\n"
    expect(readShortcuts(text, 'f')).toEqual({
      kind: 'read',
      shortcuts: [
        { dialled: '*100*1#', says: '12', leadsTo: ['yes', '3'] },
        { dialled: '#100#', says: 'no', leadsTo: ['a'] },
      ],
    })
  })

  it.each(['', '# none yet\n', '{}\n'])('may be empty: %j', (text) => {
    expect(readShortcuts(text, 'f')).toEqual({ kind: 'read', shortcuts: [] })
  })

  const must = "must have 'says' and 'leads to'"
  it.each([
    ['*141*0#: { says: x, leads to: [a] }\n', "1:1: quote the code: '*141*0#'"],
    [
      "'*1#': { says: x, leads to: [a] }\n*2# : { says: x, leads to: [a] }\n",
      "2:1: quote the code: '*141*0#'",
    ],
    [
      "'*1#': { says: x, leads to: [a] }\n'*1#': { says: y, leads to: [a] }\n",
      '2:1: Map keys must be unique',
    ],
    ["'*1#': [x,\n", '2:1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ["'*1#':\n  says: !!int 3\n  leads to: [a]\n", '2:9: Unresolved tag: tag:yaml.org,2002:int'],
    ["'*1#':\n  says: x\n  leads to: a\n", "3:3: 'leads to' must be a list of screens"],
    ["'*1#':\n  says: x\n  leads to: []\n", "3:3: 'leads to' must name at least one screen"],
    ["'*1#':\n  says: x\n  leads to: [[a]]\n", "3:14: 'leads to' must be a list of screens"],
    ["'*1#':\n  says: ' '\n  leads to: [a]\n", "2:3: 'says' must be the published description"],
    ["'*1#':\n", `1:1: ${must}`],
    ["\n'*1#': x\n", `2:1: ${must}`],
    ['- x\n', '1:1: must be a mapping of dialled strings to shortcuts'],
  ])('is rejected with a line and a column: %j', (text, problem) => {
    expect(readShortcuts(text, 'f')).toEqual({ kind: 'malformed', problems: [`f:${problem}`] })
  })
})
