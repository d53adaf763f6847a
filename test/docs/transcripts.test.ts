import { describe, expect, it } from '@jest/globals'
import { startGateway } from '../support/running.ts'
import { curl } from './curl.ts'
import { examples, read } from './documents.ts'

const environment = { ADMIN_TOKEN: 'an-admin-token-for-the-documents' }

describe.each(['README.md', 'docs/explanation/dialects.md', 'docs/guides/test-scripts.md'])('%s', (path) => {
  it('shows the output of its curl commands on a fresh gateway', async () => {
    const gateway = await startGateway(environment)
    try {
      const shown = examples(read(path)).filter(({ command }) => command.startsWith('curl '))
      expect(shown.length).toBeGreaterThan(0)
      for (const { command, output } of shown) {
        const printed = await curl(command, { origin: gateway.url, environment })
        // A terminal does not show the last line feed.
        expect({ command, output: printed.replace(/\n$/, '') }).toEqual({ command, output })
      }
    } finally {
      await gateway.close('immediate')
    }
  })
})
