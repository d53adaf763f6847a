import { describe, expect, it } from '@jest/globals'
import { variants } from '../../src/dialects/get.ts'
import { dialects } from '../../src/dialects/index.ts'
import { startGateway } from '../support/running.ts'
import { quoted, read, rows, section } from './documents.ts'

const explained = read('docs/explanation/dialects.md')

describe('docs/explanation/dialects.md', () => {
  it('has a section for each dialect', () => {
    const sections = explained.split(/^## /m).map((text) => quoted(text.split('\n\n')[1] ?? '')[0])
    expect(Object.keys(dialects).filter((name) => !sections.includes(name))).toEqual([])
  })

  it('names the fields of each variant of GET', () => {
    const listed = rows(section(explained, 'GET')).map((cells) => cells.map((cell) => quoted(cell)[0]))
    const known = Object.entries(variants).map(([variant, { names }]) => [
      variant,
      names.session,
      names.msisdn,
      names.code,
      names.input,
    ])
    expect(listed).toEqual(known)
  })
})

/** A request of an `.http` file. */
interface HttpRequest {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Parses an `.http` file: `### name`, request line, headers, blank line, body. `variables` replace `{{name}}`. */
function parseHttpFile(text: string, variables: Readonly<Record<string, string>>): HttpRequest[] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((part) => {
      const filled = part.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => variables[name] ?? '')
      const [name = '', line = '', ...rest] = filled.split('\n')
      const [method = '', url = ''] = line.split(' ')
      const end = rest.indexOf('')
      const headers = Object.fromEntries(rest.slice(0, end).map((header) => header.split(/: (.*)/)))
      return {
        name,
        method,
        url,
        headers,
        body: rest
          .slice(end + 1)
          .join('\n')
          .trim(),
      }
    })
}

describe('docs/examples/callbacks.http', () => {
  it('has a callback for each dialect, which the gateway answers with the first screen', async () => {
    const gateway = await startGateway()
    try {
      const requests = parseHttpFile(read('docs/examples/callbacks.http'), { origin: gateway.url })
      expect(requests.map(({ name }) => name)).toEqual(Object.keys(dialects))
      for (const { name, method, url, headers, body } of requests) {
        const response = await fetch(url, { method, headers, ...(body !== '' && { body }) })
        const answer = { name, status: response.status, text: await response.text() }
        expect(answer).toEqual({
          name,
          status: 200,
          text: expect.stringContaining('Access to self-care is open'),
        })
      }
    } finally {
      await gateway.close('immediate')
    }
  })
})
