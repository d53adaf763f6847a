/** Serves the project of this repository. */
import { argv } from 'node:process'
import { serveCommand } from './cli/serve.ts'

await serveCommand(async () => (await import('../menus/index.ts')).default).run(argv.slice(2))
