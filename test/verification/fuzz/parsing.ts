import type { Dialect, WireRequest } from '../../../src/dialects/dialect.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import { turnOf } from '../../support/attack.ts'
import { sessionIdOf } from './dialogues.ts'
import { createMutations } from './mutate.ts'
import type { RawRequest } from './mutate.ts'

/** The size limit of a request body. */
const MAX_BYTES = 8192

const validFields = 'sessionId=1&phoneNumber=%2B375291234567&serviceCode=%2A141%2A0%23&text='

/** Pieces that are expensive to parse, with the text before and after their repetitions. */
const expensive: readonly (readonly [pieces: readonly string[], start: string, end: string])[] = [
  [
    ['a=1&', '&', '=', '%', '%41', '%ff', '+', 'a&', 'a[]=1&', '__proto__=1&', '[', '{"a":', '[{"a":'],
    '',
    '',
  ],
  [['*', '1*', ' ', '%20', '\t', '9', '%D0%B6', 'e%CC%81', '#'], validFields, ''],
  [['*', '1', ' ', '-', '(', '+'], validFields, '#'],
  [['"a":1,', '"__proto__":{},', `"\\u0061":"\\ud800",`], '{', '"z":1}'],
  [[' ', '*', '1', '\\n', 'é', 'e\u0301'], '{"USERDATA":"', '","Message":"*"}'],
  [
    ['<a>', '<a b="1">', '<a/>', '<!---->', '<![CDATA[]]>', '<?a?>', '&amp;', '&#x31;', '<'],
    '<dialog>',
    '</dialog>',
  ],
  [['a="1" ', ' ', 'a:b="1" ', '&amp;'], '<dialog ', '/>'],
  [['&amp;'], '<dialog a="', '"/>'],
  [['x'], '<', '/>'],
  [[']]>'], '<ussd><msg>', '</msg></ussd>'],
  [['<!'], '<ussd>', '</ussd>'],
]

/** Bodies of the maximum size. */
const worstBodies = expensive.flatMap(([pieces, start, end]) =>
  pieces.map(
    (piece) => start + piece.repeat(Math.floor((MAX_BYTES - start.length - end.length) / piece.length)) + end,
  ),
)

const asRequest = ({ method, path, query, headers, body }: RawRequest): WireRequest => ({
  method: method as WireRequest['method'],
  path,
  query: Object.fromEntries(new URLSearchParams(query)),
  headers,
  body: body.toString(),
})

/**
 * Finds the input of each dialect that takes longest to parse, among known expensive bodies and `mutations` random ones. `ms` is
 * the shortest of five measurements, in milliseconds.
 */
export function measureParsing(dialects: readonly Dialect[], seed: number, mutations: number) {
  const mutate = createMutations(seed)
  return dialects.map((dialect) => {
    const random = createRandom(seed)
    const turn = {
      sessionId: sessionIdOf(dialect, 7),
      msisdn: '+375291234567',
      dialled: '*141*0#',
      replies: ['1'],
    }
    const wire = dialect.formatRequest(turnOf(dialect, turn))
    const inputs = [
      ...worstBodies.flatMap((body) => [
        asRequest({ ...wire, body: Buffer.from(body) }),
        asRequest({ ...wire, query: body, body: Buffer.alloc(0) }),
      ]),
      ...Array.from({ length: mutations }, () => asRequest(mutate(wire, random))),
    ].filter(({ body }) => body.length <= MAX_BYTES)
    for (const request of inputs.slice(0, 2000)) dialect.parseRequest(request)
    let slowest = { ms: 0, body: '' }
    for (const request of inputs) {
      if (parseMs(dialect, request) <= slowest.ms) continue
      // One long measurement may be other load on the machine; an expensive input is slow every time.
      const ms = Math.min(...[1, 2, 3, 4, 5].map(() => parseMs(dialect, request)))
      if (ms > slowest.ms) slowest = { ms, body: request.body }
    }
    return { dialect: dialect.name, inputs: inputs.length, ...slowest }
  })
}

function parseMs(dialect: Dialect, request: WireRequest): number {
  const startedMs = performance.now()
  dialect.parseRequest(request)
  return performance.now() - startedMs
}
