/** What `check` has to say of the digits a screen lists: the ones it takes, each once, in every language. */
import type { AnyStateNode } from 'xstate'
import { languages } from '../engine/authoring.ts'
import type { Language } from '../engine/authoring.ts'
import { isDigit, nameOf, repliesOf } from './statechart.ts'

/** `shown`: the screen in each language in which it can be made. */
export function listProblems(leaf: AnyStateNode, shown: ReadonlyMap<Language, string>): string[] {
  const takes = inOrder(repliesOf(leaf).map(({ eventType }) => eventType)).filter(isDigit)
  const listed = new Map([...shown].map(([language, text]) => [language, digitsListed(text)]))
  return [...listed].flatMap(([language, digits]) => {
    const place = `${nameOf(leaf)}/${language}`
    const lists = inOrder(digits)
    const twice = lists.filter((digit) => digits.indexOf(digit) !== digits.lastIndexOf(digit))
    const problems = twice.map((digit) => `${place}: lists ${digit} twice`)
    if (lists.join('') === takes.join('')) return problems
    const hints = [
      ...takes.filter((digit) => !lists.includes(digit)).map((digit) => listedElsewhere(digit, listed)),
      ...lists.filter((digit) => !takes.includes(digit)).map((digit) => hiddenFrom(digit, leaf)),
    ]
    return [
      ...problems,
      [`${place}: lists [${lists.join('')}] but takes [${takes.join('')}]`, ...hints.filter(Boolean)].join(
        '; ',
      ),
    ]
  })
}

const inOrder = (digits: readonly string[]): string[] =>
  [...new Set(digits)].toSorted((a, b) => a.localeCompare(b))

/** The digits a screen offers: those that begin a line, before a blank. */
const digitsListed = (screen: string): string[] =>
  screen.split('\n').flatMap((line) => /^(\d)\s/.exec(line)?.[1] ?? [])

/** A line that was lost in one language stands in the others. */
function listedElsewhere(digit: string, listed: ReadonlyMap<Language, readonly string[]>): string {
  const there = languages.filter((language) => listed.get(language)?.includes(digit))
  return there.length === 0 ? '' : `${digit} is listed in ${there.join(', ')}`
}

/** A choice of a state around this one, that `1: undefined` keeps away. */
function hiddenFrom(digit: string, leaf: AnyStateNode): string {
  for (let node = leaf.parent; node; node = node.parent) {
    const takes = node.transitions.get(digit)?.some(({ target, actions }) => target ?? actions.length > 0)
    if (takes) return `'${nameOf(node)}' takes ${digit}, and a state inside keeps it away`
  }
  return ''
}
