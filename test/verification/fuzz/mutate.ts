/** Callbacks that are nearly right: what a dialect writes, with something wrong in it. */
import type { WireCall } from '../../../src/dialects/dialect.ts'
import type { Random } from '../../support/random.ts'
import { oddBytes, oddNames, oddValues, otherScripts } from './corpus.ts'

/** A callback as it is sent: its body may be any bytes. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export const asItIs = (wire: WireCall): Sent => ({ ...wire, body: Buffer.from(wire.body) })

/** Halves of a pair are no text that an address could hold. */
const hasHalves = /\p{Cs}/u

const types = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/xml',
  'text/plain; charset=utf-16',
  'multipart/form-data; boundary=x',
  'application/json; charset=latin1',
  ';;;',
]

/** Puts one or a few things wrong into a callback. */
export type Mutate = (wire: WireCall, random: Random) => Sent

export function createMutations(seed: number): Mutate {
  const values = oddValues(seed)
  const bytes = oddBytes(seed)

  /** A form, or a query: fields dropped, doubled, swapped, renamed, refilled. */
  function form(text: string, random: Random): string {
    const pairs = [...new URLSearchParams(text)].map(([name, value]) => [name, value] as [string, string])
    const pair = pairs[random.below(pairs.length)]
    if (!pair) return `${encodeURIComponent(random.pick(oddNames))}=1`
    const at = pairs.indexOf(pair)
    switch (random.below(8)) {
      case 0:
        pairs.splice(at, 1)
        break
      case 1:
        pairs.push([pair[0], random.oneIn(2) ? pair[1] : random.pick(values)])
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
        pairs.push([random.pick(oddNames), random.pick(values)])
        break
      case 5:
        pair[1] = random.pick(otherScripts)(pair[1])
        break
      case 6:
        // Past the encoder: percent signs and plus signs as they stand.
        return `${text}&${encodeURIComponent(pair[0])}=${random.pick(['%', '%FF', '%ED%A0%80', '%u0031', '+', '%2', '=', ';a=1'])}`
      default:
        pair[1] = random.pick(values)
    }
    return new URLSearchParams(pairs).toString()
  }

  /** A JSON object: values of other types, names given twice, names of prototypes. */
  function json(text: string, random: Random): string {
    const fields = JSON.parse(text) as Record<string, unknown>
    const name = random.pick(Object.keys(fields))
    const value = JSON.stringify(random.pick(values))
    const name_ = JSON.stringify(name)
    switch (random.below(8)) {
      case 0:
        return JSON.stringify({ ...fields, [name]: undefined })
      case 1:
        return `${text.slice(0, -1)},${name_}:${value}}`
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
        return JSON.stringify({ ...fields, [name]: random.pick(values) })
    }
  }

  /** XML: values, elements and attributes dropped and doubled, entities, depth. */
  function xml(text: string, random: Random): string {
    const value = random.pick(values)
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

  function text(before: string, random: Random): string {
    if (/^\s*\{/.test(before)) return json(before, random)
    if (/^\s*</.test(before)) return xml(before, random)
    return form(before, random)
  }

  /** The bytes themselves: cut, turned over, filled. */
  function raw(body: Buffer, random: Random): Buffer {
    const at = random.below(body.length + 1)
    const odd = random.pick(bytes)
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

  /** What the address and the headers say. */
  function head(sent: Sent, random: Random): Sent {
    switch (random.below(5)) {
      case 0:
        return { ...sent, headers: { ...sent.headers, 'content-type': random.pick(types) } }
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
          path: random.oneIn(2) ? path : sent.path.replace(/\d+/, encodeURIComponent(random.pick(marksOf))),
        }
      }
      default:
        return { ...sent, query: form(sent.query || 'text=1', random).slice(0, 6000) }
    }
  }
  const marksOf = values.filter((value) => !hasHalves.test(value) && value.length < 200)

  /** One or a few things wrong with it. */
  return function mutate(wire: WireCall, random: Random): Sent {
    let sent = asItIs(wire)
    do {
      const kind = random.below(10)
      if (kind < 6) {
        if (sent.method === 'GET' && sent.query)
          sent = { ...sent, query: form(sent.query, random).slice(0, 6000) }
        // What was broken before is no text any more.
        else if (sent.body.equals(Buffer.from(wire.body)))
          sent = { ...sent, body: Buffer.from(text(wire.body, random)) }
        else sent = { ...sent, body: raw(sent.body, random) }
      } else if (kind < 8) sent = { ...sent, body: raw(sent.body, random) }
      else sent = head(sent, random)
    } while (random.oneIn(4))
    return sent
  }
}
