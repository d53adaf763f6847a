import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { dialects } from '../../src/dialects/index.ts'
import type { End, NetworkTurn } from '../../src/dialects/dialect.ts'
import { parseFaults } from '../../src/simulator/faults.ts'
import { profiles } from '../../src/simulator/profiles.ts'
import { startGateway } from '../support/running.ts'
import { curl, words } from './curl.ts'
import { blocks, examples, quoted, read, root, rows, section } from './documents.ts'

const document = read('docs/simulator.md')

/** The application of the document, on a port of its own. */
async function startShop() {
  const [code = ''] = blocks(document, 'js')
  const anyPort = '.listen(0, function () { console.log(this.address().port) })'
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', code.replace('.listen(3000)', anyPort)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const printed: string[] = []
  const lines = child.stdout.on('data', (line: Buffer) => void printed.push(String(line).trim()))
  await once(lines, 'data')
  const ended = once(child, 'close')
  return {
    origin: `http://127.0.0.1:${printed.shift()}`,
    printed,
    close: () => (child.kill(), ended),
  }
}

/** What `printf … | npm run -s dial -- …` prints. */
async function dial(command: string): Promise<string> {
  const [piped = '', called = ''] = command.split(' | ', 2)
  const [, typed = ''] = words(piped)
  const args = words(called.replace(/^npm run -s dial -- /, ''))
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/ussd.ts', 'dial', ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], PORT: '0' },
  })
  child.stdin.end(typed.replaceAll('\\n', '\n'))
  return (await text(child.stdout)).trimEnd()
}

describe('docs/simulator.md', () => {
  it('has an application of ten lines', () => {
    const [, ...lines] = blocks(document, 'js')[0]?.split('\n') ?? []
    expect(lines.filter((line) => line !== '')).toHaveLength(10)
  })

  it('prints what its transcripts say, one after another', async () => {
    const shop = await startShop()
    const gateway = await startGateway({ SIMULATOR_TARGETS: shop.origin })
    const jars = new Map<string, string>()
    const here = (command: string) => command.replaceAll('http://127.0.0.1:3000', shop.origin)
    const run = (command: string) =>
      command.startsWith('printf ')
        ? dial(here(command))
        : curl(here(command), { origin: gateway.url, jars }).then((printed) =>
            printed.replace(/ATUid_[0-9a-f]{32}/, 'ATUid_…'),
          )
    try {
      let behind: Promise<string> | undefined
      for (const { command, output } of examples(document)) {
        if (command.endsWith(' &')) {
          behind = run(command.slice(0, -2))
          // It comes to the phone in its own time.
          const phone = `${gateway.url}/handsets/+375291234568`
          while ((await (await fetch(phone)).text()) === '') await new Promise(setImmediate)
          continue
        }
        const printed = await (command === 'wait' ? behind : run(command))
        expect({ command, output: printed }).toEqual({ command, output })
      }
    } finally {
      await gateway.close('immediate')
      await shop.close()
    }
    expect(shop.printed).toEqual(['Incomplete'])
  })

  it('lists every carrier with its figures', () => {
    const seconds = (ms: number) => `${ms / 1000} s`
    const listed = rows(section(document, 'Carriers')).map((row) => row.slice(0, 7))
    const known = Object.entries(profiles).map(([name, { answerWithinMs, ...profile }]) => [
      `\`${name}\``,
      answerWithinMs === undefined ? "the dialect's" : seconds(answerWithinMs),
      seconds(profile.idleMs),
      seconds(profile.dialogueMs),
      `${profile.screen.most} ${profile.screen.unit}`,
      `\`${profile.screen.longer}\``,
      String(profile.input.most),
    ])
    expect(listed).toEqual(known)
  })

  it('spells faults as they are read, and all there are', () => {
    const spelt = rows(section(document, 'Faults')).map(([cell = '']) => quoted(cell)[0] ?? '')
    expect(spelt.filter((fault) => parseFaults(fault, 1).kind !== 'ok')).toEqual([])
    const all = parseFaults(spelt.join(), 1)
    const names = ['duplicate', 'delay', 'drop', 'reset', 'reorder', 'begin']
    expect(Object.keys(all.kind === 'ok' ? all.value : {})).toEqual(['seed', ...names])
    expect([...new Set(spelt.map((fault) => fault.split('=')[0]))]).toEqual(names)
  })

  it('says how each dialect tells that a dialogue is over, as the dialect does', () => {
    const ends: readonly End[] = ['completed', 'cancelled', 'timed-out', 'failed']
    const turn: NetworkTurn = {
      sessionId: '7',
      msisdn: '+375291234567',
      dialled: '*384#',
      replies: [],
      answers: [{ answer: { text: 'Tea shop', waits: true }, echo: {} }],
      beganAtMs: 0,
    }
    const listed = new Map(
      rows(section(document, 'How a dialogue ended')).map(([name = '', ...cells]) => [
        quoted(name)[0],
        cells,
      ]),
    )
    for (const dialect of Object.values(dialects)) {
      const { name } = dialect
      ends.forEach((end, at) => {
        const call = dialect.formatEnd(turn, end, 1000)
        const [word] = quoted(listed.get(name)?.[at] ?? '')
        expect({ name, end, word: word !== undefined }).toEqual({ name, end, word: call !== undefined })
        expect(call?.body ?? '').toContain(word ?? '')
      })
    }
    const silent = quoted(section(document, 'How a dialogue ended')).filter((word) => word in dialects)
    expect(silent.toSorted()).toEqual(Object.keys(dialects).toSorted())
  })
})
