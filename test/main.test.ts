import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { command } from '../src/cli/serve.ts'
import { executeCommand } from './support/command.ts'
import { startRedisServer } from './support/redis/redis-server.ts'
import type { RedisServer } from './support/redis/redis-server.ts'
import { USSD } from './support/build.ts'
import { killAll, run } from './support/main-process.ts'

afterAll(killAll)

describe('the gateway process', () => {
  it('serves on the embedded store, warns that data is lost on exit, and exits with 0 on SIGTERM', async () => {
    const gateway = run({})
    const url = await gateway.listening
    expect(gateway.log[0]).toMatchObject({
      level: 'warn',
      event: 'store.ephemeral',
    })
    const ready = await fetch(`${url}/readyz`)
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }])
    const screen = await fetch(`${url}/handsets/+375291234567`, { method: 'POST', body: '*141*0#' })
    expect(await screen.text()).toMatch(/^Личный кабинет/)
    gateway.child.kill('SIGTERM')
    expect(await gateway.exit).toEqual([0, null])
    expect(gateway.log.at(-1)).toMatchObject({ event: 'server.stopped' })
  })

  it('exits with 1 on an invalid configuration and lists every problem', async () => {
    const gateway = run({ PORT: 'x', REDIS_URL: 'redis://localhost', DEMO: 'maybe' })
    expect(await gateway.exit).toEqual([1, null])
    expect(gateway.stderr()).toMatch(/PORT must .*\n.*DEMO must .*\n.*SECRETS_KEY is required/)
    expect(gateway.stderr()).not.toContain('    at ')
  })

  it('exits at once with 1 on a second SIGINT', async () => {
    // The process sends itself the second signal when it receives the first.
    const again = 'process.once("SIGINT",()=>process.kill(process.pid,"SIGINT"))'
    const gateway = run({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(again)}` })
    const url = await gateway.listening
    // A request with an incomplete body delays the stop.
    const { hostname, port } = new URL(url)
    const request = connect(Number(port), hostname).on('error', () => {})
    request.write(
      `POST /handsets/+375291234567 HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n`,
    )
    await once(request, 'data')
    gateway.child.kill('SIGINT')
    expect(await gateway.exit).toEqual([1, null])
    request.destroy()
  })

  it('names a port in use and the setting to change', async () => {
    const first = run({})
    const port = new URL(await first.listening).port
    const second = run({ PORT: port })
    expect(await second.exit).toEqual([1, null])
    expect(second.stderr()).toBe(
      'USSD_MISCONFIGURED: the configuration is invalid: ' +
        `port ${port} of 127.0.0.1 is already in use. ` +
        'Stop the process that listens there, or set PORT to another port (0 picks a free one).\n',
    )
    // Earlier log lines are flushed.
    expect(second.log[0]).toMatchObject({ level: 'warn' })
  })

  it('names a host that is not an address of this machine', async () => {
    const gateway = run({ HOST: '192.0.2.1', CALLBACK_TOKEN: 'sesame-open-sesame' })
    expect(await gateway.exit).toEqual([1, null])
    expect(gateway.stderr()).toContain('192.0.2.1 is not an address of this machine. Set HOST to one that is')
  })

  it('prints help and exits with 0', () => {
    const help = spawnSync(process.execPath, [USSD, 'serve', '--help'], {
      encoding: 'utf8',
    })
    expect([help.status, help.stderr]).toEqual([0, ''])
    expect(help.stdout).toMatch(
      /^Usage: ussd serve .*\n[^]*\n  PORT \(default 8141\)\n {6}TCP port[^]*\n  REDIS_URL\n/,
    )
  })

  it.each([
    ['--port', /^error: unknown option '--port'\n/],
    ['8080', /^error: too many arguments[^\n]*\n/],
  ])('exits with 2 and a message on an unknown argument: %s', async (argument, says) => {
    const { code, err } = await executeCommand(command, [argument])
    expect(code).toBe(2)
    expect(err).toMatch(says)
  })

  describe('with Redis', () => {
    let server: RedisServer
    let env: Record<string, string>
    beforeAll(async () => {
      server = await startRedisServer()
      env = { REDIS_URL: server.url, SECRETS_KEY: Buffer.alloc(32, 3).toString('base64') }
    })
    afterAll(() => server.stop())

    it('exits with 1 when Redis may evict records', async () => {
      const evicting = await startRedisServer({ args: ['--maxmemory-policy', 'allkeys-lru'] })
      const gateway = run({ ...env, REDIS_URL: evicting.url })
      expect(await gateway.exit).toEqual([1, null])
      expect(gateway.stderr()).toContain('maxmemory-policy is allkeys-lru')
      await evicting.stop()
    })

    it('starts without Redis, answers that the service is unavailable, and is not ready', async () => {
      const gateway = run({ ...env, REDIS_URL: 'redis://127.0.0.1:1' })
      const url = await gateway.listening
      expect((await fetch(`${url}/healthz`)).status).toBe(200)
      const ready = await fetch(`${url}/readyz`)
      expect([ready.status, await ready.json()]).toMatchObject([
        503,
        { reason: expect.stringContaining('USSD_STORE_UNAVAILABLE') },
      ])
      const answer = await fetch(`${url}/ussd/africastalking`, {
        method: 'POST',
        body: new URLSearchParams({
          sessionId: 's',
          phoneNumber: '+375291234567',
          serviceCode: '*141*0#',
          text: '',
        }),
      })
      expect([answer.status, await answer.text()]).toEqual([
        200,
        'END Услуга временно недоступна. Пожалуйста, попробуйте позже',
      ])
      gateway.child.kill('SIGINT')
      expect(await gateway.exit).toEqual([0, null])
    })

    it('is not ready after SIGTERM, even a repeated one, still serves turns and exits with 0', async () => {
      const gateway = run({ ...env, DEMO: 'on' })
      const url = await gateway.listening
      gateway.child.kill('SIGTERM')
      let ready = await fetch(`${url}/readyz`)
      while (ready.status === 200) ready = await fetch(`${url}/readyz`)
      expect(await ready.json()).toEqual({ status: 'not ready', reason: 'the gateway is stopping' })
      // Some orchestrators send it twice.
      gateway.child.kill('SIGTERM')
      const answer = await fetch(`${url}/ussd/africastalking`, {
        method: 'POST',
        body: new URLSearchParams({
          sessionId: 'late',
          phoneNumber: '+375291234567',
          serviceCode: '*141*3*6#',
          text: '',
        }),
      })
      expect(await answer.text()).toMatch(/^CON Доступ/)
      expect(answer.headers.get('connection')).toBe('close')
      expect(await gateway.exit).toEqual([0, null])
    })
  })
})
