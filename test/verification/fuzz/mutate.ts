/** Callbacks that are nearly right: what a dialect writes, with something wrong in it. */
import type { WireCall } from '../../../src/dialects/dialect.ts'
import type { Chance } from './chance.ts'
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
export type Mutate = (wire: WireCall, chance: Chance) => Sent

export function createMutations(seed: number): Mutate {
  const values = oddValues(seed)
  const bytes = oddBytes(seed)

  /** A form, or a query: fields dropped, doubled, swapped, renamed, refilled. */
  function form(text: string, chance: Chance): string {
    const pairs = [...new URLSearchParams(text)].map(([name, value]) => [name, value] as [string, string])
    const pair = pairs[chance.below(pairs.length)]
    if (!pair) return `${encodeURIComponent(chance.pick(oddNames))}=1`
    const at = pairs.indexOf(pair)
    switch (chance.below(8)) {
      case 0:
        pairs.splice(at, 1)
        break
      case 1:
        pairs.push([pair[0], chance.once(2) ? pair[1] : chance.pick(values)])
        break
      case 2: {
        const other = chance.pick(pairs)
        const [mine, theirs] = [pair[1], other[1]]
        pair[1] = theirs
        other[1] = mine
        break
      }
      case 3:
        pair[0] = chance.pick([`${pair[0]}[]`, pair[0].toUpperCase(), `${pair[0]}[a][b]`, ...oddNames])
        break
      case 4:
        pairs.push([chance.pick(oddNames), chance.pick(values)])
        break
      case 5:
        pair[1] = chance.pick(otherScripts)(pair[1])
        break
      case 6:
        // Past the encoder: percent signs and plus signs as they stand.
        return `${text}&${encodeURIComponent(pair[0])}=${chance.pick(['%', '%FF', '%ED%A0%80', '%u0031', '+', '%2', '=', ';a=1'])}`
      default:
        pair[1] = chance.pick(values)
    }
    return new URLSearchParams(pairs).toString()
  }

  /** A JSON object: values of other types, names given twice, names of prototypes. */
  function json(text: string, chance: Chance): string {
    const fields = JSON.parse(text) as Record<string, unknown>
    const name = chance.pick(Object.keys(fields))
    const value = JSON.stringify(chance.pick(values))
    const name_ = JSON.stringify(name)
    switch (chance.below(8)) {
      case 0:
        return JSON.stringify({ ...fields, [name]: undefined })
      case 1:
        return `${text.slice(0, -1)},${name_}:${value}}`
      case 2:
        return JSON.stringify({ ...fields, [name]: fields[chance.pick(Object.keys(fields))] })
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
        return JSON.stringify({ ...fields, [name]: '~' }).replace('"~"', chance.pick(odd))
      }
      case 4:
        return `${text.slice(0, -1)},${JSON.stringify(chance.pick(oddNames))}:${chance.pick([value, '{"a":1}'])}}`
      case 5:
        return JSON.stringify({ ...fields, [name]: chance.pick(otherScripts)(String(fields[name])) })
      case 6:
        return chance.pick([
          `[${text}]`,
          `${text}${text}`,
          `${'['.repeat(4000)}`,
          `\ufeff${text}`,
          `//\n${text}`,
          'null',
        ])
      default:
        return JSON.stringify({ ...fields, [name]: chance.pick(values) })
    }
  }

  /** XML: values, elements and attributes dropped and doubled, entities, depth. */
  function xml(text: string, chance: Chance): string {
    const value = chance.pick(values)
    const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
    const spots = [...text.matchAll(/="[^"]*"|>[^<>]+</g)].filter(({ index }) => index > 40)
    const spot = spots[chance.below(spots.length)]
    const put = (filling: string) => {
      if (!spot) return text
      const [was] = spot
      return (
        text.slice(0, spot.index) +
        (was.startsWith('=') ? `="${filling}"` : `>${filling}<`) +
        text.slice(spot.index + was.length)
      )
    }
    switch (chance.below(9)) {
      case 0:
        return put('')
      case 1:
        return put(value)
      case 2:
        return text.replace(/<(\w+)[^<]*<\/\1>/, (element) => (chance.once(2) ? '' : element + element))
      case 3:
        return text.replace(/\s(\w+)="[^"]*"/g, (attribute) =>
          chance.once(4) ? '' : chance.once(4) ? attribute + attribute : attribute,
        )
      case 4:
        return text.replace('?>', '?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>')
      case 5:
        return `${'<a>'.repeat(chance.below(2000))}${text}`
      case 6:
        return put(
          chance.pick(['&#0;', '&#xD800;', '&b;', '<![CDATA[1]]>', '<!-- -->1', '&#x31;', '&amp;amp;']),
        )
      case 7:
        return text.replace('UTF-8', chance.pick(['UTF-16', 'EBCDIC', 'utf-7', '']))
      default:
        return put(escaped)
    }
  }

  function text(before: string, chance: Chance): string {
    if (/^\s*\{/.test(before)) return json(before, chance)
    if (/^\s*</.test(before)) return xml(before, chance)
    return form(before, chance)
  }

  /** The bytes themselves: cut, turned over, filled. */
  function raw(body: Buffer, chance: Chance): Buffer {
    const at = chance.below(body.length + 1)
    const odd = chance.pick(bytes)
    switch (chance.below(6)) {
      case 0:
        return body.subarray(0, at)
      case 1: {
        const copy = Buffer.from(body)
        if (at < copy.length) copy[at] = chance.below(256)
        return copy
      }
      case 2:
        return Buffer.concat([body.subarray(0, at), odd, body.subarray(at)])
      case 3:
        return odd
      case 4:
        return Buffer.concat([
          body,
          Buffer.alloc(chance.below(9000), chance.pick(['a', ' ', '&', '<', '[', '\0', '%'])),
        ])
      default:
        return Buffer.concat([body.subarray(at), body.subarray(0, at)])
    }
  }

  /** What the address and the headers say. */
  function head(sent: Sent, chance: Chance): Sent {
    switch (chance.below(5)) {
      case 0:
        return { ...sent, headers: { ...sent.headers, 'content-type': chance.pick(types) } }
      case 1:
        return { ...sent, headers: { ...sent.headers, 'content-encoding': chance.pick(['gzip', 'br', 'x']) } }
      case 2:
        return { ...sent, method: chance.pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) }
      case 3: {
        const path = chance.pick([
          '/',
          '/events',
          '/%zz',
          '/..%2f',
          `/session/${encodeURIComponent('\0')}/start`,
          '/session//start',
        ])
        return {
          ...sent,
          path: chance.once(2) ? path : sent.path.replace(/\d+/, encodeURIComponent(chance.pick(marksOf))),
        }
      }
      default:
        return { ...sent, query: form(sent.query || 'text=1', chance).slice(0, 6000) }
    }
  }
  const marksOf = values.filter((value) => !hasHalves.test(value) && value.length < 200)

  /** One or a few things wrong with it. */
  return function mutate(wire: WireCall, chance: Chance): Sent {
    let sent = asItIs(wire)
    do {
      const kind = chance.below(10)
      if (kind < 6) {
        if (sent.method === 'GET' && sent.query)
          sent = { ...sent, query: form(sent.query, chance).slice(0, 6000) }
        // What was broken before is no text any more.
        else if (sent.body.equals(Buffer.from(wire.body)))
          sent = { ...sent, body: Buffer.from(text(wire.body, chance)) }
        else sent = { ...sent, body: raw(sent.body, chance) }
      } else if (kind < 8) sent = { ...sent, body: raw(sent.body, chance) }
      else sent = head(sent, chance)
    } while (chance.once(4))
    return sent
  }
}
