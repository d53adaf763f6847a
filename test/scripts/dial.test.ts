import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { startGateway } from '../support/running.ts'
import type { Running } from '../support/running.ts'
import * as script from './dial-script.ts'

const ENTER = 'Self-care. Enter a new password: 5-10 digits\n0 Exit\n'
const REPEAT = 'Repeat the new password\n0 Exit\n'
const SAVED = 'The password is saved. Keep it to yourself\n'
const ENGLISH = '+375291234563'
const ADMIN_TOKEN = 'admin-token-of-a-test'

let gateway: Running
beforeAll(async () => {
  await script.findPrograms()
  gateway = await startGateway({ SIMULATOR: 'on' })
})
afterEach(script.closeAll)
afterAll(() => gateway.close('immediate'))

async function stateOf(msisdn: string): Promise<string | null> {
  const response = await fetch(`${gateway.url}/handsets/${encodeURIComponent(msisdn)}`)
  return response.headers.get('ussd-state')
}

const run = (
  shell: string,
  args: readonly string[],
  typed = '',
  env: Readonly<Record<string, string>> = {},
) => script.runPhone(shell, args, { USSD_URL: gateway.url, ...env }, typed)

describe.each(script.shells)('scripts/dial.sh in a pipe, run by %s', (shell) => {
  it('prints the screens, separated by a blank line, and ends with the dialogue', async () => {
    const ran = await run(shell, ['*141*0#', ENGLISH], '80291\n80291\n1\n')
    expect(ran).toEqual({ code: 0, out: `${ENTER}\n${REPEAT}\n${SAVED}`, err: '' })
  })

  it('hangs up at the end of the input, and sends a last line without a line feed', async () => {
    const ran = await run(shell, ['*141*0#', ENGLISH], '80291')
    expect(ran).toEqual({ code: 0, out: `${ENTER}\n${REPEAT}`, err: '' })
    expect(await stateOf(ENGLISH)).toBe('ended')
  })

  it('dials one code after another without a code, and skips blank lines between them', async () => {
    const typed = '\n*141*0#\r\n80291\r\n80291\r\n \n*141*0#\n'
    const ran = await run(shell, ['-', '8 (029) 123-45-63'], typed)
    expect(ran).toEqual({ code: 0, out: `${ENTER}\n${REPEAT}\n${SAVED}\n${ENTER}`, err: '' })
    expect(await stateOf(ENGLISH)).toBe('ended')
  })

  it('dials from +375291234567 by default, and hangs up a dialogue that waits there', async () => {
    await fetch(`${gateway.url}/handsets/%2B375291234567`, { method: 'POST', body: '*141*0#' })
    const { out } = await run(shell, [], '*141*3*6#\n0\n')
    expect(out).toBe('Доступ в личный кабинет открыт\n1 Закрыть\n0 Выход\n\nДоступ не изменён. До свидания\n')
  })

  it('sends an empty line as an empty reply', async () => {
    const { out } = await run(shell, ['*141*0#', ENGLISH], '\n80291\n')
    expect(out).toBe(`${ENTER}\n${ENTER}\n${REPEAT}`)
  })

  it('sends any line as it was typed', async () => {
    const { url, requests } = await script.servePhone()
    const special = [
      `'"\\" \\n \\\\`,
      '-K',
      '@/etc/passwd',
      ' a  b ',
      '*#06#',
      '$HOME `id` %41',
      '#',
      'Так, ў',
    ]
    const line = fc.oneof(
      fc.constantFrom('', ...special),
      fc.string({ unit: 'binary' }).map((typed) => typed.replaceAll(/[\n\0]|\r+$/g, '')),
    )
    const property = fc.asyncProperty(fc.array(line, { maxLength: 10 }), async (lines) => {
      requests.length = 0
      const typed = lines.map((each) => `${each}\n`).join('')
      const { code, err } = await run(shell, ['*1"\\#'], typed, { USSD_URL: `${url}/` })
      expect({ code, err }).toEqual({ code: 0, err: '' })
      const posted = requests.filter(({ method }) => method === 'POST').map(({ body }) => body)
      expect(posted).toEqual(['*1"\\#', ...lines])
      expect(requests.at(-1)?.method).toBe('DELETE')
    })
    await fc.assert(property, { numRuns: 4, examples: [[special]] })
  })

  it('percent-encodes the number', async () => {
    const { url, requests } = await script.servePhone()
    await run(shell, ['*1#', '+1 "?/#%ы'], '', { USSD_URL: url })
    const paths = requests.map((request) => [request.method, request.url])
    const path = '/handsets/%2B1%20%22%3F%2F%23%25%D1%8B'
    expect(paths).toEqual([
      ['GET', path],
      ['POST', path],
      ['DELETE', path],
    ])
  })

  it('shows no input and no token in the arguments and the environment of programs', async () => {
    const { url, requests } = await script.servePhone()
    const { folder, recorded } = await script.recordPrograms()
    const env = {
      ...script.assignedVariables(),
      PATH: folder,
      USSD_URL: url.replace('//', '//user:password-4@'),
      ADMIN_TOKEN,
    }
    const { code, err } = await run(shell, [], '*141*70001#\n80291\n80292\n', env)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(requests.map(({ body }) => body)).toEqual(['', '*141*70001#', '80291', '80292', ''])
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(
      Array(5).fill(`Bearer ${ADMIN_TOKEN}`),
    )
    const log = await recorded()
    expect(log.match(/^curl$/gm)).toHaveLength(5)
    expect(log).not.toMatch(/70001|80291|80292|password-4|admin-token/)
  })

  it('ignores the proxy of the environment for a gateway on this machine', async () => {
    const { code } = await run(shell, ['*141*0#'], '', {
      http_proxy: 'http://127.0.0.1:1',
      NO_PROXY: 'a.example',
    })
    expect(code).toBe(0)
  })

  it('removes control characters from a screen', async () => {
    const { url } = await script.servePhone((response) => {
      response.setHeader('Ussd-State', 'ended').end('\u001b[2Jone\r\n\ttwo\u0007 ы\u007f\n')
    })
    const { out } = await run(shell, ['*1#'], '', { USSD_URL: url })
    expect(out).toBe('[2Jone\n\ttwo ы\n')
  })

  it('hangs up on SIGTERM', async () => {
    const child = script.startPhone(shell, ['*141*0#', ENGLISH], { USSD_URL: gateway.url })
    await script.watch(child).sees(ENTER)
    // A shell takes a signal that comes just before it waits for input with the next one.
    const signals = setInterval(() => child.kill('SIGTERM'), 500)
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number | null]
    clearInterval(signals)
    expect(code).toBe(143)
    expect(await stateOf(ENGLISH)).toBe('ended')
  })
})

