/** Checks that a screen lists the digits it accepts, each once, in every language. */
import type { AnyStateNode } from 'xstate'
import type { Language } from '../engine/authoring.ts'
import { isDigit, nameOf, repliesOf } from './statechart.ts'

/** @param shown the screen in each language in which it renders */
export function listProblems(leaf: AnyStateNode, shown: ReadonlyMap<Language, string>): string[] {
  const accepted = inOrder(repliesOf(leaf).map(({ eventType }) => eventType)).filter(isDigit)
  const listed = new Map([...shown].map(([language, text]) => [language, digitsListed(text)]))
  return [...listed].flatMap(([language, digits]) => {
    const location = `${nameOf(leaf)}/${language}`
    const lists = inOrder(digits)
    const twice = lists.filter((digit) => digits.indexOf(digit) !== digits.lastIndexOf(digit))
    const problems = twice.map((digit) => `${location}: lists ${digit} twice`)
    if (lists.join('') === accepted.join('')) return problems
    const hints = [
      ...accepted.filter((digit) => !lists.includes(digit)).map((digit) => listedElsewhere(digit, listed)),
      ...lists.filter((digit) => !accepted.includes(digit)).map((digit) => blockedBy(digit, leaf)),
    ]
    return [
      ...problems,
      [
        `${location}: lists [${lists.join('')}] but accepts [${accepted.join('')}]`,
        ...hints.filter(Boolean),
      ].join('; '),
    ]
  })
}

const inOrder = (digits: readonly string[]): string[] =>
  [...new Set(digits)].toSorted((a, b) => a.localeCompare(b))

/** Returns the digits that begin a line and precede a space. */
const digitsListed = (screen: string): string[] =>
  screen.split('\n').flatMap((line) => /^(\d)\s/.exec(line)?.[1] ?? [])

/** Names the languages that list a digit. */
function listedElsewhere(digit: string, listed: ReadonlyMap<Language, readonly string[]>): string {
  const there = [...listed].filter(([, digits]) => digits.includes(digit)).map(([language]) => language)
  return there.length === 0 ? '' : `${digit} is listed in ${there.join(', ')}`
}

/** Names an ancestor that accepts a digit which `1: undefined` blocks. */
function blockedBy(digit: string, leaf: AnyStateNode): string {
  for (let node = leaf.parent; node; node = node.parent) {
    const accepts = node.transitions.get(digit)?.some(({ target, actions }) => target ?? actions.length > 0)
    if (accepts) return `'${nameOf(node)}' accepts ${digit}, but a nested state blocks it`
  }
  return ''
}
