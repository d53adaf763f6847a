import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { followTutorial } from './tutorial.ts'
import type { TutorialCopy } from './tutorial.ts'

const tsx = ['--import', 'tsx'] as const

let tutorial: TutorialCopy
beforeAll(() => void (tutorial = followTutorial()))
afterAll(() => tutorial.remove())

describe('the tutorial of the README', () => {
  it('gives a menu without problems', async () => {
    const { code, output } = await tutorial.run(...tsx, 'src/cli/ussd.ts', 'lint')
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(/^3 menus,.*\nno problems\n$/),
    })
  })

  it('gives a menu that answers', async () => {
    const phone = [...tsx, 'src/cli/ussd.ts', 'dial', '*141*5#', '--msisdn', '+375291234563']
    const { output } = await tutorial.run(...phone)
    expect(output).toContain('Contacts\n')
  })
})
