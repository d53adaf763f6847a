/** What a script says of its phones in two places: their names, and which of them does what. */
import { parseMsisdn } from '../../ussd/msisdn.ts'
import { unknownSentence } from './zod-issues.ts'
import type { ScriptIssue, Path, SourceDocument } from './yaml-source.ts'

/** The name of the phone where a script has one and does not name it. */
export const ONLY_PHONE = 'subscriber'

type Fields = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value of a map, whatever the map has inherited. */
const own = (map: unknown, key: string): unknown =>
  isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined

/**
 * The flaws of a document, whatever else is wrong with it: names that no phone has, a turn that does not say whose it is, two
 * phones of one number.
 */
export function phoneIssues(document: SourceDocument): readonly ScriptIssue[] {
  const { value } = document
  const handsets = own(value, 'handsets')
  if (handsets !== undefined && !isMap(handsets)) return []
  const phones: Fields = handsets ?? { [ONLY_PHONE]: own(value, 'subscriber') }
  const names = Object.keys(phones)
  const flaws: ScriptIssue[] = []
  const known = (path: Path, name: unknown) => {
    if (typeof name === 'string' && !names.includes(name))
      flaws.push({ ...document.at(path), message: unknownSentence('phone', name, names) })
  }

  const turns = own(value, 'turns')
  for (const [at, turn] of (Array.isArray(turns) ? turns : []).entries()) {
    const who = own(turn, 'as')
    known(['turns', at, 'as'], who)
    known(['turns', at, 'manages', 'subscriber'], own(own(turn, 'manages'), 'subscriber'))
    if (isMap(turn) && who === undefined && names.length > 1)
      flaws.push({
        ...document.at(['turns', at]),
        message: 'as is missing: there are several phones',
      })
  }

  const after = own(value, 'after')
  const ends = own(after, 'handsets')
  for (const name of isMap(ends) ? Object.keys(ends) : []) {
    if (names.includes(name)) continue
    const message = unknownSentence('phone', name, names)
    flaws.push({ ...document.keyAt(['after', 'handsets'], name), message: message })
  }
  if (names.length > 1) {
    if (own(after, 'subscriber') !== undefined)
      flaws.push({
        ...document.keyAt(['after'], 'subscriber'),
        message: 'there are several phones: name them under handsets',
      })
    if (own(value, 'dial') !== undefined)
      flaws.push({
        ...document.keyAt([], 'dial'),
        message: 'there are several phones: write dials in a turn, with as',
      })
  }
  return [...flaws, ...twins(phones, document)]
}

/** Phones of a number that another phone has. */
function twins(phones: Fields, document: SourceDocument): readonly ScriptIssue[] {
  const numbers = new Set<string>()
  return Object.entries(phones).flatMap(([name, phone]) => {
    const raw = isMap(phone) ? own(phone, 'msisdn') : phone
    const parsed = typeof raw === 'string' ? parseMsisdn(raw) : undefined
    if (parsed?.kind !== 'msisdn') return []
    const isTaken = numbers.has(parsed.e164)
    numbers.add(parsed.e164)
    const path = ['handsets', name, ...(isMap(phone) ? ['msisdn'] : [])]
    return isTaken ? [{ ...document.at(path), message: 'another phone has the same number' }] : []
  })
}
