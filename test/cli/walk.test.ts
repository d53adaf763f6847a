import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readScripts } from '../../src/walkthrough/script/read.ts'
import { runCommand } from '../support/command.ts'
import { startGateway } from '../support/running.ts'

let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'walk-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (script: string, args: readonly string[], typed = '', env = {}) =>
  runCommand(script === 'walk' ? 'src/cli/walk' : script, args, { typed, env })
const walk = (...args: string[]) => run('walk', args)

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

describe('npm run walk', () => {
  it('shows the transcript of one walkthrough, and says that it passed', async () => {
    const { code, out } = await walk(await file('good.yaml', GOOD))
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

  it('says in the order of the scripts which failed and where, counts them, and exits with 1', async () => {
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

  it('walks nothing where a script is malformed: it names the places and exits with 2', async () => {
    const path = await file('misspelt.yaml', GOOD.replace('sees:', 'see:'))
    const { code, out, err } = await walk(path)
    expect(err).toMatch(new RegExp(`^${path}:5:5: .*'?see'?.*sees`))
    expect([out, code]).toEqual(['0 passed, 1 failed\n', 2])
  })

  it.each([
    [['no-such-file.yaml'], 'walk: there is no file or folder no-such-file.yaml\n'],
    [['test/walkthrough/reports'], 'walk: there is no script (*.yaml) in test/walkthrough/reports\n'],
    [['--dialect', 'smpp'], 'walk: there is no such dialect; there are: africastalking, '],
    [['--profile', 'vodafone'], 'walk: There is no such profile; there are: '],
    [['--url', 'nowhere'], 'walk: --url is not an address such as http://127.0.0.1:8141\n'],
    [
      ['--url', 'http://127.0.0.1:1', '--coverage'],
      'walk: coverage is seen in this process only: leave --url out\n',
    ],
    [
      ['--min', '101'],
      "error: option '--min <percent>' argument '101' is invalid. It is a whole number from 0 to 100.\n",
    ],
  ])('that is called wrongly (%j) says so, and exits with 2', async (args, sentence) => {
    const { code, err } = await walk(...args)
    expect(err.slice(0, sentence.length)).toBe(sentence)
    expect(code).toBe(2)
  })

  it('writes the reports and what was touched, and fails below --min', async () => {
    const path = await file('one.yaml', GOOD)
    const to = (name: string) => join(folder, name)
    const reports = ['--junit', to('a.xml'), '--html', to('a.html'), '--coverage-json', to('a.json')]
    const touched = ['--coverage-diagrams', to('drawn'), '--coverage', '--min', '99']
    const { code, out } = await walk(path, ...reports, ...touched)
    expect(await readFile(to('a.xml'), 'utf8')).toMatch(/<testsuites [^>]*tests="1" failures="0"/)
    expect(await readFile(to('a.html'), 'utf8')).toMatch(/Access is closed[^]*<svg/)
    const coverages = JSON.parse(await readFile(to('a.json'), 'utf8')) as { code: string; states: object[] }[]
    expect(coverages.map((menu) => menu.code)).toEqual(['*141*0#', '*141*3*6#'])
    expect(coverages[1]?.states).toContainEqual({ name: 'closeConfirmation', touched: true })
    expect(coverages[1]?.states).toContainEqual({ name: 'puk1', touched: false })
    expect((await readdir(to('drawn'))).toSorted()).toEqual(['access.svg', 'password.svg'])
    expect(out).toMatch(/\n# all menus [^]*\n# less than 99 % was touched\n1 passed, 0 failed\n$/)
    expect(code).toBe(1)
  })

  it('walks in every dialect that is asked for', async () => {
    const { code, out } = await walk(await file('one.yaml', GOOD), '--dialect', 'hubtel,get:safaricom')
    expect(out.match(/^ok .*/gm)).toHaveLength(2)
    expect(out).toMatch(/\n2 passed, 0 failed\n$/)
    expect(code).toBe(0)
  })

  it('walks on a gateway that runs, with its admin token', async () => {
    const gateway = await startGateway({ ADMIN_TOKEN: 'admin' })
    const twice = [GOOD, GOOD].join('---\n').replaceAll('1234567', '1111111')
    const args = [await file('one.yaml', twice), '--url', gateway.url]
    const passed = await run('walk', args, '', { ADMIN_TOKEN: 'admin' })
    expect(passed.out).toMatch(/\n2 passed, 0 failed\n$/)
    const refused = await run('walk', args)
    expect(refused.out).toMatch(/need its ADMIN_TOKEN[^]*\n0 passed, 2 failed\n$/)
    expect([passed.code, refused.code]).toEqual([0, 1])
    await gateway.close('immediate')
  })

  it('prints scripts of dialoguss as walkthroughs, and walkthroughs as scripts of curl', async () => {
    const dialoguss = await file(
      'dialoguss.yaml',
      "url: http://127.0.0.1/ussd\ndial: '*141*3*6#'\nphoneNumber: '375291234567'\nsessions:\n  - id: 1\n    steps:\n      - expect: Closed\n      - userInput: '1'\n        expect: Bye\n",
    )
    const imported = await walk(dialoguss, '--import')
    expect(readScripts(imported.out, 'imported.yaml').kind).toBe('ok')
    const exported = await walk(await file('one.yaml', GOOD), '--curl')
    expect(exported.out).toMatch(/^#!\/bin\/sh\n[^]*\ncurl /)
    expect([imported.code, exported.code]).toEqual([0, 0])
  })

  it('walks the script that npm run dial has recorded', async () => {
    const path = join(folder, 'recorded.yaml')
    const dialled = await run('dial', ['*141*0#', '--record', path], '80291745\n80291745\n')
    expect(dialled.err).toContain(`Recorded in ${path}: npm run walk -- ${path}\n`)
    expect(await readFile(path, 'utf8')).not.toContain('80291745')
    expect((await walk(path)).out).toMatch(/\n1 passed, 0 failed\n$/)
  })
})
