/** A name up to this long is one letter away from words that any environment may hold: `POST`, `HOSTS`, `PORTS`, `DEMOS`. */
const SHORT = 5

/**
 * The unknown names that are a slip of the keyboard away from a known one, a sentence each. A slip is one character too many,
 * missing or different, or two neighbours swapped; in a short name, only two neighbours swapped. A known name that is given
 * itself was not misspelt: its neighbour belongs to another program (`SECRET_KEY` beside `SECRETS_KEY`).
 */
export function misspeltSettings(given: readonly string[], known: readonly string[]): readonly string[] {
  const unused = known.filter((name) => !given.includes(name))
  return given
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = unused.find((one) => isSwapped(name, one) || (one.length > SHORT && isOneEdit(name, one)))
      return meant === undefined ? [] : [`${name} is not a setting. Did you mean ${meant}?`]
    })
}

/** Where two texts differ first. */
function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

function isSwapped(a: string, b: string): boolean {
  const at = firstDifference(a, b)
  return a.slice(0, at) + (a[at + 1] ?? '') + (a[at] ?? '') + a.slice(at + 2) === b
}

function isOneEdit(a: string, b: string): boolean {
  const at = firstDifference(a, b)
  const [restOfA, restOfB] = [a.slice(at), b.slice(at)]
  return [
    restOfA.slice(1) === restOfB,
    restOfA === restOfB.slice(1),
    restOfA.slice(1) === restOfB.slice(1),
  ].includes(true)
}
