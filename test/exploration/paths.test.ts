import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { getSimplePaths } from 'xstate/graph'
import { createModel } from '../../src/exploration/dialogue.ts'
import { graphOf, titleOf } from '../../src/exploration/graph.ts'
import { pathsThrough } from '../../src/exploration/paths.ts'
import type { ModelSpec } from '../../src/exploration/model-spec.ts'
import { crossing, safeSubject, shippedSpec, subjectOf } from './menus.ts'
import type { Safe } from './menus.ts'

const all = { limit: 1_000_000, seed: 0, share: { at: 0, of: 1 } }
const graphFrom = (subject: ModelSpec<Safe>) =>
  graphOf(createModel(subject, 'en'), { left: 3, isOpen: false })

/** The runs of a kind, as what is typed in each behind the code. */
function typedIn(subject: ModelSpec<Safe>, kind: string, options = all): readonly string[] {
  const { runs } = pathsThrough(graphFrom(subject), options)
  return runs
    .filter((run) => run.kind === kind)
    .map(({ moves }) => moves.slice(1).map(titleOf).join(' '))
    .toSorted()
}

describe('the runs through a menu', () => {
  it('take every simple path, with the choices that lead to the same in turns', () => {
    // 2 and 3 both lead from the start to the right.
    expect(typedIn(subjectOf(crossing), 'simple')).toEqual(['0', '1 1', '1 2 0', '1 2 1', '2 0', '3 1'])
  })

  it('are those that XState finds, to their ends', () => {
    const paths = getSimplePaths(crossing.machine, {
      events: [{ type: '0' }, { type: '1' }, { type: '2' }],
    }).map(({ steps }) =>
      steps
        .slice(1)
        .map(({ event }) => event.type)
        .join(' '),
    )
    const whole = new Set(
      paths.filter((path) => !paths.some((other) => other.startsWith(`${path} `)) && path !== ''),
    )
    const inputs = ['0', '1', '2'].map((text) => ({ name: text, text }))
    expect(typedIn(subjectOf(crossing, { inputs }), 'simple')).toEqual([...whole].toSorted())
  })

  it('type all that a screen does not understand in one dialogue, and once whatever else is left', () => {
    const subject = subjectOf(crossing)
    expect(typedIn(subject, 'stays')).toEqual([
      '1 3 4 5 6 7 8 9 letters the right number a wrong number',
      '2 2 3 4 5 6 7 8 9 letters the right number a wrong number',
      '4 5 6 7 8 9 letters the right number a wrong number',
    ])
    // Back from the left.
    expect(typedIn(subject, 'once')).toEqual(['1 0'])
  })

  it('let each effect fail once on each screen', () => {
    expect(typedIn(safeSubject(), 'failing')).toEqual(['1 1, when openSafe fails', '1, when openSafe fails'])
  })

  it('have the operator step in where it makes a difference, and once', () => {
    const changes = [
      { name: 'uses up attempts', patch: {}, changed: (world: Safe) => ({ ...world, left: 1 }) },
      { name: 'looks', patch: {}, changed: (world: Safe) => world },
    ]
    const typed = typedIn(safeSubject({ changes }), 'simple')
    expect(typed.filter((one) => one.includes('looks'))).toEqual([])
    const changed = typed.filter((one) => one.includes('uses up attempts'))
    expect(changed).not.toEqual([])
    // A right number opens the safe, however many attempts are left; a wrong one locks it now.
    expect(changed.every((one) => /^(\S.* )?\d, when the operator uses up attempts$/.test(one))).toBe(true)
  })

  it('use every input in every place, whatever the seed', () => {
    const origin = shippedSpec('*141*3*6#').origins.find(({ name }) => name === 'closed, 2 attempts left')
    const model = createModel(shippedSpec('*141*3*6#'), 'en')
    if (!origin) throw new Error('there is no such origin')
    const { world } = origin
    const graph = graphOf(model, world)
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const used = new Set<string>()
        for (const { moves } of pathsThrough(graph, { ...all, seed }).runs) {
          let before = ''
          for (const { move, to: moment } of model.play(world, moves)) {
            used.add(`${before} ${titleOf(move)}`)
            before = JSON.stringify(moment)
          }
        }
        const places = graph.nodes.filter(({ state: moment }) => moment.state && !moment.isOver)
        const missing = places.flatMap(({ state: moment }) =>
          model.subject.inputs
            .filter((input) => !used.has(`${JSON.stringify(moment)} ${titleOf({ input })}`))
            .map(({ name }) => name),
        )
        expect(missing).toEqual([])
      }),
      { numRuns: 3 },
    )
  })

  it('are the same for the same seed, and others for another', () => {
    const typed = (seed: number) => typedIn(subjectOf(crossing), 'simple', { ...all, seed })
    expect(typed(7)).toEqual(typed(7))
    expect(typed(1)).not.toEqual(typed(0))
  })

  it('keep to the limit, but for those that show something new, and say how many there are', () => {
    const model = createModel(shippedSpec('*141*0#'), 'en')
    const world = shippedSpec('*141*0#').origins[0]?.world
    if (!world) throw new Error('there is no origin')
    const graph = graphOf(model, world)
    const whole = pathsThrough(graph, all)
    expect(whole.runs).toHaveLength(whole.possible)
    const some = pathsThrough(graph, { ...all, limit: 100 })
    expect([some.runs.length, some.possible]).toEqual([100, whole.possible])
    const few = pathsThrough(graph, { ...all, limit: 1 })
    expect(few.runs.length).toBeGreaterThan(1)
    const screens = (runs: typeof whole) =>
      new Set(
        runs.runs.flatMap(({ moves }) =>
          model.play(world, moves).map(({ to: moment }) => moment.state?.value),
        ),
      )
    expect(screens(few)).toEqual(screens(whole))
  })

  it('leave out nothing between several that share them', () => {
    const model = createModel(shippedSpec('*141*3*6#'), 'en')
    const world = shippedSpec('*141*3*6#').origins[1]?.world
    if (!world) throw new Error('there is no origin')
    const graph = graphOf(model, world)
    const { possible } = pathsThrough(graph, all)
    const taken = [0, 1, 2].flatMap((at) =>
      pathsThrough(graph, { ...all, limit: 120, share: { at, of: 3 } }).runs.map(({ moves }) =>
        moves.map(titleOf).join(),
      ),
    )
    expect(new Set(taken).size).toBe(possible)
  })
})
