import type { Fixture, Step, Walkthrough } from '../walkthrough/script/walkthrough.ts'
import type { Model, Move, Transition } from './dialogue.ts'
import { titleOf } from './graph.ts'
import type { Origin } from './model-spec.ts'
import { shownAfter } from './texts.ts'
import type { NotUnderstood, Alphabet } from './texts.ts'

const SUBSCRIBER = 'subscriber'

/** A dialogue of the model as a walkthrough: what the model shows is what is to be seen, its record what is to be left. */
export function walkthroughOf<World>(options: {
  readonly model: Model<World>
  readonly origin: Origin<World>
  readonly moves: readonly Move<World>[]
  /** E.164 with `+`. */
  readonly msisdn: string
  readonly notUnderstood: NotUnderstood
  readonly script?: Alphabet | undefined
  /** Left out, the moves are named. */
  readonly title?: string
}): Walkthrough {
  const { model, origin, moves, msisdn, notUnderstood, script = 'usual' } = options
  const { subject, language } = model
  const played = model.play(origin.world, moves)
  const steps: Step[] = []
  const add = (action: Step['action'], expectation: Step['expectation']) =>
    void steps.push({ who: SUBSCRIBER, action, expectation, line: steps.length + 1 })

  let before: Transition<World> | undefined
  for (const moved of played) {
    const { move, to: moment } = moved
    const text = shownAfter(moved, model, notUnderstood, script)
    const state = moment.isOver ? 'ended' : 'waiting'
    if (before && !before.to.isOver && !move.input) add({ kind: 'hang-up' }, undefined)
    if (move.change) add({ kind: 'change', patch: move.change.patch }, undefined)
    add(actionOf(moved, script), { kind: 'screen', state, text: { kind: 'whole', text } })
    before = moved
  }
  if (before && !before.to.isOver) add({ kind: 'hang-up' }, undefined)

  const inLetters = script === 'latin' ? ' in Latin letters' : ''
  const typed = options.title ?? moves.slice(1).map(titleOf).join(', ')
  const fixture = { msisdn, language, ...fixtureFor(subject.fixture(origin.world), played) }
  return {
    title: `${subject.menu.code} ${language}${inLetters}, ${origin.name}${typed === '' ? '' : `: ${typed}`}`,
    rules: [],
    file: '',
    line: 1,
    handsets: { [SUBSCRIBER]: { msisdn, fixture } },
    steps,
    after: [
      {
        who: SUBSCRIBER,
        record: subject.record(before?.to.world ?? origin.world),
        line: steps.length + 1,
      },
    ],
    performed: undefined,
  }

  function actionOf({ move, as }: Transition<World>, shownIn: Alphabet): Step['action'] {
    if (!move.input) {
      const { code } = subject.menu
      return { kind: 'dial', code: shownIn === 'latin' ? `#${code.slice(1)}` : code }
    }
    return { kind: 'send', text: move.input.text, isSecret: as === 'secret' }
  }
}

/** A secret that nothing is compared with need not be made: that takes time. */
function fixtureFor<World>(
  fixture: Omit<Fixture, 'msisdn' | 'language'>,
  played: readonly Transition<World>[],
): Omit<Fixture, 'msisdn' | 'language'> {
  if (played.some(({ as, performed }) => as === 'secret' && performed.length > 0)) return fixture
  const { puk1: _puk1, password: _password, ...rest } = fixture
  return rest
}
