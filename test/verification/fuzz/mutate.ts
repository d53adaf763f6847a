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

/** Drops, duplicates, swaps, renames or refills fields of a form or query. */
function mutateForm(text: string, { random, corpus }: Draw): string {
  const pairs = [...new URLSearchParams(text)].map(([name, value]) => [name, value] as [string, string])
  const pair = pairs[random.below(pairs.length)]
  if (!pair) return `${encodeURIComponent(random.pick(oddNames))}=1`
  const at = pairs.indexOf(pair)
  switch (random.below(8)) {
    case 0:
      pairs.splice(at, 1)
      break
    case 1:
      pairs.push([pair[0], random.oneIn(2) ? pair[1] : random.pick(corpus.values)])
      break
    case 2: {
      const other = random.pick(pairs)
      const [mine, theirs] = [pair[1], other[1]]
      pair[1] = theirs
      other[1] = mine
      break
    }
    case 3:
      pair[0] = random.pick([`${pair[0]}[]`, pair[0].toUpperCase(), `${pair[0]}[a][b]`, ...oddNames])
      break
    case 4:
      pairs.push([random.pick(oddNames), random.pick(corpus.values)])
      break
    case 5:
      pair[1] = random.pick(otherScripts)(pair[1])
      break
    case 6:
      // Bypasses the encoder: raw percent and plus signs.
      return `${text}&${encodeURIComponent(pair[0])}=${random.pick(['%', '%FF', '%ED%A0%80', '%u0031', '+', '%2', '=', ';a=1'])}`
    default:
      pair[1] = random.pick(corpus.values)
  }
  return new URLSearchParams(pairs).toString()
}

/** Mutates a JSON object: other types, duplicate names, prototype names. */
function mutateJson(text: string, { random, corpus }: Draw): string {
  const fields = JSON.parse(text) as Record<string, unknown>
  const name = random.pick(Object.keys(fields))
  const value = JSON.stringify(random.pick(corpus.values))
  const quotedName = JSON.stringify(name)
  switch (random.below(8)) {
    case 0:
      return JSON.stringify({ ...fields, [name]: undefined })
    case 1:
      return `${text.slice(0, -1)},${quotedName}:${value}}`
    case 2:
      return JSON.stringify({ ...fields, [name]: fields[random.pick(Object.keys(fields))] })
    case 3: {
      const odd = [
        'null',
        '[]',
        '{}',
        '[["a"]]',
        '1e400',
        '-1',
        '0.5',
        'true',
        '9007199254740993',
        '{"toString":1}',
      ]
      return JSON.stringify({ ...fields, [name]: '~' }).replace('"~"', random.pick(odd))
    }
    case 4:
      return `${text.slice(0, -1)},${JSON.stringify(random.pick(oddNames))}:${random.pick([value, '{"a":1}'])}}`
    case 5:
      return JSON.stringify({ ...fields, [name]: random.pick(otherScripts)(String(fields[name])) })
    case 6:
      return random.pick([
        `[${text}]`,
        `${text}${text}`,
        `${'['.repeat(4000)}`,
        `\ufeff${text}`,
        `//\n${text}`,
        'null',
      ])
    default:
      return JSON.stringify({ ...fields, [name]: random.pick(corpus.values) })
  }
}

/** XML: values, elements and attributes dropped and doubled, entities, depth. */
function mutateXml(text: string, { random, corpus }: Draw): string {
  const value = random.pick(corpus.values)
  const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
  const spots = [...text.matchAll(/="[^"]*"|>[^<>]+</g)].filter(({ index }) => index > 40)
  const spot = spots[random.below(spots.length)]
  const put = (filling: string) => {
    if (!spot) return text
    const [was] = spot
    return (
      text.slice(0, spot.index) +
      (was.startsWith('=') ? `="${filling}"` : `>${filling}<`) +
      text.slice(spot.index + was.length)
    )
  }
  switch (random.below(9)) {
    case 0:
      return put('')
    case 1:
      return put(value)
    case 2:
      return text.replace(/<(\w+)[^<]*<\/\1>/, (element) => (random.oneIn(2) ? '' : element + element))
    case 3:
      return text.replace(/\s(\w+)="[^"]*"/g, (attribute) =>
        random.oneIn(4) ? '' : random.oneIn(4) ? attribute + attribute : attribute,
      )
    case 4:
      return text.replace('?>', '?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>')
    case 5:
      return `${'<a>'.repeat(random.below(2000))}${text}`
    case 6:
      return put(
        random.pick(['&#0;', '&#xD800;', '&b;', '<![CDATA[1]]>', '<!-- -->1', '&#x31;', '&amp;amp;']),
      )
    case 7:
      return text.replace('UTF-8', random.pick(['UTF-16', 'EBCDIC', 'utf-7', '']))
    default:
      return put(escaped)
  }
}

/** Mutates text in its own format: JSON, XML or a form. */
function mutateText(before: string, draw: Draw): string {
  if (/^\s*\{/.test(before)) return mutateJson(before, draw)
  if (/^\s*</.test(before)) return mutateXml(before, draw)
  return mutateForm(before, draw)
}

/** Cuts, rotates, fills or replaces the bytes. */
function mutateRaw(body: Buffer, { random, corpus }: Draw): Buffer {
  const at = random.below(body.length + 1)
  const odd = random.pick(corpus.bytes)
  switch (random.below(6)) {
    case 0:
      return body.subarray(0, at)
    case 1: {
      const copy = Buffer.from(body)
      if (at < copy.length) copy[at] = random.below(256)
      return copy
    }
    case 2:
      return Buffer.concat([body.subarray(0, at), odd, body.subarray(at)])
    case 3:
      return odd
    case 4:
      return Buffer.concat([
        body,
        Buffer.alloc(random.below(9000), random.pick(['a', ' ', '&', '<', '[', '\0', '%'])),
      ])
    default:
      return Buffer.concat([body.subarray(at), body.subarray(0, at)])
  }
}

/** Mutates the method, the path, the query or a header. */
function mutateHead(sent: RawRequest, draw: Draw): RawRequest {
  const { random, corpus } = draw
  switch (random.below(5)) {
    case 0:
      return { ...sent, headers: { ...sent.headers, 'content-type': random.pick(contentTypes) } }
    case 1:
      return { ...sent, headers: { ...sent.headers, 'content-encoding': random.pick(['gzip', 'br', 'x']) } }
    case 2:
      return { ...sent, method: random.pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) }
    case 3: {
      const path = random.pick([
        '/',
        '/events',
        '/%zz',
        '/..%2f',
        `/session/${encodeURIComponent('\0')}/start`,
        '/session//start',
      ])
      return {
        ...sent,
        path: random.oneIn(2)
          ? path
          : sent.path.replace(/\d+/, encodeURIComponent(random.pick(corpus.pathValues))),
      }
    }
    default:
      return { ...sent, query: mutateForm(sent.query || 'text=1', draw).slice(0, 6000) }
  }
}
