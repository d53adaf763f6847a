/** The project that `ussd init` writes, and every command on it, as a package installs them. */
import { execFile, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { command } from '../../src/cli/init.ts'
import { BUILD } from '../support/build.ts'
import { executeCommand } from '../support/command.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ussd-init-'))
  // The package as npm installs it: its build, and its dependencies around it.
  const installed = join(folder, 'node_modules/ussd-gateway')
  await mkdir(join(folder, 'node_modules'), { recursive: true })
  await mkdir(installed)
  await cp(join(root, 'package.json'), join(installed, 'package.json'))
  await cp(BUILD, join(installed, 'dist'), { recursive: true })
  await symlink(join(root, 'node_modules'), join(installed, 'node_modules'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const bin = () => join(folder, 'node_modules/ussd-gateway/dist/src/cli/bin.cjs')

/** Runs `ussd` in a folder of the installation. Rejects when it fails. */
const ussd = (cwd: string, ...args: readonly string[]) =>
  run(process.execPath, [bin(), ...args], { cwd: join(folder, cwd), env: { PATH: process.env['PATH'] } })

const textOf = (...path: readonly string[]) => readFile(join(folder, ...path), 'utf8')

describe('ussd init', () => {
  it('writes a project whose lint, scripts, exploration and test pass', async () => {
    const { stdout } = await ussd('.', 'init', 'shop', '--languages', 'ru,en', '--country', 'BY')
    expect(stdout).toContain('wrote shop/ussd.config.ts\n')
    expect(stdout).toMatch(
      /cd shop && npm install\n {2}npx ussd serve --watch\n {2}npx ussd dial '\*384#'\n$/,
    )
    const dependency = (JSON.parse(await textOf('shop/package.json')) as { dependencies: object })
      .dependencies
    expect(dependency).toEqual({ 'ussd-gateway': 'file:../node_modules/ussd-gateway' })

    expect((await ussd('shop', 'lint')).stdout).toBe(
      '1 menus, 5 screens, 2 languages, 0 shortcuts\nno problems\n',
    )
    expect((await ussd('shop', 'walk')).stdout).toMatch(/\n2 passed, 0 failed\n$/)
    expect((await ussd('shop', 'explore')).stdout).toMatch(/ passed, 0 failed\n$/)
    const tested = await run(process.execPath, ['--test', 'test/'], { cwd: join(folder, 'shop') })
    expect(tested.stdout).toMatch(/^# pass 1$/m)
  })

  it('asks to translate where no messages ship', async () => {
    await ussd('.', 'init', 'laden', '--languages', 'de-AT', '--country', 'BY')
    expect(await textOf('laden/ussd.config.ts')).toMatch(
      /Translate these texts[^]*'de-AT': \{\n {6}notUnderstood: /,
    )
    expect((await ussd('laden', 'lint')).stdout).toContain('no problems')
  })

  it('refuses a folder that is not empty, and writes nothing', async () => {
    await mkdir(join(folder, 'full'))
    await writeFile(join(folder, 'full/notes.txt'), '')
    const { code, err } = await executeCommand(command, [join(folder, 'full')])
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('is not empty. Name a new folder: ussd init shop\n'),
    ])
  })

  it.each([
    [['--languages', 'en,x!'], "--languages: 'x!' is not a BCP 47 tag"],
    [['--country', 'Kenya'], "--country: 'Kenya' is not a country code of two letters"],
  ])('explains %j', async (args, message) => {
    const { code, err } = await executeCommand(command, [join(folder, 'new'), ...args])
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('a project in TypeScript', () => {
  const project = async (name: string, config: string) => {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'ussd.config.ts'), config)
  }

  it('shares its lookups and secrets with the gateway', async () => {
    await project(
      'shared',
      `import { defineProject } from 'ussd-gateway'
      import { lookup, setup } from 'ussd-gateway/authoring'
      const machine = setup({ actors: { read: lookup<undefined, { left: number }>() } }).createMachine({
        id: 'shared', initial: 'menu',
        states: {
          menu: { on: { 1: 'reading', 0: 'bye' } },
          reading: { invoke: { src: 'read', onDone: 'bye', onError: 'bye' } },
          bye: { type: 'final' },
        },
      })
      const screens = { menu: { en: 'Menu\\n1 Read\\n0 Exit' }, bye: { en: 'Bye' } }
      export default defineProject({
        languages: ['en'], codes: { '*384#': { machine, screens } },
        services: () => ({ read: async () => ({ left: 1 }) }),
      })`,
    )
    // A choice may run a lookup without a confirmation, and nothing else.
    expect((await ussd('shared', 'lint')).stdout).toContain('no problems')
  })

  it.each([
    [
      'broken',
      "export default defineProject({ languages: ['en'], codes: {} })",
      /ussd\.config\.ts cannot be loaded: .*defineProject is not defined/,
    ],
    [
      'nothing',
      'export const codes = {}',
      /ussd\.config\.ts exports no project\. It must have: export default defineProject/,
    ],
    [
      'wrong',
      "import { defineProject } from 'ussd-gateway'\nexport default defineProject({ languages: ['en'], codes: { '384': {} } })",
      /ussd\.config\.ts: [^]*codes: '384' is not a code/,
    ],
  ])('that is %s is named with its file', async (name, config, message) => {
    await project(name, config)
    await expect(ussd(name, 'lint')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(message),
    })
  })

  it('is missing: the command says what to do', async () => {
    await mkdir(join(folder, 'empty'))
    await expect(ussd('empty', 'serve')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Create one with 'ussd init shop', or name its file with --project."),
    })
    await expect(ussd('empty', 'lint', '--project', 'gone.ts')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('gone.ts does not exist'),
    })
  })
})

describe('ussd serve', () => {
  it('refuses menus to which a published shortcut does not lead', async () => {
    await ussd('.', 'init', 'published', '--country', 'BY')
    await writeFile(
      join(folder, 'published/menus/shortcuts.yaml'),
      "'*384*1#':\n  says: Opening hours\n  leads to: [name]\n",
    )
    await expect(ussd('published', 'serve')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^the published shortcuts do not fit the menus:\n {2}shortcut \*384\*1#.* leads to \[hours\]/,
      ),
    })
  })
})

