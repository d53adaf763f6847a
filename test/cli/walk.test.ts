import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CommandError } from '../../src/cli/command-error.ts'
import { command as dialCommand } from '../../src/cli/dial.ts'
import { command } from '../../src/cli/walk.ts'
import { readAll } from '../../src/cli/walk/files.ts'
import { record } from '../../menus/record.ts'
import { readScripts } from '../../src/walkthrough/script/read.ts'
import { executeCommand, runCommand } from '../support/command.ts'
import { startGateway } from '../support/running.ts'

let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'walk-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

const walk = (...args: string[]) => executeCommand(command, args)

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

const GOOD = `title: Access is closed
subscriber: { msisdn: '+375291234567', language: en }
turns:
  - dials: '*141*3*6*1#'
    sees: { contains: Close access }
  - sends: '2'
    ends: { contains: Access is closed }
`
const BAD = GOOD.replace('title: Access', 'title: No access').replace(
  'contains: Access is',
  'contains: Access was',
)

describe('ussd walk', () => {
  it('prints the transcript of a single walkthrough that passed', async () => {
    const { code, out } = await runCommand('walk', [await file('good.yaml', GOOD)])
    expect(out).toBe(
      [
        'TAP version 13',
        '1..1',
        'ok 1 - Access is closed',
        '# ☎ *141*3*6*1#',
        '# | Close access to self-care?',
        '# | 2 Yes, close it',
        '# | 0 No',
        '# > 2',
        '# | Access is closed. To open it, dial *141*3*6# and enter PUK1',
        '1 passed, 0 failed\n',
      ].join('\n'),
    )
    expect(code).toBe(0)
  })

  it('sends what an aggregator sends for a registered service code', async () => {
    const scripts = await file('registered.yaml', GOOD)
    expect((await walk(scripts, '--service-code', '*141#', '--dialect', 'all')).code).toBe(0)
    const { code, out } = await walk(scripts, '--service-code', '*100#')
    expect(out).toContain('it does not start with *100#, the registered service code')
    expect(code).toBe(1)
  })

  it('reports failures with their line in the order of the scripts, counts them and exits with 1', async () => {
    const scripts = join(folder, 'several.yaml')
    await writeFile(scripts, [GOOD, BAD, GOOD].join('---\n'))
    const { code, out } = await walk(scripts)
    expect(out.match(/^(not )?ok .*/gm)).toEqual([
      'ok 1 - Access is closed',
      'not ok 2 - No access is closed',
      'ok 3 - Access is closed',
    ])
    expect(out).toContain(`at ${scripts}:14`)
    expect(out).toMatch(/\n2 passed, 1 failed\n$/)
    expect(code).toBe(1)
  })

  it('runs nothing if a script is malformed: reports line and column and exits with 2', async () => {
    const path = await file('misspelt.yaml', GOOD.replace('sees:', 'see:'))
    const { code, out, err } = await walk(path)
    expect(err).toMatch(new RegExp(`^${path}:5:5: .*'?see'?.*sees`))
    expect([out, code]).toEqual(['0 passed, 1 failed\n', 2])
  })

  it.each([
    [['no-such-file.yaml'], 'walk: no-such-file.yaml: no such file or folder\n'],
    [['test/walkthrough/reports'], 'walk: test/walkthrough/reports: no script (*.yaml) in this folder\n'],
    [['--dialect', 'smpp'], 'walk: --dialect: unknown dialect. Choose from africastalking, '],
    [['--profile', 'vodafone'], 'walk: Unknown profile. Choose one of: '],
    [['--url', 'nowhere'], 'walk: --url must be an address such as http://127.0.0.1:8141\n'],
    [
      ['--url', 'http://127.0.0.1:1', '--coverage'],
      'walk: coverage is measured only on a gateway in this process: leave out --url\n',
    ],
    [
      ['--min', '101'],
      "error: option '--min <percent>' argument '101' is invalid. Give a whole number from 0 to 100.\n",
    ],
  ])('rejects wrong usage (%j) with one message, no count and exit code 2', async (args, message) => {
    const { code, out, err } = await walk(...args)
    expect(err.slice(0, message.length)).toBe(message)
    expect([out, code]).toEqual(['', 2])
  })

  it('reports a file that cannot be read, and its error code', () => {
    expect(() => readAll([folder], (text, file) => readScripts(text, file, record))).toThrow(
      new CommandError(`${folder}: cannot be read (EISDIR)`, 2),
    )
  })

  it('writes the reports and the coverage, and fails below --min', async () => {
    const path = await file('one.yaml', GOOD)
    const to = (name: string) => join(folder, name)
    const reports = ['--junit', to('a.xml'), '--html', to('a.html'), '--coverage-json', to('a.json')]
    const coverage = ['--coverage-diagrams', to('drawn'), '--coverage', '--min', '99']
    const { code, out } = await walk(path, ...reports, ...coverage)
    expect(await readFile(to('a.xml'), 'utf8')).toMatch(/<testsuites [^>]*tests="1" failures="0"/)
    expect(await readFile(to('a.html'), 'utf8')).toMatch(/Access is closed[^]*<svg/)
    const coverages = JSON.parse(await readFile(to('a.json'), 'utf8')) as { code: string; states: object[] }[]
    expect(coverages.map((menu) => menu.code)).toEqual(['*141*0#', '*141*3*6#'])
    expect(coverages[1]?.states).toContainEqual({ name: 'closeConfirmation', touched: true })
    expect(coverages[1]?.states).toContainEqual({ name: 'puk1', touched: false })
    expect((await readdir(to('drawn'))).toSorted()).toEqual(['access.svg', 'password.svg'])
    expect(out).toMatch(/\n# all menus [^]*\n# coverage is below 99 %\n1 passed, 0 failed\n$/)
    expect(code).toBe(1)
  })

  it('runs in several dialects and names the dialect of each result', async () => {
    const { code, out } = await walk(await file('one.yaml', GOOD), '--dialect', 'hubtel,get:safaricom')
    expect(out.match(/^ok .*/gm)).toEqual([
      'ok 1 - Access is closed (hubtel)',
      'ok 2 - Access is closed (get:safaricom)',
    ])
    expect(out).toMatch(/\n2 passed, 0 failed\n$/)
    expect(code).toBe(0)
  })

  it('runs on a running gateway with its admin token', async () => {
    const gateway = await startGateway({ ADMIN_TOKEN: 'admin' })
    const twice = [GOOD, GOOD].join('---\n').replaceAll('1234567', '1111111')
    const args = [await file('one.yaml', twice), '--url', gateway.url]
    const passed = await executeCommand(command, args, { env: { ADMIN_TOKEN: 'admin' } })
    expect(passed.out).toMatch(/\n2 passed, 0 failed\n$/)
    const rejected = await walk(...args)
    expect(rejected.out).toMatch(/needs its token: set ADMIN_TOKEN[^]*\n0 passed, 2 failed\n$/)
    expect([passed.code, rejected.code]).toEqual([0, 1])
    await gateway.close('immediate')
  })

  it('prints dialoguss scripts as walkthroughs, and walkthroughs as curl commands', async () => {
    const dialoguss = await file(
      'dialoguss.yaml',
      "url: http://127.0.0.1/ussd\ndial: '*141*3*6#'\nphoneNumber: '375291234567'\nsessions:\n  - id: 1\n    steps:\n      - expect: Closed\n      - userInput: '1'\n        expect: Bye\n",
    )
    const imported = await walk(dialoguss, '--import')
    expect(readScripts(imported.out, 'imported.yaml', record).kind).toBe('ok')
    const exported = await walk(await file('one.yaml', GOOD), '--curl')
    expect(exported.out).toMatch(/^#!\/bin\/sh\n[^]*\ncurl /)
    expect([imported.code, exported.code]).toEqual([0, 0])
  })

  it('runs a script recorded by npm run dial', async () => {
    const path = join(folder, 'recorded.yaml')
    const dialled = await executeCommand(dialCommand, ['*141*0#', '--record', path], {
      typed: '80291745\n80291745\n',
    })
    expect(dialled.err).toContain(`Recorded in ${path}.\nRun it: ussd walk ${path}\n`)
    expect(await readFile(path, 'utf8')).not.toContain('80291745')
    expect((await walk(path)).out).toMatch(/\n1 passed, 0 failed\n$/)
  })
})
