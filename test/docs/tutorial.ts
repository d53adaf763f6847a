/** Follows "Write a menu" of the README in a scratch copy of the repository. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { blocks, read, root, section } from './documents.ts'

const COPIED = ['menus', 'src', 'scripts', 'test', 'docs', 'package.json', 'tsconfig.json', 'jest.config.js']

export interface TutorialCopy {
  readonly folder: string
  /** Runs Node in the copy; returns its exit code and its output. */
  run(...args: readonly string[]): Promise<{ readonly code: unknown; readonly output: string }>
  remove(): void
}

/** Copies the repository and adds the menu of the tutorial to it. */
export function followTutorial(): TutorialCopy {
  const tutorial = section(read('README.md'), 'Write a menu')
  const folder = mkdtempSync(join(tmpdir(), 'tutorial-'))
  for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const [menu = ''] = blocks(tutorial, 'ts')
  writeFileSync(join(folder, 'menus/contacts.ts'), `${menu}\n`)
  const index = join(folder, 'menus/index.ts')
  const [diff = ''] = blocks(tutorial, 'diff')
  writeFileSync(index, patched(readFileSync(index, 'utf8'), diff))
  return {
    folder,
    async run(...args) {
      const child = spawn(process.execPath, args, {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], TEST_REDIS_URL: process.env['TEST_REDIS_URL'], PORT: '0' },
      })
      const closed = once(child, 'close')
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
      const [code] = (await closed) as [unknown]
      return { code, output: out + err }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Inserts the added lines of a diff next to the unchanged line that follows or precedes them. */
function patched(source: string, diff: string): string {
  const lines = diff.split('\n')
  return lines.reduce((text, line, at) => {
    if (!line.startsWith('+')) return text
    const [before = '', after = ''] = [lines[at - 1]?.slice(1), lines[at + 1]?.slice(1)]
    const anchor = before === '' ? after : before
    if (!text.includes(`${anchor}\n`)) throw new Error(`menus/index.ts has no line '${anchor}'`)
    const inserted = before === '' ? `${line.slice(1)}\n${anchor}\n` : `${anchor}\n${line.slice(1)}\n`
    return text.replace(`${anchor}\n`, inserted)
  }, source)
}
