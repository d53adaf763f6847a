import { profiles } from '../../src/simulator/profiles.ts'
import { code, page, table } from './markdown.ts'

const seconds = (ms: number) => `${ms / 1000} s`

export function carriersPage(): string {
  const rows = Object.entries(profiles).map(
    ([name, { answerTimeoutMs, idleMs, dialogueMs, screen, input }]) => [
      code(name),
      answerTimeoutMs === undefined ? "the dialect's" : seconds(answerTimeoutMs),
      seconds(idleMs),
      seconds(dialogueMs),
      `${screen.max} ${screen.unit}`,
      code(screen.longer),
      `${input.max} characters`,
    ],
  )
  return page(
    '# Carrier profiles',
    'A profile holds the limits and timers of a mobile network. Select one with `--profile` or `?profile=`.',
    table(
      ['Profile', 'Answer timeout', 'Idle timeout', 'Dialogue limit', 'Screen', 'Longer screen', 'Input'],
      rows,
    ),
    `- **Answer timeout**: how long the network waits for the application.
- **Idle timeout**: how long a screen waits for the subscriber.
- **Dialogue limit**: the maximum duration of a dialogue.
- **Screen**: the maximum screen. One message carries 160 octets: 182 characters of the GSM alphabet, or 80 of any other.
- **Longer screen**: \`fail\` ends the dialogue, \`cut\` truncates the screen, \`paginate\` splits it into pages with \`98:More\` and \`00:Back\`.
- **Input**: the maximum answer or code. The phone rejects a longer one.`,
    'Override any value after the name: `a1,answer=5s,idle=20s,dialogue=120s,screen=182,unit=characters,longer=cut,input=80,ends=off`. `ends=off` sends no notification when a dialogue ends.',
    'For the sources of these figures, see [Sources of carrier figures](../explanation/dialects.md#sources-of-carrier-figures).',
  )
}
