/** Checks the phones of a script: rules that concern two places, which the schema cannot express. */
import { scriptNumbering } from './numbers.ts'
import { unknownNameMessage } from './zod-issues.ts'
import type { ScriptIssue, Path, SourceDocument } from './yaml-source.ts'

/** The name of a single phone without a name. */
export const ONLY_PHONE = 'subscriber'

type Fields = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns the own value of a key; undefined for anything else. */
const own = (map: unknown, key: string): unknown =>
  isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined

/** Lists unknown phones, turns without a phone, and phones with the same number, also in an otherwise malformed document. */
export function phoneIssues(document: SourceDocument): readonly ScriptIssue[] {
  const { value } = document
  const handsets = own(value, 'handsets')
  if (handsets !== undefined && !isMap(handsets)) return []
  const phones: Fields = handsets ?? { [ONLY_PHONE]: own(value, 'subscriber') }
  const names = Object.keys(phones)
  const issues: ScriptIssue[] = []
  const checkName = (path: Path, name: unknown) => {
    if (typeof name === 'string' && !names.includes(name))
      issues.push({ ...document.at(path), message: unknownNameMessage('phone', name, names) })
  }

  const turns = own(value, 'turns')
  for (const [at, turn] of (Array.isArray(turns) ? turns : []).entries()) {
    const who = own(turn, 'as')
    checkName(['turns', at, 'as'], who)
    checkName(['turns', at, 'manages', 'subscriber'], own(own(turn, 'manages'), 'subscriber'))
    if (isMap(turn) && who === undefined && names.length > 1)
      issues.push({
        ...document.at(['turns', at]),
        message: 'as is required: the script has several phones',
      })
  }

  const after = own(value, 'after')
  const ends = own(after, 'handsets')
  for (const name of isMap(ends) ? Object.keys(ends) : []) {
    if (names.includes(name)) continue
    const message = unknownNameMessage('phone', name, names)
    issues.push({ ...document.keyAt(['after', 'handsets'], name), message })
  }
  if (names.length > 1) {
    if (own(after, 'subscriber') !== undefined)
      issues.push({
        ...document.keyAt(['after'], 'subscriber'),
        message: 'the script has several phones: use handsets here',
      })
    if (own(value, 'dial') !== undefined)
      issues.push({
        ...document.keyAt([], 'dial'),
        message: 'the script has several phones: use dials in a turn, with as',
      })
  }
  return [...issues, ...duplicateNumbers(phones, document)]
}

function duplicateNumbers(phones: Fields, document: SourceDocument): readonly ScriptIssue[] {
  const numbers = new Set<string>()
  return Object.entries(phones).flatMap(([name, phone]) => {
    const raw = isMap(phone) ? own(phone, 'msisdn') : phone
    const parsed = typeof raw === 'string' ? scriptNumbering.parse(raw) : undefined
    if (parsed?.kind !== 'msisdn') return []
    const isTaken = numbers.has(parsed.e164)
    numbers.add(parsed.e164)
    const path = ['handsets', name, ...(isMap(phone) ? ['msisdn'] : [])]
    return isTaken ? [{ ...document.at(path), message: 'another phone has the same number' }] : []
  })
}
