import { command as auditKeys } from '../../src/cli/audit-keys.ts'
import { command as codec } from '../../src/cli/codec.ts'
import { command as diagram } from '../../src/cli/diagram.ts'
import { command as dial } from '../../src/cli/dial.ts'
import { command as explore } from '../../src/cli/explore.ts'
import { command as lint } from '../../src/cli/lint.ts'
import { command as serve } from '../../src/cli/serve.ts'
import { command as walk } from '../../src/cli/walk.ts'
import { fence, page } from './markdown.ts'

/** The help text of every `ussd` command. */
export const cliPage = (): string =>
  page(
    '# Command line',
    'In a clone, `npm run <command> -- <options>` runs `ussd <command> <options>`. `npm run -s` prints the output of the command only. `npm start` runs `ussd serve`, and `npm run audit:keys` runs `ussd audit-keys`.',
    ...[serve, dial, walk, explore, lint, diagram, codec, auditKeys].flatMap((command) => [
      `## ${command.name}`,
      fence('text', command.help()),
    ]),
  )
