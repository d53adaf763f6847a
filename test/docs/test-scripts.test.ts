import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { placeholderPattern } from '../../src/walkthrough/script/secrets.ts'
import { record } from '../../menus/record.ts'
import { readScripts } from '../../src/walkthrough/script/read.ts'
import { command } from '../../src/cli/walk.ts'
import { blocks, examples, filesUnder, quoted, read, rows, section } from './documents.ts'
import { executeCommand } from '../support/command.ts'

const guide = read('docs/guides/test-scripts.md')
const scripts = blocks(guide, 'yaml').filter((block) => block.startsWith('title:'))

let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'walk-docs-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The output of `npm run walk` for a script. */
async function walk(script: string): Promise<string> {
  const file = join(folder, 'script.yaml')
  await writeFile(file, script)
  return (await executeCommand(command, [file])).out
}

describe('docs/guides/test-scripts.md', () => {
  it('shows the output of its first script', async () => {
    const [shown] = examples(guide).filter(({ command }) => command.includes('walk'))
    expect(await walk(scripts[0] ?? '')).toBe(`${shown?.output}\n`)
  })

  it('shows scripts that pass', async () => {
    expect(scripts.length).toBeGreaterThan(1)
    expect(await walk(scripts.join('\n---\n'))).toMatch(
      new RegExp(`\\n${scripts.length} passed, 0 failed\\n$`),
    )
  })

  it('names options that exist', () => {
    const known = ['--', '--help', ...(command.help().match(/--[a-z][a-z-]*/g) ?? [])]
    const [aboutWalk = ''] = guide.split('## Exploration')
    const inCommands = [...aboutWalk.matchAll(/npm run (?:-s )?walk -- [^\n]*/g)].flatMap(
      ([line]) => line.match(/--[a-z-]+(?= |$)/g) ?? [],
    )
    const inProse = quoted(aboutWalk).filter((code) => /^--[a-z][a-z-]*$/.test(code))
    expect([...new Set([...inCommands, ...inProse])].filter((option) => !known.includes(option))).toEqual([])
  })

  it('lists placeholders that a script accepts', () => {
    const listed = rows(section(guide, 'Secrets')).flatMap(([first = '']) => quoted(first))
    expect(listed.length).toBeGreaterThan(3)
    expect(
      listed.filter((placeholder) => !placeholderPattern(Object.keys(record.secrets)).test(placeholder)),
    ).toEqual([])
  })

  it('lists actions that a script accepts', () => {
    const listed = rows(section(guide, 'Actions')).flatMap(([first = '']) => quoted(first))
    expect(listed.length).toBeGreaterThan(10)
    for (const turn of listed) {
      const filled = turn.replace(/…(?=,)/, "'41829375'").replace('…', "'80291'")
      const status = /^(logs|visits|sets|manages)/.test(turn) ? '\n    answers: 200' : ''
      const script = `title: t\nhandsets:\n  alice: '+375291000001'\n  bob: '+375291000002'\nturns:\n  - as: alice\n    ${filled}${status}\n`
      expect({ turn, read: readScripts(script, turn, record).kind }).toEqual({ turn, read: 'ok' })
    }
  })
})

describe('scripts/walkthroughs', () => {
  const walkthroughs = filesUnder('scripts/walkthroughs').flatMap((path) => {
    const result = readScripts(read(path), path, record)
    return result.kind === 'ok' ? result.walkthroughs : []
  })

  it.each(Array.from({ length: 12 }, (_, at) => `L${at + 1}`))('covers rule %s', (rule) => {
    expect(walkthroughs.filter(({ rules }) => rules.includes(rule))).not.toEqual([])
  })

  it('cites rules that docs/explanation/architecture.md lists', () => {
    const known = rows(section(read('docs/explanation/architecture.md'), 'Rules')).map(([rule]) => rule)
    expect(walkthroughs.flatMap(({ rules }) => rules).filter((rule) => !known.includes(rule))).toEqual([])
  })
})
