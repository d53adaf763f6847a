import { describe, expect, it } from '@jest/globals'
import { validate } from 'dockerfile-utils'
import { existsSync } from 'node:fs'
import { parse } from 'yaml'
import { settings } from '../src/config.ts'
import { read, root } from './docs/documents.ts'

// No container engine is needed, and none is asked: the files are parsed and linted. What they would build is not built.

interface Service {
  readonly build?: string
  readonly image: string
  readonly command?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly ports: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly stop_grace_period: string
}

/** `name:1.2.3` or more: what is pulled tomorrow is what was tried today. */
const pinned = /^[\w/-]+:\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$/

describe('docker-compose.yml', () => {
  const text = read('docker-compose.yml')
  const { services, volumes } = parse(text) as {
    services: { readonly gateway: Service; readonly redis: Service }
    volumes: Readonly<Record<string, unknown>>
  }
  const each = Object.entries(services)

  it('has the gateway and its Redis', () => {
    expect(Object.keys(services)).toEqual(['gateway', 'redis'])
  })

  it.each(each)('opens the ports of %s on loopback only', (_name, { ports }) => {
    expect(ports.length).toBeGreaterThan(0)
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([])
  })

  it.each(each)('asks %s how it is', (_name, { healthcheck }) => {
    expect(healthcheck.test[0]).toMatch(/^CMD(-SHELL)?$/)
  })

  it.each(each)('pins the image of %s', (_name, { image }) => {
    expect(image).toMatch(pinned)
  })

  it('starts the gateway when Redis answers, and lets it finish its turns', () => {
    expect(services.gateway.depends_on).toEqual({ redis: { condition: 'service_healthy' } })
    expect(services.gateway.healthcheck.test.join(' ')).toContain('/readyz')
    expect(Number.parseInt(services.gateway.stop_grace_period, 10)).toBeGreaterThan(8)
  })

  it('has Redis write every change to a volume before it confirms it, and drop none', () => {
    const [program, ...given] = services.redis.command ?? []
    expect(program).toBe('redis-server')
    const options = new Map<string, string>()
    for (let at = 0; at < given.length; at += 2) options.set(given[at] ?? '', given[at + 1] ?? '')
    expect(Object.fromEntries(options)).toMatchObject({
      '--appendonly': 'yes',
      '--appendfsync': 'always',
      '--no-appendfsync-on-rewrite': 'no',
      '--maxmemory-policy': 'noeviction',
    })
    expect(options.get('--maxmemory')).toMatch(/^\d+[mg]b$/)
    expect(options.get('--requirepass')).toMatch(/^\$\{REDIS_PASSWORD:\?/)
    const [volume, folder] = services.redis.volumes?.[0]?.split(':') ?? []
    expect(folder).toBe('/data')
    expect(Object.keys(volumes)).toEqual([volume])
  })

  it('has no default secret: without one it does not start, and says which is missing', () => {
    const secret = /(KEY|TOKEN|PASSWORD|AUTH|URL)$/
    const given = each.flatMap(([, { environment }]) => Object.entries(environment))
    const secrets = given.filter(([name]) => secret.test(name))
    expect(secrets.map(([name]) => name)).toEqual([
      'REDIS_URL',
      'SECRETS_KEY',
      'CALLBACK_TOKEN',
      'ADMIN_TOKEN',
      'REDISCLI_AUTH',
    ])
    expect(secrets.filter(([, value]) => !/\$\{(\w+):\?\1 is not set [^}]+\}/.test(value))).toEqual([])
    // What has a default is nobody's secret: on, off, or nothing.
    const defaults = [...text.matchAll(/\$\{(\w+):-([^}]*)\}/g)]
    expect(defaults.filter(([, , value = '']) => !['', 'on', 'off'].includes(value))).toEqual([])
  })

  it('gives the gateway no variable that it does not read', () => {
    const known = settings.map(({ name }) => name)
    expect(Object.keys(services.gateway.environment).filter((name) => !known.includes(name))).toEqual([])
  })

  it('takes every setting of the gateway from outside, but where it listens and what cluster it uses', () => {
    const given = Object.keys(services.gateway.environment)
    const fixed = ['PORT', 'HOST', 'REDIS_CLUSTER']
    const missing = settings.map(({ name }) => name).filter((name) => !given.includes(name))
    expect(missing).toEqual(fixed)
  })

  it('lets the phones dial nobody unless it is told whom', () => {
    expect(services.gateway.environment).toMatchObject({
      SIMULATOR: '${SIMULATOR:-off}',
      SIMULATOR_TARGETS: '${SIMULATOR_TARGETS:-}',
    })
  })
})

describe('the Dockerfile', () => {
  const text = read('Dockerfile')
  const instructions = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '')
  const stages = instructions.join('\n').split(/^(?=FROM )/m)
  const last = (stages.at(-1) ?? '').split('\n')
  const argumentOf = (name: string) =>
    last.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1)

  it('has nothing a linter objects to', () => {
    expect(validate(text).map(({ message, range }) => [range.start.line + 1, message])).toEqual([])
  })

  it('builds in stages from one pinned image of Node', () => {
    const images = instructions.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? [])
    expect(images).toHaveLength(3)
    expect(new Set(images).size).toBe(1)
    expect(images[0]).toMatch(pinned)
    expect(images[0]).toMatch(/^node:24\..*-slim/)
  })

  it('installs from the lock file and runs no script of a package', () => {
    const installs = instructions.filter((line) => /\bnpm (ci|i|install|add)\b/.test(line))
    expect(installs).toHaveLength(2)
    expect(installs.filter((line) => !/^RUN npm ci .*--ignore-scripts\b/.test(line))).toEqual([])
  })

  it('ships what runs and nothing else', () => {
    const copied = last.filter((line) => line.startsWith('COPY --from='))
    expect(copied.map((line) => /^COPY --from=(\w+) (\S+)/.exec(line)?.slice(1, 3))).toEqual([
      ['dependencies', '/app/node_modules'],
      ['build', '/app/dist'],
    ])
    expect(stages.find((stage) => / AS dependencies$/m.test(stage))).toContain('--omit=dev')
    expect(last.filter((line) => line.startsWith('RUN '))).toEqual([])
  })

  it('runs as nobody special, and not through npm', () => {
    expect(argumentOf('USER')).toBe('node')
    const command = JSON.parse(argumentOf('CMD') ?? '') as string[]
    expect(command[0]).toBe('node')
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } }
    expect(command.join(' ')).toBe(scripts.start)
  })

  it('asks the gateway whether it lives', () => {
    const [, command = ''] = /^.*? CMD (\[.*\])$/.exec(argumentOf('HEALTHCHECK') ?? '') ?? []
    expect((JSON.parse(command) as string[]).join(' ')).toMatch(/^node -e fetch\(.*\/healthz/)
  })

  it('copies what is there, and what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(allowed.shift()).toBe('*')
    const sources = instructions
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1))
    expect(sources.filter((source) => !existsSync(root + source))).toEqual([])
    expect([...new Set(sources.map((source) => `!${source}`))].toSorted()).toEqual(allowed.toSorted())
  })
})
