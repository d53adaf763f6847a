import { code, page, table } from './markdown.ts'

/** The events of the log, with the sentence of each. */
export const logEvents: Readonly<Record<string, string>> = {
  turn: 'The gateway answered a turn.',
  'server.listening': 'The gateway serves requests.',
  'server.stopped': 'The gateway has stopped.',
  'readiness.lost': 'The process cannot take turns; `reason` says why.',
  'readiness.restored': 'The process takes turns again.',
  'admission.saturated': 'Admission control sheds load.',
  'admission.recovered': 'Admission control accepts all turns again; `rejected` counts the shed ones.',
  'store.circuit.opened': 'A node of the store does not answer and gets no more commands.',
  'store.circuit.closed': 'A node of the store answers again.',
  'request.failed': 'A request failed.',
  'process.crashed': 'The process ends because of an unexpected error.',
  'demo.failed': 'The demo subscribers could not be registered.',
  'config.deprecated': 'A setting has a new name.',
  'log.lines.dropped': 'Standard output accepted no lines for a while; `lines` counts the lost ones.',
}

/** The outcomes of a turn, as the log and the metrics name them. */
const outcomes: Readonly<Record<string, string>> = {
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
}

export const logEventsPage = (events: Readonly<Record<string, string>>): string =>
  page(
    '# Log events',
    'The log is one JSON object per line on standard output. `event` is a stable id. `message` is a sentence for people and may change.',
    '## Events',
    table(
      ['Event', 'Message'],
      Object.entries(events).map(([id, message]) => [code(id), message]),
    ),
    '## Outcomes',
    'A `turn` line has one of these in `outcome`. The metric `ussd_turns_total` has the same label.',
    table(
      ['Outcome', 'Meaning'],
      Object.entries(outcomes).map(([id, meaning]) => [code(id), meaning]),
    ),
    'For the other fields of a line, see [Logging](../guides/operate.md#logging).',
  )
