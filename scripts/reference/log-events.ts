import type { Outcome } from '../../src/gateway/turn-handler.ts'
import { code, page, table } from './markdown.ts'

/** The sentence of each event. A `turn` has none: its fields say everything. */
export const logEvents: Readonly<Record<string, string | undefined>> = {
  turn: undefined,
  'callback.aborted': 'The connection closed before the body of the callback was complete',
  'request.failed': 'A request failed',
  'admission.saturated': 'Admission control sheds load: the maximum number of turns is in flight',
  'admission.recovered': 'Admission control stopped shedding load',
  'store.circuit.opened': 'The circuit of a store node opened: the node does not answer',
  'store.circuit.closed': 'The circuit of a store node closed: the node answers again',
  'store.ephemeral': 'The embedded store loses all data on exit. Set REDIS_URL to keep it.',
  'store.unavailable': 'Redis does not answer yet',
  'store.node.suspended': 'A Redis master is misconfigured and not used',
  'store.node.restored': 'A Redis master is used again',
  'store.config.weak': 'The configuration of Redis may lose confirmed changes',
  'config.deprecated': 'A setting has a new name',
  'config.insecure': 'A setting is unsafe on a shared store',
  'readiness.lost': 'The process is not ready',
  'readiness.restored': 'The process is ready',
  'demo.failed': 'The demo subscribers could not be registered',
  'server.listening': 'The server accepts requests',
  'server.stopped': 'The server stopped',
  'process.crashed': 'The process cannot continue',
  'log.lines.dropped': 'Log lines were dropped because standard output did not accept them',
}

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

export const logEventsPage = (events: Readonly<Record<string, string | undefined>>): string =>
  page(
    '# Log events',
    'The log is one JSON object per line on standard output. `event` is a stable id. `message` is a sentence for people and may change; a `turn` has none.',
    '## Events',
    table(
      ['Event', 'Message'],
      Object.entries(events).map(([id, message]) => [code(id), message ?? '']),
    ),
    '## Outcomes',
    'A `turn` line has one of these in `outcome`. The metric `ussd_turns_total` has the same label.',
    table(
      ['Outcome', 'Meaning'],
      Object.entries(outcomes).map(([id, meaning]) => [code(id), meaning]),
    ),
    'For the other fields of a line, see [Logging](../guides/operate.md#logging).',
  )
