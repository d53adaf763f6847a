/** npm run census: looks at every key of a Redis, and says which should not be as they are. */
import { stdout } from 'node:process'
import { Command, InvalidArgumentError } from 'commander'
import { createRedisClient, nameFault } from '../store/redis/client.ts'
import { auditKeyspace } from '../store/redis/keyspace-audit.ts'
import type { KeyspaceReport } from '../store/redis/keyspace-audit.ts'
import { maskMsisdn } from '../ussd/msisdn.ts'
import { runCommand } from './command.ts'
import { CommandError } from './command-error.ts'

interface Given {
  readonly redis?: string
  readonly cluster?: readonly string[]
  readonly prefix?: string
  readonly pseudonyms?: 'on' | 'off'
}

/** Findings that are printed; the rest is counted. */
const MOST_SHOWN = 50

const onOff = (value: string): 'on' | 'off' => {
  if (value !== 'on' && value !== 'off') throw new InvalidArgumentError('It is on or off.')
  return value
}

const command = new Command('npm run census --')
  .usage('--redis <url>')
  .description(
    'Looks at every key of a Redis, reads and changes nothing else, and says what should not be so.',
  )
  .option('--redis <url>', 'redis:// or rediss://')
  .option('--cluster <nodes>', 'some nodes of a cluster, host:port,host:port', (value) => value.split(','))
  .option('--prefix <text>', 'what the keys of the gateway begin with (default: ussd)')
  .option('--pseudonyms <on|off>', 'what PSEUDONYMS should be (default: what the database says)', onOff)
  .addHelpText(
    'after',
    `
Every key of a dialogue, of a login and of a self-care session has a time to live, and no longer one than a setting gives;
subscribers and journals stay; every name is of a known form and lies in its bucket; with pseudonyms, no MSISDN stands in a
name. SCAN, TYPE, PTTL and GET are used. Numbers are masked in what is printed.

Examples:
  npm run census -- --redis redis://localhost:6379
  npm run census -- --cluster 10.0.0.1:6379,10.0.0.2:6379 --pseudonyms on

Exit code: 0 all is in order, 1 something is not or Redis cannot be read, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

async function main(): Promise<boolean> {
  command.parse()
  const { redis, cluster, prefix, pseudonyms } = command.opts<Given>()
  if ((redis === undefined) === (cluster === undefined))
    throw new CommandError('--redis or --cluster is needed', 2)
  const address = redis === undefined ? { clusterNodes: cluster ?? [] } : { url: redis }
  const client = createRedisClient(address, { commandTimeoutMs: 5000 })
  try {
    if (!(await client.whenReady(5000))) {
      throw new CommandError(`Redis cannot be reached: ${client.lastFault() ?? 'no answer'}`, 1)
    }
    const census = await auditKeyspace(client, {
      ...(prefix !== undefined && { prefix }),
      ...(pseudonyms !== undefined && { keysCarry: pseudonyms === 'on' ? 'pseudonyms' : 'msisdns' }),
    })
    stdout.write(reportOf(census))
    return census.findings.length === 0
  } finally {
    await client.close()
  }
}

function reportOf({ keysCarry, counts, foreign, findings }: KeyspaceReport): string {
  const masked = (key: string) =>
    key.replace(/\+?\d{9,15}/g, (number) => maskMsisdn(`+${number.replace('+', '')}`))
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const left = findings.length - MOST_SHOWN
  const lines = [
    ...findings.slice(0, MOST_SHOWN).map(({ key, message: says }) => `✗ ${masked(key)}: ${says}`),
    ...(left > 0 ? [`… and ${left} more`] : []),
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', '),
    `keys carry ${keysCarry === 'pseudonyms' ? 'pseudonyms' : 'MSISDNs'}; ${foreign} keys are not of the gateway`,
    `${all} keys, ${findings.length} findings`,
  ]
  return `${lines.filter((line) => line !== '').join('\n')}\n`
}

await runCommand(
  'census',
  async () => ((await main()) ? 0 : 1),
  (error) => `Redis cannot be read: ${nameFault(error)}`,
)
