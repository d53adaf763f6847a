import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PLACEHOLDER } from '../../src/walkthrough/script/secrets.ts'
import { readScripts } from '../../src/walkthrough/script/read.ts'
import { walkCommand } from '../../src/cli/walk/command.ts'
import { blocks, examples, filesUnder, quoted, read, root, rows, section } from './documents.ts'

const document = read('docs/walkthroughs.md')
const scripts = blocks(document, 'yaml').filter((block) => block.startsWith('title:'))

let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'walk-docs-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What the command prints when the script lies beside it. */
async function walk(script: string): Promise<string> {
  const file = join(folder, 'script.yaml')
  await writeFile(file, script)
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/walk.ts', file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'] },
  })
  return text(child.stdout)
}

describe('docs/walkthroughs.md', () => {
  it('prints what its transcript says', async () => {
    const [shown] = examples(document).filter(({ command }) => command.includes('walk'))
    expect(await walk(scripts[0] ?? '')).toBe(`${shown?.output}\n`)
  })

  it('shows scripts that pass', async () => {
    expect(scripts.length).toBeGreaterThan(1)
    expect(await walk(scripts.join('\n---\n'))).toMatch(
      new RegExp(`\\n${scripts.length} passed, 0 failed\\n$`),
    )
  })

  it('knows every option that it names, and names the reports', () => {
    const known = walkCommand.options.map(({ long }) => long)
    const [ofWalking = ''] = document.split('## Exploring')
    const named = [...ofWalking.matchAll(/npm run (?:-s )?walk -- [^\n]*/g)].flatMap(
      ([line]) => line.match(/--[a-z-]+(?= |$)/g) ?? [],
    )
    const inProse = quoted(ofWalking).filter((code) => /^--(?!record$)[a-z][a-z-]*$/.test(code))
    expect(
      [...new Set([...named, ...inProse])].filter((option) => !['--', '--help', ...known].includes(option)),
    ).toEqual([])
  })

  it('lists placeholders that a script takes', () => {
    const listed = rows(section(document, 'Secrets')).flatMap(([first = '']) => quoted(first))
    expect(listed.length).toBeGreaterThan(3)
    expect(listed.filter((placeholder) => !PLACEHOLDER.test(placeholder))).toEqual([])
  })

  it('lists turns that a script takes', () => {
    const listed = rows(section(document, 'What they do')).flatMap(([first = '']) => quoted(first))
    expect(listed.length).toBeGreaterThan(10)
    for (const turn of listed) {
      const whole = turn.replace(/…(?=,)/, "'41829375'").replace('…', "'80291'")
      const status = /^(logs|visits|sets|manages)/.test(turn) ? '\n    answers: 200' : ''
      const script = `title: t\nhandsets:\n  alice: '+375291000001'\n  bob: '+375291000002'\nturns:\n  - as: alice\n    ${whole}${status}\n`
      expect({ turn, read: readScripts(script, turn).kind }).toEqual({ turn, read: 'ok' })
    }
  })
})

describe('scripts/walkthroughs', () => {
  const walkthroughs = filesUnder('scripts/walkthroughs').flatMap((path) => {
    const result = readScripts(read(path), path)
    return result.kind === 'ok' ? result.walkthroughs : []
  })

  it.each(Array.from({ length: 12 }, (_, at) => `L${at + 1}`))('has one for rule %s', (rule) => {
    expect(walkthroughs.filter(({ rules }) => rules.includes(rule))).not.toEqual([])
  })

  it('names no rule that is not in docs/architecture.md', () => {
    const known = rows(section(read('docs/architecture.md'), 'Rules the code cites')).map(([rule]) => rule)
    expect(walkthroughs.flatMap(({ rules }) => rules).filter((rule) => !known.includes(rule))).toEqual([])
  })
})
