import { createMetrics } from '../../src/metrics.ts'
import { code, codes, page, table } from './markdown.ts'

const idle = { running: 0, waiting: 0 }

/** The metrics of a process that served and rejected one turn: every metric with labels then has a sample. */
function sampled(): Promise<string> {
  const metrics = createMetrics({
    turns: idle,
    registrations: idle,
    requests: idle,
    breaker: { openNodes: () => [] },
    admission: { inFlight: 0 },
    log: { dropped: 0 },
  } as unknown as Parameters<typeof createMetrics>[0])
  metrics.shed('africastalking')
  metrics.turn({
    dialect: 'africastalking',
    menu: '',
    outcome: 'shown',
    ms: 1,
    tries: 2,
  } as unknown as Parameters<typeof metrics.turn>[0])
  return metrics.text()
}

export async function metricsPage(): Promise<string> {
  const text = await sampled()
  const rows = [...text.matchAll(/^# HELP (ussd_\w+) (.*)\n# TYPE \w+ (\w+)\n(?:\w+\{([^}]*)\})?/gm)].map(
    ([, name = '', help = '', type = '', labels = '']) => [
      code(name),
      type,
      codes([...labels.matchAll(/(\w+)=/g)].map(([, label = '']) => label).filter((label) => label !== 'le')),
      help,
    ],
  )
  return page(
    '# Metrics',
    '`GET /metrics` returns these metrics in the Prometheus text format, with the default metrics of the Node process. No label holds a number or a session.',
    table(['Metric', 'Type', 'Labels', 'Description'], rows),
    'The outcomes of a turn are listed under [log events](log-events.md#outcomes). For alerts, see [Operate](../guides/operate.md#alerts).',
  )
}
