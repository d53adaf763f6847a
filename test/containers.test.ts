import { describe, expect, it } from '@jest/globals'
import { validate } from 'dockerfile-utils'
import { existsSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'
import { settings } from '../src/config.ts'
import { read, root } from './docs/documents.ts'

// The files are parsed and linted; no container engine is needed and no image is built.

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

/** An exact version, `name:1.2.3`, for reproducible pulls. */
const pinned = /^[\w/-]+:\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$/

describe('docker-compose.scale.yml', () => {
  const { services, networks } = parse(read('docker-compose.scale.yml'), { merge: true }) as {
    services: Readonly<
      Record<
        string,
        Service & {
          readonly networks: { readonly scale: { readonly ipv4_address: string } }
          readonly profiles: string[]
        }
      >
    >
    networks: { readonly scale: { readonly ipam: { readonly config: { readonly subnet: string }[] } } }
  }
  const masters = ['redis-1', 'redis-2', 'redis-3']

  it('starts workers on a cluster of three durable masters', () => {
    const { gateway } = services
    expect(gateway?.environment['WORKERS']).toBe('${WORKERS:-4}')
    for (const name of masters) {
      const command = services[name]?.command ?? []
      for (const [option, value] of [
        ['--cluster-enabled', 'yes'],
        ['--appendonly', 'yes'],
        ['--appendfsync', 'always'],
        ['--maxmemory-policy', 'noeviction'],
      ])
        expect(command[command.indexOf(option ?? '') + 1]).toBe(value)
      expect(services[name]?.volumes).toEqual([`${name}:/data`])
    }
  })

  it('starts the gateway as docker-compose.yml does', () => {
    const single = parse(read('docker-compose.yml')) as { services: { gateway: Service } }
    const { REDIS_URL: _url, WORKERS: _one, ...expected } = single.services.gateway.environment
    const { REDIS_CLUSTER: _cluster, WORKERS: _workers, ...settings } = services['gateway']?.environment ?? {}
    expect(settings).toEqual(expected)
    const { environment: _e, depends_on: _d, ...rest } = single.services.gateway
    expect(services['gateway']).toMatchObject(rest)
  })

  it('names the address of every master to the gateway', () => {
    const addresses = masters.map((name) => services[name]?.networks.scale.ipv4_address ?? 'none')
    const [subnet = ''] = networks.scale.ipam.config.map((config) => config.subnet.split('.0/')[0])
    expect(addresses.filter((address) => !address.startsWith(`${subnet}.`))).toEqual([])
    for (const address of addresses)
      expect(services['gateway']?.environment['REDIS_CLUSTER']).toContain(address)
  })

  it('starts with its profile only, with pinned images', () => {
    for (const [name, service] of Object.entries(services)) {
      expect(service.profiles).toEqual(['scale'])
      if (name !== 'gateway') expect(service.image).toMatch(pinned)
    }
  })
})

describe('docker-compose.yml', () => {
  const text = read('docker-compose.yml')
  const { services, volumes } = parse(text) as {
    services: { readonly gateway: Service; readonly redis: Service }
    volumes: Readonly<Record<string, unknown>>
  }
  const each = Object.entries(services)

  it('defines the gateway and its Redis', () => {
    expect(Object.keys(services)).toEqual(['gateway', 'redis'])
  })

  it.each(each)('publishes the ports of %s on loopback only', (_name, { ports }) => {
    expect(ports.length).toBeGreaterThan(0)
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([])
  })

  it.each(each)('has a health check for %s', (_name, { healthcheck }) => {
    expect(healthcheck.test[0]).toMatch(/^CMD(-SHELL)?$/)
  })

  it.each(each)('pins the image of %s', (_name, { image }) => {
    expect(image).toMatch(pinned)
  })

  it('starts the gateway after Redis is healthy, and gives it time to drain', () => {
    expect(services.gateway.depends_on).toEqual({ redis: { condition: 'service_healthy' } })
    expect(services.gateway.healthcheck.test.join(' ')).toContain('/readyz')
    expect(Number.parseInt(services.gateway.stop_grace_period, 10)).toBeGreaterThan(8)
  })

  it('runs a durable Redis: fsync always, a volume, no eviction', () => {
    const [program, ...args] = services.redis.command ?? []
    expect(program).toBe('redis-server')
    const options = new Map<string, string>()
    for (let at = 0; at < args.length; at += 2) options.set(args[at] ?? '', args[at + 1] ?? '')
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

  it('has no default secrets and names a missing one', () => {
    const secret = /(KEY|TOKEN|PASSWORD|AUTH|URL)$/
    const variables = each.flatMap(([, { environment }]) => Object.entries(environment))
    const secrets = variables.filter(([name]) => secret.test(name))
    expect(secrets.map(([name]) => name)).toEqual([
      'REDIS_URL',
      'SECRETS_KEY',
      'CALLBACK_TOKEN',
      'ADMIN_TOKEN',
      'REDISCLI_AUTH',
    ])
    expect(secrets.filter(([, value]) => !/\$\{(\w+):\?\1 is not set [^}]+\}/.test(value))).toEqual([])
    // A variable with a default is a switch, or empty.
    const defaults = [...text.matchAll(/\$\{(\w+):-([^}]*)\}/g)]
    expect(defaults.filter(([, , value = '']) => !['', 'on', 'off'].includes(value))).toEqual([])
  })

  it('passes only variables that the gateway reads', () => {
    const known = settings.map(({ name }) => name)
    expect(Object.keys(services.gateway.environment).filter((name) => !known.includes(name))).toEqual([])
  })

  it('passes every setting except the listen address and the cluster', () => {
    const passed = Object.keys(services.gateway.environment)
    const fixed = ['PORT', 'HOST', 'REDIS_CLUSTER']
    const missing = settings.map(({ name }) => name).filter((name) => !passed.includes(name))
    expect(missing).toEqual(fixed)
  })

  it('allows no simulator targets by default', () => {
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

  it('passes the linter', () => {
    expect(validate(text).map(({ message, range }) => [range.start.line + 1, message])).toEqual([])
  })

  it('builds in stages from one pinned image of Node', () => {
    const images = instructions.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? [])
    expect(images).toHaveLength(3)
    expect(new Set(images).size).toBe(1)
    expect(images[0]).toMatch(pinned)
    expect(images[0]).toMatch(/^node:24\..*-slim/)
  })

  it('installs from the lock file without install scripts', () => {
    const installs = instructions.filter((line) => /\bnpm (ci|i|install|add)\b/.test(line))
    expect(installs).toHaveLength(2)
    expect(installs.filter((line) => !/^RUN npm ci .*--ignore-scripts\b/.test(line))).toEqual([])
  })

  it('ships production dependencies and the build only', () => {
    const copied = last.filter((line) => line.startsWith('COPY --from='))
    expect(copied.map((line) => /^COPY --from=(\w+) (\S+)/.exec(line)?.slice(1, 3))).toEqual([
      ['dependencies', '/app/node_modules'],
      ['build', '/app/dist'],
    ])
    expect(stages.find((stage) => / AS dependencies$/m.test(stage))).toContain('--omit=dev')
    expect(last.filter((line) => line.startsWith('RUN '))).toEqual([])
  })

  it('runs without root, and not through npm', () => {
    expect(argumentOf('USER')).toBe('node')
    const command = JSON.parse(argumentOf('CMD') ?? '') as string[]
    expect(command[0]).toBe('node')
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } }
    expect(command.join(' ')).toBe(scripts.start)
  })

  it('checks liveness', () => {
    const [, command = ''] = /^.*? CMD (\[.*\])$/.exec(argumentOf('HEALTHCHECK') ?? '') ?? []
    expect((JSON.parse(command) as string[]).join(' ')).toMatch(/^node -e fetch\(.*\/healthz/)
  })

  it('copies existing files only, the same that .dockerignore allows', () => {
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

describe('docs/examples/kubernetes.yaml', () => {
  const [deployment, service, budget] = parseAllDocuments(read('docs/examples/kubernetes.yaml')).map(
    (document) => document.toJS(),
  ) as [Deployment, { spec: { selector: object } }, { spec: { selector: { matchLabels: object } } }]
  const { template, selector } = deployment.spec
  const [container] = template.spec.containers

  it('selects the pods of the deployment everywhere', () => {
    const { labels } = template.metadata
    expect(selector.matchLabels).toEqual(labels)
    expect(service.spec.selector).toEqual(labels)
    expect(budget.spec.selector.matchLabels).toEqual(labels)
  })

  it('probes the routes, and runs the image of docker-compose.yml without privileges', () => {
    const single = parse(read('docker-compose.yml')) as { services: { gateway: Service } }
    expect(container?.image).toBe(single.services.gateway.image)
    expect(container?.readinessProbe.httpGet.path).toBe('/readyz')
    expect(container?.livenessProbe.httpGet.path).toBe('/healthz')
    expect(container?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  it('names settings that exist', () => {
    const [comment] = /(?<=holds ).*(?=\.)/.exec(read('docs/examples/kubernetes.yaml')) ?? ['']
    const known = settings.map(({ name }) => name as string)
    expect(comment.match(/[A-Z_]{3,}/g)?.filter((name) => !known.includes(name))).toEqual([])
  })
})

interface Probe {
  readonly httpGet: { readonly path: string }
}
interface Deployment {
  readonly spec: {
    readonly selector: { readonly matchLabels: object }
    readonly template: {
      readonly metadata: { readonly labels: object }
      readonly spec: {
        readonly containers: readonly {
          readonly image: string
          readonly readinessProbe: Probe
          readonly livenessProbe: Probe
          readonly securityContext: object
        }[]
      }
    }
  }
}
