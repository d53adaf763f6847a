import type { RecordFields, Step, Walkthrough } from '../walkthrough/script/walkthrough.ts'
import type { Model, Move, Transition } from './dialogue.ts'
import { titleOf } from './graph.ts'
import type { Origin } from './model-spec.ts'
import { shownAfter } from './texts.ts'
import type { NotUnderstood, Alphabet } from './texts.ts'

const SUBSCRIBER = 'subscriber'

/**
 * Returns the code that an exploration serves and dials. No dialled string shows the first screen of a digit prefix without
 * answering it, so its menu gets a code of its own: `*1010000000#` for `*101…#`.
 */
export const servedCode = (code: string): string => code.replace('…', '0000000')

/** Converts a dialogue of the model to a walkthrough that expects its screens, and its record after the last one. */
export function walkthroughOf<World>(options: {
  readonly model: Model<World>
  readonly origin: Origin<World>
  readonly moves: readonly Move<World>[]
  /** E.164 with `+`. */
  readonly msisdn: string
  readonly notUnderstood: NotUnderstood
  readonly alphabet?: Alphabet | undefined
  /** Defaults to the names of the moves. */
  readonly title?: string
}): Walkthrough {
  const { model, origin, moves, msisdn, notUnderstood, alphabet = 'native' } = options
  const { subject: spec, language } = model
  const played = model.play(origin.world, moves)
  const steps: Step[] = []
  const add = (action: Step['action'], expectation: Step['expectation']) =>
    void steps.push({ who: SUBSCRIBER, action, expectation, line: steps.length + 1 })

  let before: Transition<World> | undefined
  for (const transition of played) {
    const { move, to } = transition
    const text = shownAfter(transition, model, notUnderstood, alphabet)
    const state = to.isOver ? 'ended' : 'waiting'
    if (before && !before.to.isOver && !move.input) add({ kind: 'hang-up' }, undefined)
    if (move.change) add({ kind: 'change', patch: move.change.patch }, undefined)
    const action = actionOf(transition, servedCode(spec.menu.code), alphabet)
    add(action, { kind: 'screen', state, text: { kind: 'whole', text } })
    before = transition
  }
  if (before && !before.to.isOver) add({ kind: 'hang-up' }, undefined)

  const inLetters = alphabet === 'latin' ? ' in Latin letters' : ''
  const typed = options.title ?? moves.slice(1).map(titleOf).join(', ')
  const fixture = { msisdn, language, ...fixtureFor(spec, origin.world, played) }
  return {
    title: `${spec.menu.code} ${language}${inLetters}, ${origin.name}${typed === '' ? '' : `: ${typed}`}`,
    rules: [],
    file: '',
    line: 1,
    handsets: { [SUBSCRIBER]: { msisdn, fixture } },
    steps,
    after: [
      {
        who: SUBSCRIBER,
        record: spec.record(before?.to.world ?? origin.world),
        line: steps.length + 1,
      },
    ],
    secrets: spec.secrets,
    performed: undefined,
  }
}

function actionOf<World>({ move, as }: Transition<World>, code: string, alphabet: Alphabet): Step['action'] {
  if (!move.input) return { kind: 'dial', code: alphabet === 'latin' ? `#${code.slice(1)}` : code }
  return { kind: 'send', text: move.input.text, isSecret: as === 'secret' }
}

/** Drops secrets that the dialogue compares with nothing, because hashing them takes time. */
function fixtureFor<World>(
  spec: Model<World>['subject'],
  world: World,
  played: readonly Transition<World>[],
): RecordFields {
  const fields = spec.fixture(world)
  if (played.some(({ as, performed }) => as === 'secret' && performed.length > 0)) return fields
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !Object.hasOwn(spec.secrets, name)))
}
