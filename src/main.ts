import { argv } from 'node:process'
import { command } from './cli/serve.ts'

await command.run(argv.slice(2))
