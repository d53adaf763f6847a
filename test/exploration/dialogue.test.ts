import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { menus } from '../../menus/index.ts'
import { languages } from '../../src/engine/authoring.ts'
import type { Secret } from '../../src/engine/authoring.ts'
import { begin, hasEnded, reply, stateOf } from '../../src/engine/turn.ts'
import type { RunEffect } from '../../src/engine/turn.ts'
import { createModel } from '../../src/exploration/dialogue.ts'
import type { ModelsOf } from '../../src/exploration/models.ts'
import { inputs, safeSubject, shippedSpec } from './menus.ts'
import type { Safe, safe } from './menus.ts'

const named = (name: string) => ({ input: inputs.find((input) => input.name === name) })
const dial = { input: undefined }

describe('a dialogue of the model', () => {
  const model = createModel(safeSubject(), 'en')
  const start = { left: 3, isOpen: false }

  it('tells of each move what was taken, what was performed, and what the world is then', () => {
    const played = model.play(start, [dial, named('a wrong number'), named('the right number'), named('1')])
    expect(
      played.map(({ as, performed, to: moment }) => [as, performed, moment.state?.value, moment.world]),
    ).toEqual([
      ['dialled', [], 'number', start],
      ['secret', ['openSafe'], 'wrong', { left: 2, isOpen: false }],
      ['secret', ['openSafe'], 'opened', { left: 3, isOpen: true }],
    ])
    expect(played[1]?.to.text).toBe('Wrong. Attempts left: 2\n0 Exit')
  })

  it('has an effect fail where it is to', () => {
    const played = model.play(start, [dial, { ...named('the right number'), fails: 'openSafe' }])
    expect(played.at(-1)).toMatchObject({
      performed: ['openSafe'],
      to: { state: { value: 'unavailable' }, world: start, isOver: true },
    })
  })

  it('has the operator change the world before a turn', () => {
    const change = { name: 'uses up attempts', patch: {}, changed: (world: Safe) => ({ ...world, left: 1 }) }
    const played = model.play(start, [dial, { ...named('a wrong number'), change }])
    expect(played.at(-1)?.to).toMatchObject({ state: { value: 'locked' }, changesLeft: 0 })
  })

  it('begins anew, in the world as it was left, where the code is dialled again', () => {
    const wrong = named('a wrong number')
    const played = model.play(start, [dial, wrong, wrong, wrong, dial])
    expect(played.map(({ to: moment }) => [moment.state?.value, moment.world.left])).toEqual([
      ['number', 3],
      ['wrong', 2],
      ['wrong', 1],
      ['locked', 0],
      ['number', 0],
    ])
  })

  it('ends where the menu or its texts throw', () => {
    const broken = () => {
      throw new RangeError('no such text')
    }
    const faulty = createModel(safeSubject({}, { wrong: { ru: broken, be: broken, en: broken } }), 'be')
    const played = faulty.play(start, [dial, named('a wrong number'), named('1')])
    expect(played.map(({ fault }) => fault)).toEqual([undefined, 'no such text'])
  })

  it('goes as the engine has it go, whatever is typed', async () => {
    const codes = Object.keys(menus) as (keyof typeof menus)[]
    const dialogue = fc.record({
      code: fc.constantFrom(...codes),
      language: fc.constantFrom(...languages),
      at: fc.nat(),
      typed: fc.array(fc.nat(), { maxLength: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(dialogue, async ({ code, language, at, typed }) => {
        const subject = shippedSpec(code)
        const origin = subject.origins[at % subject.origins.length]
        if (!origin) return
        const moves = typed.map((each) => ({ input: subject.inputs[each % subject.inputs.length] }))
        const played = createModel(subject, language).play(origin.world, [dial, ...moves])

        let { world } = origin
        // What the engine typed is revealed by the secret itself, not remembered.
        const perform: RunEffect = async ({ name, input }) => {
          const reveal = (secret: Secret) => secret.reveal()
          const modelled = subject.models[name]?.(input, { world, input: reveal })
          world = modelled?.world ?? world
          return modelled?.outcome
        }
        let snapshot = await begin(subject.menu, language, perform)
        const states = [{ ...stateOf(snapshot), understood: true }]
        for (const { input } of moves) {
          if (hasEnded(snapshot)) break
          const next = await reply(subject.menu, snapshot, input?.text ?? '', perform)
          snapshot = next ?? snapshot
          states.push({ ...stateOf(snapshot), understood: next !== undefined })
        }
        expect(played.map(({ to: moment, understood }) => ({ ...moment.state, understood }))).toEqual(states)
        expect(played.at(-1)?.to.world).toEqual(world)
      }),
      { numRuns: 300 },
    )
  })
})

// @ts-expect-error -- an effect without a model does not compile
const none: ModelsOf<ReturnType<typeof safe>['machine'], Safe> = {}
const other: ModelsOf<ReturnType<typeof safe>['machine'], Safe> = {
  // @ts-expect-error -- nor does a model of something else
  openSafe: (_input, { world }) => ({ outcome: { isOpen: true }, world }),
}
void [none, other]
