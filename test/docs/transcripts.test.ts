import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { startGateway } from '../support/running.ts'
import { curl } from './curl.ts'
import { blocks, examples, read, root } from './documents.ts'

const environment = { ADMIN_TOKEN: 'an-admin-token-for-the-documents' }

describe.each(['README.md', 'docs/dialects.md', 'docs/operations.md', 'docs/walkthroughs.md'])(
  '%s',
  (path) => {
    it('prints what its curl transcript says, line by line, on a gateway as `npm start` makes it', async () => {
      const gateway = await startGateway(environment)
      try {
        const given = examples(read(path)).filter(({ command }) => command.startsWith('curl '))
        expect(given.length).toBeGreaterThan(0)
        for (const { command, output } of given) {
          const printed = await curl(command, { origin: gateway.url, environment })
          // A last line feed is not seen in a terminal.
          expect({ command, output: printed.replace(/\n$/, '') }).toEqual({ command, output })
        }
      } finally {
        await gateway.close('immediate')
      }
    })
  },
)

describe('the first screen of the README', () => {
  const readme = read('README.md')

  it('begins with the one command there is to give', () => {
    expect(blocks(readme, 'sh')[0]).toBe('npm ci && npm start')
  })

  it('shows both menus, and two languages', () => {
    const typed = examples(readme).map(({ command }) => command)
    expect(typed.filter((command) => command.includes("'*141*0#'"))).not.toEqual([])
    expect(typed.filter((command) => command.includes("'*141*3*6#'"))).not.toEqual([])
    expect(readme).toContain('Введите новый пароль')
    expect(readme).toContain('Access is closed')
  })

  it('shows answers of the codec that it gives', async () => {
    const piped = /^echo '([^']*)' \| npm run -s codec$/
    const given = examples(readme).filter(({ command }) => piped.test(command))
    expect(given.length).toBeGreaterThan(0)
    const codec = spawn(process.execPath, ['--import', 'tsx', 'src/cli/ussd.ts', 'codec'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    codec.stdin.end(given.map(({ command }) => `${piped.exec(command)?.[1]}\n`).join(''))
    expect(await text(codec.stdout)).toBe(given.map(({ output }) => `${output}\n`).join(''))
  })
})
