import { messages } from '../../src/log.ts'
import type { Outcome } from '../../src/gateway/turn-result.ts'
import { code, page, table } from './markdown.ts'

/** The outcomes of a turn, as the log and the metrics name them. A missing one does not compile. */
const outcomes: Readonly<Record<Outcome, string>> = {
  shown: 'The subscriber saw the next screen.',
  'not-understood': 'No transition takes the answer. The screen was shown again.',
  repeat: 'The callback is a duplicate. Its stored reply was sent again.',
  'not-served': 'The number is not registered.',
  'unknown-code': 'No menu has this code.',
  expired: 'The session has expired.',
  ended: 'The dialogue had ended before.',
  'out-of-step': 'The callback does not continue the dialogue.',
  'menu-changed': 'The machine of the menu has changed since the dialogue began.',
  'signature-expired': 'The signature of the callback has expired.',
  unavailable: 'The turn failed or timed out.',
  busy: 'Admission control rejected the turn.',
  cancelled: 'The network reported that the subscriber hung up.',
  'timed-out': 'The network reported that the dialogue timed out.',
  failed: 'The network reported an error.',
}

export const logEventsPage = (): string =>
  page(
    '# Log events',
    'The log is one JSON object per line on standard output. `event` is a stable id. `message` is a sentence for people and may change; a `turn` has none.',
    '## Events',
    table(
      ['Event', 'Message'],
      Object.entries<string | undefined>(messages).map(([id, message]) => [code(id), message ?? '']),
    ),
    '## Outcomes',
    'A `turn` line has one of these in `outcome`. The metric `ussd_turns_total` has the same label.',
    table(
      ['Outcome', 'Meaning'],
      Object.entries(outcomes).map(([id, meaning]) => [code(id), meaning]),
    ),
    'For the other fields of a line, see [Logging](../guides/operate.md#logging).',
  )
