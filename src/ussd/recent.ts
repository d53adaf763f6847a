/**
 * Remembers the results of a pure function for its last arguments. There are two generations of `size` results; the older one
 * is dropped when the newer one is full. Never for secrets, which live in one turn only.
 */
export function remember<T>(size: number, compute: (argument: string) => T): (argument: string) => T {
  let [recent, older] = [new Map<string, T>(), new Map<string, T>()]
  return (argument) => {
    const known = recent.get(argument)
    if (known !== undefined) return known
    const result = older.get(argument) ?? compute(argument)
    if (recent.size >= size) [older, recent] = [recent, new Map()]
    recent.set(argument, result)
    return result
  }
}
