import fc from 'fast-check'

/** Canary secrets: no other code produces them, so any occurrence is a leak. */
export const canaries = [
  '8361940275',
  '6093718254',
  '90573816',
  'canaryletters',
  'canary-callback-token',
] as const

const likelyCodes = ['*141*0#', '*141*3*6#']
/** Codes that dialogues start with. */
export const codes = [...likelyCodes, ...likelyCodes, '*141*3*6*1#', '*141*3*6*1*2*2*2#', '*141#', '*999#']

/** Valid and invalid replies; repeated ones are more likely. */
export const replies = [
  ...'0 1 1 2 2 9 * # 1*2 1# 00 98 ж ٣ １ 𝟏'.split(' '),
  ...'8029 80291 80292 12345678 777777 1234567890 12345678901'.split(' '),
  '',
  ' 1',
  '1 ',
  ...canaries,
]

const digitsOf = (zero: number) => (digits: string) =>
  digits.replaceAll(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))

/** Converters of digits to other scripts, which the gateway must not accept as digits. */
export const otherScripts = [0x660, 0x966, 0xff10, 0x1d7ce].map(digitsOf)

/** Field names with a special meaning to a careless parser. */
export const oddNames = [
  ...'__proto__ constructor prototype toString hasOwnProperty __defineGetter__'.split(' '),
  ...'text[] text[0] text[__proto__] text.length TEXT token constructor[prototype][x]'.split(' '),
  '',
  ' ',
]

/** Field values known to break parsers, and random ones of this seed. */
export const oddValues = (seed: number): readonly string[] => [
  '',
  ' ',
  '\0',
  'a\r\nSet-Cookie: a=b',
  "'; DROP TABLE",
  '<!ENTITY a "b">',
  '[object Object]',
  'return 1',
  ...'\u0085 \u2028 \u202e \ufeff1 \ufffd \ud800 \udfff \x1b[2J'.split(' '),
  ...'null undefined true NaN -1 1e309 0x10 99999999999999999999'.split(' '),
  ...'{b0} {b0}:journal ussd:{b0}:journal subscriber:375291234567'.split(' '),
  ...'../../etc/passwd %00 %zz ${jndi:ldap://x} {{7*7}} &a; ]]>'.split(' '),
  ...'+375291234567 +48123456789 *141*0#'.split(' '),
  '*'.repeat(182),
  '1'.repeat(2001),
  'é'.repeat(700),
  '1'.repeat(7000),
  ...otherScripts.map((script) => script('12345678')),
  ...canaries.flatMap((canary) => [canary, `${canary}\0`, `+${canary}`, `*${canary}#`, canary.repeat(30)]),
  ...fc.sample(fc.string({ unit: 'binary', maxLength: 60 }), { seed, numRuns: 500 }),
  ...fc.sample(fc.string({ unit: 'grapheme', maxLength: 200 }), { seed, numRuns: 300 }),
]

/** Bytes that are not valid text. */
export const oddBytes = (seed: number): readonly Buffer[] => [
  ...['ff', 'c080', 'eda080', 'f4908080', 'fffe3100', '00', '1f8b0800', 'e2', 'efbbbf'].map((hex) =>
    Buffer.from(hex, 'hex'),
  ),
  ...fc
    .sample(fc.uint8Array({ minLength: 1, maxLength: 300 }), { seed, numRuns: 300 })
    .map((bytes) => Buffer.from(bytes)),
]