describe.each(script.shells)('scripts/dial.sh fails with one sentence, run by %s', (shell) => {
  it('if the phone rejects the input, and hangs up', async () => {
    const { code, out, err } = await run(shell, ['*141*0#', ENGLISH], `${'1'.repeat(183)}\n80291\n`)
    expect({ code, out, err }).toEqual({
      code: 1,
      out: ENTER,
      err: 'dial.sh: This is too long: one USSD message takes at most 182 characters.\n',
    })
    expect(await stateOf(ENGLISH)).toBe('ended')
  })

  it.each([
    [['*141ы#'], /^dial.sh: A USSD code has digits, .*\.\n$/],
    [['*141*0#', '12'], /^dial.sh: Bad request: msisdn must be .*\.\n$/],
  ])('if the gateway rejects %j', async (args, sentence) => {
    expect(await run(shell, args)).toEqual({ code: 1, out: '', err: expect.stringMatching(sentence) })
  })

  it('if no gateway answers, without the password of the URL', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await once(server.close(), 'close')
    const ran = await run(shell, ['*141*0#'], '', { USSD_URL: `http://user:secret@127.0.0.1:${port}` })
    const err = `dial.sh: No gateway answers at 127.0.0.1:${port} (curl exit code 7): start one with npm start, or set USSD_URL.\n`
    expect(ran).toEqual({ code: 1, out: '', err })
  })

  it('if the server fails, or is not a gateway', async () => {
    const failing = await script.servePhone((response) => void response.writeHead(503).end('{}'))
    const other = await script.servePhone((response) => void response.end('<html>'))
    const [failed, refused] = [
      await run(shell, ['*1#'], '', { USSD_URL: failing.url }),
      await run(shell, ['*1#'], '', { USSD_URL: other.url }),
    ]
    expect(failed).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^dial.sh: .* answered with status 503: .*\.\n$/),
    })
    expect(refused).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^dial.sh: .* is not a gateway: set USSD_URL\.\n$/),
    })
  })
})

