import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, it, jest } from '@jest/globals'
import { dialects } from '../../src/dialects/index.ts'
import type { End, NetworkTurn } from '../../src/dialects/dialect.ts'
import { parseFaults } from '../../src/simulator/faults.ts'
import { startGateway } from '../support/running.ts'
import { curl, words } from './curl.ts'
import { blocks, examples, quoted, read, root, rows, section } from './documents.ts'
import { USSD } from '../support/build.ts'

const guide = read('docs/guides/test-your-application.md')

/** Prints each tag of the output on a line of its own. */
const TAGS = " | grep -o '<[^>]*>'"

// Each command is a process of its own, which starts slowly on a busy machine.
jest.setTimeout(600_000)

/** Starts the application of the guide on a free port. */
async function startShop() {
  const [code = ''] = blocks(guide, 'js')
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

/** The output of `printf … | npm run -s dial -- …`. */
async function dial(command: string): Promise<string> {
  const [piped = '', called = ''] = command.split(' | ', 2)
  const [, typed = ''] = words(piped)
  const args = words(called.replace(/^npm run -s dial -- /, ''))
  const child = spawn(process.execPath, [USSD, 'dial', ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], PORT: '0' },
  })
  child.stdin.end(typed.replaceAll('\\n', '\n'))
  return (await text(child.stdout)).trimEnd()
}

/** The output of `printf … | scripts/dial.sh …`. */
async function dialByScript(command: string, USSD_URL: string): Promise<string> {
  const child = spawn('sh', ['-c', command], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], USSD_URL },
  })
  return (await text(child.stdout)).trimEnd()
}

describe('docs/guides/test-your-application.md', () => {
  it('shows an application of ten lines', () => {
    const [, ...lines] = blocks(guide, 'js')[0]?.split('\n') ?? []
    expect(lines.filter((line) => line !== '')).toHaveLength(10)
  })

  it('shows the output of its commands, run in order', async () => {
    const shop = await startShop()
    const gateway = await startGateway({ SIMULATOR_TARGETS: shop.origin })
    const jars = new Map<string, string>()
    const named = guide.matchAll(/`([\w-]+\.xml)`:\n\n```xml\n([^]*?)\n```/g)
    const files = new Map([...named].map(([, name = '', content = '']) => [name, content]))
    const here = (command: string) => command.replaceAll('http://127.0.0.1:3000', shop.origin)
    const run = (command: string) => {
      if (command.includes(' | scripts/dial.sh ')) return dialByScript(command, gateway.url)
      return command.startsWith('printf ')
        ? dial(here(command))
        : curl(here(command).replace(TAGS, ''), { origin: gateway.url, jars, files }).then((printed) =>
            command.endsWith(TAGS)
              ? (printed.match(/<[^>]*>/g) ?? []).join('\n')
              : printed.replace(/ATUid_[0-9a-f]{32}/, 'ATUid_…').replace(/\n$/, ''),
          )
    }
    try {
      let background: Promise<string> | undefined
      for (const { command, output } of examples(guide)) {
        if (command.startsWith('echo ')) continue
        if (command.endsWith(' &')) {
          background = run(command.slice(0, -2))
          // The phone gets the question some time later.
          const phone = `${gateway.url}/handsets/+375291234568`
          while ((await (await fetch(phone)).text()) === '\n') await new Promise(setImmediate)
          continue
        }
        const printed = await (command === 'wait' ? background : run(command))
        expect({ command, output: printed }).toEqual({ command, output })
      }
    } finally {
      await gateway.close('immediate')
      await shop.close()
    }
    expect(shop.printed).toEqual(['Incomplete'])
  })

  it('lists every fault in a form that the simulator parses', () => {
    const listed = rows(section(guide, 'Faults')).map(([cell = '']) => quoted(cell)[0] ?? '')
    expect(listed.filter((fault) => parseFaults(fault, 1).kind !== 'ok')).toEqual([])
    const all = parseFaults(listed.join(), 1)
    const names = ['duplicate', 'delay', 'drop', 'reset', 'reorder', 'begin']
    expect(Object.keys(all.kind === 'ok' ? all.value : {})).toEqual(['seed', ...names])
    expect([...new Set(listed.map((fault) => fault.split('=')[0]))]).toEqual(names)
  })

  it('lists the notification of each dialect for the end of a dialogue', () => {
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
      rows(section(guide, 'End of a dialogue')).map(([name = '', ...cells]) => [quoted(name)[0], cells]),
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
    const silent = quoted(section(guide, 'End of a dialogue')).filter((word) => word in dialects)
    expect(silent.toSorted()).toEqual(Object.keys(dialects).toSorted())
  })
})
