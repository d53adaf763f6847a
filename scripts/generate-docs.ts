/**
 * npm run docs: writes the pages under docs/reference, the index of decisions and docs/examples/callbacks.http from the code.
 * With `--check` it writes nothing and fails when a file is stale.
 */
import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { Command } from 'commander'
import { format, resolveConfig } from 'prettier'
import { carriersPage } from './reference/carriers.ts'
import { cliPage } from './reference/cli.ts'
import { decisionsPage } from './reference/decisions.ts'
import { callbacksFile, dialectsPage } from './reference/dialects.ts'
import { errorsPage } from './reference/errors.ts'
import { httpPage } from './reference/http.ts'
import { logEventsPage } from './reference/log-events.ts'
import { metricsPage } from './reference/metrics.ts'
import { settingsPage } from './reference/settings.ts'
import { walkthroughPage, walkthroughSchema } from './reference/walkthrough.ts'

const command = new Command('npm run docs --')
  .description('Generates the reference documentation from the code.')
  .option('--check', 'write nothing; exit with 1 if a file is stale')
  .parse()

const generated: Readonly<Record<string, string>> = {
  'docs/reference/settings.md': settingsPage(),
  'docs/reference/http.md': httpPage(),
  'docs/reference/errors.md': errorsPage(),
  'docs/reference/dialects.md': dialectsPage(),
  'docs/reference/carriers.md': carriersPage(),
  'docs/reference/metrics.md': await metricsPage(),
  'docs/reference/log-events.md': logEventsPage(),
  'docs/reference/walkthrough.md': walkthroughPage(),
  'docs/reference/walkthrough.schema.json': walkthroughSchema(),
  'docs/reference/cli.md': cliPage(),
  'docs/explanation/decisions/README.md': decisionsPage(),
  'docs/examples/callbacks.http': callbacksFile(),
}

const stale: string[] = []
for (const [path, text] of Object.entries(generated)) {
  const options = { ...(await resolveConfig(path)), proseWrap: 'always', filepath: path } as const
  const formatted = path.endsWith('.http') ? text : await format(text, options)
  const current = await readFile(path, 'utf8').catch(() => '')
  if (current === formatted) continue
  stale.push(path)
  if (!command.opts<{ check?: true }>().check) await writeFile(path, formatted)
}

if (stale.length === 0) console.log('docs: all generated files are current')
else if (!command.opts<{ check?: true }>().check) console.log(`docs: wrote ${stale.join(', ')}`)
else {
  console.error(`docs: stale: ${stale.join(', ')}. Run \`npm run docs\`.`)
  process.exitCode = 1
}
