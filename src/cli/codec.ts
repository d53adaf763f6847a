import { once } from 'node:events'
import { z } from 'zod'
import { septetsToText, textToSeptets } from '../ussd/alphabet.ts'
import { parseDataCoding } from '../ussd/dcs.ts'
import { decodeMessage, encodeMessage, measure } from '../ussd/message.ts'
import { parseDialled } from '../ussd/mmi.ts'
import { createNumbering, isCountry } from '../ussd/numbering.ts'
import { pack, septetsIn, unpackSms, unpackUssd } from '../ussd/packing.ts'
import { transliterate } from '../ussd/transliterate.ts'
import { defineCommand } from './command.ts'
import type { CommandIo } from './command.ts'

const text = z.string({ error: 'must be a string' })
const dcs = z
  .number({ error: 'must be a number from 0 to 255' })
  .refine(
    (octet) => Number.isInteger(octet) && octet >= 0 && octet <= 255,
    'must be a whole number from 0 to 255',
  )
const hex = z
  .string({ error: 'must be a string of hexadecimal digits' })
  .refine((digits) => /^[0-9a-f]*$/i.test(digits), 'must be hexadecimal digits only')
  .refine((digits) => digits.length % 2 === 0, 'must have two digits an octet')
  .transform((digits): Uint8Array => Buffer.from(digits, 'hex'))
const septets = z
  .number({ error: 'must be given in mode sms: a number' })
  .refine((count) => Number.isInteger(count) && count >= 0, 'must be a whole number, 0 or more')

const country = z.string({ error: 'must be a string' }).refine(isCountry, 'must be an ISO code such as BY')

const operations: Record<string, (request: unknown) => object> = {
  encode7: operation(z.object({ text, mode: oneOf('ussd', 'sms') }), (request) => {
    const coded = textToSeptets(request.text)
    if (coded.kind === 'unencodable') return { encodable: false, unencodable: coded.characters }
    const octets = pack(coded.septets, request.mode)
    return { hex: hexOf(octets), septets: coded.septets.length, octets: octets.length }
  }),
  decode7: operation(
    z.discriminatedUnion(
      'mode',
      [z.object({ mode: z.literal('ussd'), hex }), z.object({ mode: z.literal('sms'), hex, septets })],
      { error: 'must be one of: ussd, sms' },
    ),
    (request) => {
      if (request.mode === 'ussd') return { text: septetsToText(unpackUssd(request.hex)) }
      if (request.septets > septetsIn(request.hex.length))
        return { error: `septets is more than the ${septetsIn(request.hex.length)} that the octets hold` }
      return { text: septetsToText(unpackSms(request.hex, request.septets)) }
    },
  ),
  encode: operation(z.object({ text }), (request) => {
    const message = encodeMessage(request.text)
    return { dcs: message.dcs, hex: hexOf(message.octets) }
  }),
  decode: operation(z.object({ dcs, hex }), (request) => {
    const message = decodeMessage(request.dcs, request.hex)
    if (message.kind === 'malformed') return { error: message.message }
    if (message.kind === 'bytes') return { alphabet: message.alphabet, bytes: hexOf(message.bytes) }
    const language = message.language === undefined ? {} : { language: message.language }
    return { alphabet: message.alphabet, text: message.text, ...language }
  }),
  measure: operation(z.object({ text }), (request) => measure(request.text)),
  dcs: operation(z.object({ dcs }), (request) => parseDataCoding(request.dcs)),
  mmi: operation(
    z.object({ dial: text, inCall: z.boolean({ error: 'must be true or false' }).default(false) }),
    (request) => {
      const dialled = parseDialled(request.dial, { inCall: request.inCall })
      return dialled.kind === 'invalid' ? { kind: 'invalid' } : dialled
    },
  ),
  msisdn: operation(z.object({ raw: text, defaultCountry: country.default('BY') }), (request) => {
    const number = createNumbering({ countries: [request.defaultCountry] }).parse(request.raw)
    if (number.kind === 'reject') return { reject: true, why: number.why }
    const { e164, rangeOperator } = number
    return { e164, ...(rangeOperator && { rangeOperator }) }
  }),
  transliterate: operation(z.object({ text, language: oneOf('ru', 'be') }), (request) => ({
    text: transliterate(request.text, request.language),
  })),
}

/** Combines a schema with the function that answers its requests. */
function operation<Schema extends z.ZodType>(schema: Schema, answer: (request: z.output<Schema>) => object) {
  return (request: unknown): object => {
    const parsed = schema.safeParse(request)
    if (parsed.success) return answer(parsed.data)
    return {
      error: parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '),
    }
  }
}

function oneOf<const Choice extends string>(...choices: Choice[]) {
  return z.enum(choices, {
    error: choices.length > 1 ? `must be one of: ${choices.join(', ')}` : `must be ${choices[0]}`,
  })
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('hex')
}

function replyTo(line: string): object {
  let request: unknown
  try {
    request = JSON.parse(line)
  } catch {
    // The parser's own message quotes the line, and a dialled string may hold a secret.
    return { error: 'the line must be JSON' }
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return { error: 'the line is not a JSON object' }
  const id = 'id' in request ? { id: request.id } : {}
  const op = 'op' in request ? request.op : undefined
  const perform = typeof op === 'string' && Object.hasOwn(operations, op) ? operations[op] : undefined
  if (!perform) return { ...id, error: `op must be one of: ${Object.keys(operations).join(', ')}` }
  return { ...id, ...perform(request) }
}

// Not node:readline: it also ends lines at U+2028 and U+2029, which JSON allows inside a string.
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string[]> {
  let begun: string[] = []
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n')
    begun.push(first)
    const last = others.pop()
    if (last === undefined) continue
    yield [begun.join(''), ...others]
    begun = [last]
  }
  yield [begun.join('')]
}

async function main(_options: object, _args: readonly string[], { stdin, stdout }: CommandIo): Promise<0> {
  for await (const lines of linesOf(stdin.setEncoding('utf8'))) {
    const requests = lines.map((line) => line.trim()).filter((line) => line !== '')
    const replies = requests.map((line) => `${JSON.stringify(replyTo(line))}\n`).join('')
    if (replies !== '' && !stdout.write(replies)) await once(stdout, 'drain')
  }
  return 0
}

export const command = defineCommand({
  name: 'codec',
  summary: 'Encode and decode USSD text, data coding schemes, dialled strings and numbers.',
  details: `Reads one JSON object per line from standard input and writes one per line, in the same order.
An invalid request gets {"error": "…"}. An "id" is copied to the reply.

Operations (op) and their fields:
  encode7        text, mode: ussd | sms
  decode7        hex, mode: ussd | sms, septets (sms only)
  encode         text
  decode         dcs, hex
  measure        text
  dcs            dcs
  mmi            dial, inCall
  msisdn         raw, defaultCountry: ISO code of the only country accepted (default: BY)
  transliterate  text, language: ru | be

Example:
  echo '{"op":"measure","text":"Привет"}' | ussd codec`,
  exitCodes: { 0: 'end of input', 1: 'standard output failed' },
  run: main,
})
