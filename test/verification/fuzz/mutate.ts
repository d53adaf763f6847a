import type { WireCall } from '../../../src/dialects/dialect.ts'
import type { Random } from '../../../src/simulator/random.ts'
import { oddBytes, oddNames, oddValues, otherScripts } from './corpus.ts'

/** An HTTP request whose body may be any bytes. */
export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export const rawRequest = (wire: WireCall): RawRequest => ({ ...wire, body: Buffer.from(wire.body) })

/** Lone surrogates cannot be part of a URL. */
const loneSurrogate = /\p{Cs}/u

const contentTypes = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/xml',
  'text/plain; charset=utf-16',
  'multipart/form-data; boundary=x',
  'application/json; charset=latin1',
  ';;;',
]

/** Applies one or more random mutations to a callback. */
export type Mutate = (wire: WireCall, random: Random) => RawRequest

interface Corpus {
  readonly values: readonly string[]
  /** Values that can be part of a URL path. */
  readonly pathValues: readonly string[]
  readonly bytes: readonly Buffer[]
}

interface Draw {
  readonly random: Random
  readonly corpus: Corpus
}

/** Mutations to choose from; only the chosen one draws further. */
type Choices<T> = readonly (() => T)[]

/** Creates the mutations of a seed. The same seed gives the same requests. */
export function createMutations(seed: number): Mutate {
  const values = oddValues(seed)
  const pathValues = values.filter((value) => !loneSurrogate.test(value) && value.length < 200)
  const corpus: Corpus = { values, pathValues, bytes: oddBytes(seed) }
  return (wire, random) => {
    const draw = { random, corpus }
    let sent = rawRequest(wire)
    do {
      const kind = random.below(10)
      if (kind < 6) {
        if (sent.method === 'GET' && sent.query)
          sent = { ...sent, query: mutateForm(sent.query, draw).slice(0, 6000) }
        // A body mutated before may no longer be text.
        else if (sent.body.equals(Buffer.from(wire.body)))
          sent = { ...sent, body: Buffer.from(mutateText(wire.body, draw)) }
        else sent = { ...sent, body: mutateRaw(sent.body, draw) }
      } else if (kind < 8) sent = { ...sent, body: mutateRaw(sent.body, draw) }
      else sent = mutateHead(sent, draw)
    } while (random.oneIn(4))
    return sent
  }
}

/** Drops, duplicates, swaps, renames or refills a field of a form or query. */
function mutateForm(text: string, { random, corpus }: Draw): string {
  const pairs = [...new URLSearchParams(text)]
  const at = random.below(pairs.length)
  const [name, value] = pairs[at] ?? []
  if (name === undefined || value === undefined) return `${encodeURIComponent(random.pick(oddNames))}=1`
  const form = (changed: [string, string][]) => new URLSearchParams(changed).toString()
  const renamed = (to: string) => form(pairs.with(at, [to, value]))
  const refilled = (to: string) => form(pairs.with(at, [name, to]))
  const extended = (...pair: [string, string]) => form([...pairs, pair])
  const choices: Choices<string> = [
    () => form(pairs.toSpliced(at, 1)),
    () => extended(name, random.oneIn(2) ? value : random.pick(corpus.values)),
    () => {
      const other = random.below(pairs.length)
      const [otherName, otherValue] = pairs[other] as [string, string]
      return form(pairs.with(at, [name, otherValue]).with(other, [otherName, value]))
    },
    () => renamed(random.pick([`${name}[]`, name.toUpperCase(), `${name}[a][b]`, ...oddNames])),
    () => extended(random.pick(oddNames), random.pick(corpus.values)),
    () => refilled(random.pick(otherScripts)(value)),
    // Bypasses the encoder.
    () => `${text}&${encodeURIComponent(name)}=${random.pick(rawValues)}`,
    () => refilled(random.pick(corpus.values)),
  ]
  return random.pick(choices)()
}

/** Percent escapes, plus signs and separators that an encoder would escape. */
const rawValues = '% %FF %ED%A0%80 %u0031 + %2 = ;a=1'.split(' ')
const oddJson = 'null [] {} [["a"]] 1e400 -1 0.5 true 9007199254740993 {"toString":1}'.split(' ')

