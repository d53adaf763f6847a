import { Option } from 'commander'
import { createRedisClient, nameFault } from '../store/redis/client.ts'
import { auditKeyspace } from '../store/redis/keyspace-audit.ts'
import type { KeyspaceReport } from '../store/redis/keyspace-audit.ts'
import { maskMsisdn } from '../ussd/numbering.ts'
import { defineCommand } from './command.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { CommandError } from './command-error.ts'

interface AuditOptions {
  readonly redis?: string
  readonly cluster?: readonly string[]
  readonly prefix?: string
  readonly pseudonyms?: 'on' | 'off'
}

/** Findings printed in full; the others are counted. */
const MAX_SHOWN = 50

async function main(
  { redis, cluster, prefix, pseudonyms }: AuditOptions,
  _args: readonly string[],
  { stdout }: CommandIo,
): Promise<ExitCode> {
  if ((redis === undefined) === (cluster === undefined))
    throw new CommandError('give either --redis or --cluster', 2)
  const address = redis === undefined ? { clusterNodes: cluster ?? [] } : { url: redis }
  const client = createRedisClient(address, { commandTimeoutMs: 5000 })
  try {
    if (!(await client.whenReady(5000))) {
      throw new CommandError(`Redis cannot be reached: ${client.lastFault() ?? 'no answer'}`, 1)
    }
    const report = await auditKeyspace(client, {
      ...(prefix !== undefined && { prefix }),
      ...(pseudonyms !== undefined && { keyNaming: pseudonyms === 'on' ? 'pseudonyms' : 'msisdns' }),
    })
    stdout.write(format(report))
    return report.findings.length === 0 ? 0 : 1
  } finally {
    await client.close()
  }
}

function format({ keyNaming, counts, foreign, findings }: KeyspaceReport): string {
  const masked = (key: string) =>
    key.replace(/\+?\d{7,15}/g, (number) => maskMsisdn(`+${number.replace('+', '')}`))
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const hidden = findings.length - MAX_SHOWN
  const lines = [
    ...findings.slice(0, MAX_SHOWN).map(({ key, message }) => `✗ ${masked(key)}: ${message}`),
    ...(hidden > 0 ? [`… and ${hidden} more`] : []),
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', '),
    `keys contain ${keyNaming === 'pseudonyms' ? 'pseudonyms' : 'MSISDNs'}; ${foreign} keys without the prefix`,
    `key space audit: ${all} keys, ${findings.length} findings`,
  ]
  return `${lines.filter((line) => line !== '').join('\n')}\n`
}

export const command = defineCommand<AuditOptions>({
  name: 'audit-keys',
  summary: 'Check every key of the gateway in a Redis: names, types, buckets and times to live.',
  usage: '--redis <url>',
  configure: (command) =>
    command
      .option('--redis <url>', 'redis:// or rediss://')
      .option('--cluster <nodes>', 'some nodes of a cluster: host:port,host:port', (value) =>
        value.split(','),
      )
      .option('--prefix <text>', 'prefix of the keys (default: ussd)')
      .addOption(
        new Option('--pseudonyms <on|off>', 'expected setting (default: what the database says)').choices([
          'on',
          'off',
        ]),
      ),
  details: `Reads with SCAN, TYPE, PTTL and GET, and writes nothing. Numbers are masked in the output.

Checks:
  - sessions, logins and self-care sessions expire, no later than the settings allow;
  - subscribers and journals do not expire;
  - every name has a known form and lies in its bucket;
  - with pseudonyms, no name holds an MSISDN.

Examples:
  ussd audit-keys --redis redis://localhost:6379
  ussd audit-keys --cluster 10.0.0.1:6379,10.0.0.2:6379 --pseudonyms on`,
  exitCodes: { 0: 'no findings', 1: 'findings, or Redis cannot be read' },
  run: main,
  messageOf: (error) => `Redis cannot be read: ${nameFault(error)}`,
})
