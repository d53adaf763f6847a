import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { followTutorial } from '../docs/tutorial.ts'
import type { TutorialCopy } from '../docs/tutorial.ts'

// A compiler and a test run inside a test take minutes on a busy machine.
jest.setTimeout(600_000)

const tsx = ['--import', 'tsx'] as const
const jestArgs = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'] as const

let tutorial: TutorialCopy
beforeAll(() => void (tutorial = followTutorial()))
afterAll(() => tutorial.remove())

describe('the tutorial of the README', () => {
  it('gives a menu that compiles, with everything that lists the menus', async () => {
    const config = { extends: './tsconfig.json', include: ['menus', 'test/menus', 'src/cli'] }
    writeFileSync(join(tutorial.folder, 'tsconfig.menus.json'), JSON.stringify(config))
    expect(await tutorial.run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.menus.json')).toEqual({
      code: 0,
      output: '',
    })
  })

  it('gives a menu that can be drawn', async () => {
    const { code, output } = await tutorial.run(...tsx, 'src/cli/ussd.ts', 'diagram')
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('contacts.svg') })
  })

  it('gives a menu that passes the tests of every menu', async () => {
    const { code, output } = await tutorial.run(...jestArgs, 'test/menus', '--reporters=default', '--verbose')
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining('all dialogues of *141*5# in en'),
    })
  })
})