describe('scripts/dial.sh', () => {
  it('prints its help', async () => {
    const { code, out, err } = await run('sh', ['--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^Usage: scripts\/dial.sh \[code \[msisdn\]\]\n/)
  })

  it.each([
    [[''], {}, 'The code is empty.'],
    [['*1#', ''], {}, 'The number is empty.'],
    [['*1#', ENGLISH, '1'], {}, 'Expected a code and a number: quote the code.'],
    [['--msisdn', ENGLISH], {}, 'Unknown option --msisdn.'],
    [['*1#\noutput = "file"'], {}, 'The code, USSD_URL and ADMIN_TOKEN must be one line each.'],
    [['*1#'], { ADMIN_TOKEN: 'a\nb' }, 'The code, USSD_URL and ADMIN_TOKEN must be one line each.'],
  ])('rejects wrong usage: %j %j', async (args, env, sentence) => {
    const ran = await run('sh', args, '', env)
    expect(ran).toEqual({ code: 2, out: '', err: `dial.sh: ${sentence} See scripts/dial.sh --help.\n` })
  })

  it('says that the simulator is off', async () => {
    const off = await startGateway({ SIMULATOR: 'off' })
    const { code, err } = await run('sh', ['*141*0#'], '', { USSD_URL: off.url })
    await off.close('immediate')
    expect(code).toBe(1)
    expect(err).toMatch(/^dial.sh: .* has no phones: start the gateway with SIMULATOR=on, .*\.\n$/)
  })

  it('sends the admin token to a gateway for other machines, and asks for it', async () => {
    const env = { HOST: '0.0.0.0', CALLBACK_TOKEN: 'callback-token-of-a-test', ADMIN_TOKEN, SIMULATOR: 'on' }
    const open = await startGateway(env)
    const USSD_URL = open.url.replace('0.0.0.0', '127.0.0.1')
    const [denied, allowed] = await Promise.all([
      run('sh', ['*141*0#', ENGLISH], '', { USSD_URL }),
      run('sh', ['*141*0#', ENGLISH], '', { USSD_URL, ADMIN_TOKEN }),
    ])
    await open.close('immediate')
    expect(denied).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^dial.sh: .* Set ADMIN_TOKEN to .*\.\n$/),
    })
    expect(allowed).toEqual({ code: 0, out: ENTER, err: '' })
  })
})

describe.each(script.shells)('scripts/dial.sh in a terminal, run by %s', (shell) => {
  const open = (...args: readonly string[]) => script.openTerminal(shell, args, gateway.url)

  it('hides a secret, and exits at the end of the dialogue', async () => {
    const { sees, type, ended } = open('*141*0#', ENGLISH)
    await sees('(hidden) > ')
    type('80291\r')
    await sees('Repeat the new password')
    await sees('(hidden) > ')
    type('80291\r')
    const { code, shown, isRestored } = await ended()
    expect({ code, isRestored }).toEqual({ code: 0, isRestored: true })
    expect(shown).toBe(`${ENTER}(hidden) > \n\n${REPEAT}(hidden) > \n\n${SAVED}`)
  })

  it('prompts for codes and replies, shows both, and quits on an empty line', async () => {
    const { sees, type, ended } = open('-', ENGLISH)
    await sees('☎ ')
    type('*141*3*6#\r')
    await sees('> ')
    type(`${'1'.repeat(183)}\r`)
    await sees('This is too long')
    await sees('> ')
    type('0\r')
    await sees('Access is unchanged')
    await sees('☎ ')
    type('\r')
    const { code, shown, isRestored } = await ended()
    expect({ code, isRestored }).toEqual({ code: 0, isRestored: true })
    expect(shown).toContain('☎ *141*3*6#\n')
    expect(shown).toContain('> 0\n')
  })

  it('hangs up on Ctrl-C, exits with 130 and shows input again', async () => {
    const { sees, type, interrupt, ended } = open('*141*0#', ENGLISH)
    await sees('(hidden) > ')
    type('802')
    await interrupt()
    const { code, shown, isRestored } = await ended()
    expect({ code, isRestored }).toEqual({ code: 130, isRestored: true })
    expect(shown).toBe(`${ENTER}(hidden) > \nhung up\n`)
    expect(await stateOf(ENGLISH)).toBe('ended')
  })

  it('hangs up on Ctrl-C while an answer is pending', async () => {
    let arrive = () => {}
    const arrived = new Promise<void>((resolve) => (arrive = resolve))
    const { url, requests } = await script.servePhone(() => arrive())
    const { interrupt, ended } = script.openTerminal(shell, ['*1#'], url)
    await arrived
    await interrupt()
    expect(await ended()).toMatchObject({ code: 130, isRestored: true })
    expect(requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'DELETE'])
  })

  it('hangs up on Ctrl-D', async () => {
    const { sees, type, ended } = open('-', ENGLISH)
    await sees('☎ ')
    type('*141*0#\r')
    await sees('(hidden) > ')
    type('\u0004')
    const { code, shown, isRestored } = await ended()
    expect({ code, isRestored }).toEqual({ code: 0, isRestored: true })
    expect(shown).toMatch(/\(hidden\) > \nhung up\n$/)
    expect(await stateOf(ENGLISH)).toBe('ended')
  })
})
