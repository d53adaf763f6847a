/** Plain-text answers: `CON ` before a screen that waits for a reply, `END ` before the last one. */
import type { Answer } from '../../gateway/ports.ts'
import { malformed } from '../dialect.ts'
import type { ParsedResponse, WireResponse } from '../dialect.ts'

const plainText = (status: number, body: string): WireResponse => ({
  status,
  type: 'text/plain; charset=utf-8',
  body,
})

/** The answers of a dialect in plain text. */
export const conEndAnswers = {
  formatAnswer: (answer: Answer) => plainText(200, conEnd(answer)),
  formatEnded: () => plainText(200, ''),
  formatError: (status: number, message: string) =>
    plainText(status, conEnd({ text: message, waits: false })),
}

export const conEnd = ({ text, waits }: Answer): string => `${waits ? 'CON' : 'END'} ${text}`

export function parseConEnd({ status, body }: WireResponse): ParsedResponse {
  if (status !== 200) return malformed(`the application answered with status ${status}`)
  const [, verb, text] = /^(CON|END) ([^]*)$/.exec(body) ?? []
  if (text === undefined) return malformed('the answer must begin with CON or END')
  return { kind: 'answer', answer: { text, waits: verb === 'CON' }, echo: {} }
}