describe('a folder without a project', () => {
  it('has the commands that test another application', async () => {
    await mkdir(join(folder, 'foreign'), { recursive: true })
    const script = `title: Hello\nturns: [{ dials: '*1#', ends: Hello }]\n`
    await writeFile(join(folder, 'foreign/hello.yaml'), script)
    const application = createServer((_request, response) => response.end('END Hello')).listen(0, '127.0.0.1')
    await once(application, 'listening')
    const url = `http://127.0.0.1:${(application.address() as AddressInfo).port}/`
    try {
      expect((await ussd('foreign', 'walk', 'hello.yaml', '--url', url)).stdout).toContain(
        '1 passed, 0 failed',
      )
      expect(JSON.parse((await ussd('foreign', 'walk', '--schema')).stdout)).toMatchObject({
        title: 'Walkthrough',
      })
      await expect(ussd('foreign', 'walk', 'hello.yaml')).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('there is no project in this folder'),
      })
    } finally {
      application.close()
    }
  })
})

describe('ussd serve --watch', () => {
  it('starts again when a menu changes, and waits while the project is broken', async () => {
    await ussd('.', 'init', 'watched', '--country', 'BY')
    const child = spawn(process.execPath, [bin(), 'serve', '--watch'], {
      cwd: join(folder, 'watched'),
      env: { PATH: process.env['PATH'], PORT: '0' },
    })
    const [out, err] = [createInterface(child.stdout), createInterface(child.stderr)].map((lines) =>
      on(lines, 'line'),
    ) as [NodeJS.AsyncIterator<[string]>, NodeJS.AsyncIterator<[string]>]
    const lineWith = async (lines: NodeJS.AsyncIterator<[string]>, word: string): Promise<string> => {
      for (;;) {
        const { value } = (await lines.next()) as { value: [string] }
        if (value[0].includes(word)) return value[0]
      }
    }
    const dial = async () => {
      const { url } = JSON.parse(await lineWith(out, '"server.listening"')) as { url: string }
      return (await fetch(`${url}/handsets/+375291234567`, { method: 'POST', body: '*384#' })).text()
    }
    const menu = join(folder, 'watched/menus/shop.ts')
    const source = await readFile(menu, 'utf8')
    try {
      expect(await dial()).toContain('Welcome to the shop')
      await writeFile(menu, source.replace('Welcome to the shop', 'Welcome to our shop'))
      expect(await dial()).toContain('Welcome to our shop')
      await writeFile(menu, source.replace("initial: 'welcome'", 'initial: '))
      await lineWith(err, 'cannot be loaded')
      await writeFile(menu, source)
      expect(await dial()).toContain('Welcome to the shop')
    } finally {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  })
})