/** Mutates a JSON object: other types, duplicate names, prototype names. */
function mutateJson(text: string, { random, corpus }: Draw): string {
  const fields = JSON.parse(text) as Record<string, unknown>
  const names = Object.keys(fields)
  const name = random.pick(names)
  const refilled = (value: unknown) => JSON.stringify({ ...fields, [name]: value })
  const extended = (name: string, json: string) => `${text.slice(0, -1)},${JSON.stringify(name)}:${json}}`
  const value = JSON.stringify(random.pick(corpus.values))
  const choices: Choices<string> = [
    () => refilled(undefined),
    () => extended(name, value),
    () => refilled(fields[random.pick(names)]),
    () => refilled('~').replace('"~"', random.pick(oddJson)),
    () => extended(random.pick(oddNames), random.pick([value, '{"a":1}'])),
    () => refilled(random.pick(otherScripts)(String(fields[name]))),
    () => random.pick([`[${text}]`, text + text, '['.repeat(4000), `\ufeff${text}`, `//\n${text}`, 'null']),
    () => refilled(random.pick(corpus.values)),
  ]
  return random.pick(choices)()
}

const xmlTexts = '&#0; &#xD800; &b; <![CDATA[1]]> <!---->1 &#x31; &amp;amp;'.split(' ')

/** Mutates XML: values, elements and attributes dropped and doubled, entities, depth. */
function mutateXml(text: string, { random, corpus }: Draw): string {
  const value = random.pick(corpus.values)
  const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
  const spots = [...text.matchAll(/(?<==")[^"]*(?=")|(?<=>)[^<>]+(?=<)/g)].filter(({ index }) => index > 40)
  const spot = spots[random.below(spots.length)]
  const refilled = (filling: string) =>
    spot ? text.slice(0, spot.index) + filling + text.slice(spot.index + spot[0].length) : text
  const dropOrDouble = (part: string) => (random.oneIn(2) ? '' : part + part)
  const choices: Choices<string> = [
    () => refilled(''),
    () => refilled(value),
    () => text.replace(/<(\w+)[^<]*<\/\1>/, dropOrDouble),
    () =>
      text.replace(/\s\w+="[^"]*"/g, (attribute) => (random.oneIn(2) ? dropOrDouble(attribute) : attribute)),
    () => text.replace('?>', '?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'),
    () => `${'<a>'.repeat(random.below(2000))}${text}`,
    () => refilled(random.pick(xmlTexts)),
    () => text.replace('UTF-8', random.pick(['UTF-16', 'EBCDIC', 'utf-7', ''])),
    () => refilled(escaped),
  ]
  return random.pick(choices)()
}

/** Mutates text in its own format: JSON, XML or a form. */
function mutateText(before: string, draw: Draw): string {
  if (/^\s*\{/.test(before)) return mutateJson(before, draw)
  if (/^\s*</.test(before)) return mutateXml(before, draw)
  return mutateForm(before, draw)
}

const fillers = ['a', ' ', '&', '<', '[', '\0', '%']

/** Cuts, rotates, fills or replaces the bytes. */
function mutateRaw(body: Buffer, { random, corpus }: Draw): Buffer {
  const at = random.below(body.length + 1)
  const [before, after] = [body.subarray(0, at), body.subarray(at)]
  const odd = random.pick(corpus.bytes)
  const choices: Choices<Buffer> = [
    () => before,
    () => Buffer.concat([before, Buffer.of(random.below(256)), after.subarray(1)]),
    () => Buffer.concat([before, odd, after]),
    () => odd,
    () => Buffer.concat([body, Buffer.alloc(random.below(9000), random.pick(fillers))]),
    () => Buffer.concat([after, before]),
  ]
  return random.pick(choices)()
}

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']
const paths = ['/', '/events', '/%zz', '/..%2f', '/session/%00/start', '/session//start']

/** Mutates the method, the path, the query or a header. */
function mutateHead(sent: RawRequest, draw: Draw): RawRequest {
  const { random, corpus } = draw
  const withHeader = (name: string, value: string) => ({
    ...sent,
    headers: { ...sent.headers, [name]: value },
  })
  const choices: Choices<RawRequest> = [
    () => withHeader('content-type', random.pick(contentTypes)),
    () => withHeader('content-encoding', random.pick(['gzip', 'br', 'x'])),
    () => ({ ...sent, method: random.pick(methods) }),
    () => ({ ...sent, path: random.pick(paths) }),
    () => ({ ...sent, path: sent.path.replace(/\d+/, encodeURIComponent(random.pick(corpus.pathValues))) }),
    () => ({ ...sent, query: mutateForm(sent.query || 'text=1', draw).slice(0, 6000) }),
  ]
  return random.pick(choices)()
}
