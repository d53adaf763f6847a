import { describe, expect, it } from '@jest/globals'
import { screenOf } from '../../src/simulator/screen.ts'
import { findingsIn } from '../../src/exploration/observed.ts'
import type { StepFailure, WalkResult, StepResult } from '../../src/walkthrough/run/result.ts'
import type { Action } from '../../src/walkthrough/script/walkthrough.ts'
import { safeSubject } from './menus.ts'

const saw = (
  action: Action,
  text: string,
  of: { readonly asks?: 'secret' | 'plain'; readonly failure?: StepFailure } = {},
): StepResult => ({
  step: { who: 'subscriber', action, expectation: undefined, line: 1 },
  done: '',
  seen: {
    kind: 'screen',
    screen: screenOf({ session: 's', state: 'waiting', text, asks: of.asks ?? 'plain' }),
  },
  notes: [],
  failure: of.failure,
})
const dial: Action = { kind: 'dial', code: '*100#' }
const send = (text: string): Action => ({ kind: 'send', text, isSecret: false })

function faults(walked: readonly StepResult[], afterwards: readonly StepFailure[] = []) {
  const result = { steps: walked, postconditions: afterwards } as unknown as WalkResult
  return findingsIn(result, safeSubject(), (text) => text.startsWith('Not understood\n')).map(
    ({ invariant, what, steps }) => [invariant, what, steps],
  )
}

describe('what came back', () => {
  it('is held to the limit of a message', () => {
    expect(faults([saw(dial, 'x'.repeat(182))])).toEqual([])
    expect(faults([saw(dial, 'Start'), saw(send('letters'), 'x'.repeat(183))])).toEqual([
      ['fits', 'takes 183 septets', 2],
    ])
  })

  it('shows no secret, in clear or masked', () => {
    expect(faults([saw(dial, 'You typed ••••')])).toEqual([
      ['no-secret', 'shows what was typed as a secret', 1],
    ])
    expect(faults([saw(dial, 'Not 61840937')])).toEqual([
      ['no-secret', 'shows what was typed as a wrong number', 1],
    ])
  })

  it('takes what it lists and nothing else, where no secret is asked for', () => {
    const start = saw(dial, 'Start\n1 On\n0 Exit')
    expect(faults([start, saw(send('1'), 'On'), saw(send('7'), 'Not understood\nOn')])).toEqual([])
    expect(faults([start, saw(send('1'), 'Not understood\nStart\n1 On\n0 Exit')])).toEqual([
      ['choices', 'is what 1 leads to, which was listed, and not taken', 2],
    ])
    expect(faults([start, saw(send('7'), 'Surprise')])).toEqual([
      ['choices', 'is what 7 leads to, which was not listed', 2],
    ])
    expect(faults([saw(dial, 'Number?\n0 Exit', { asks: 'secret' }), saw(send('7'), 'Wrong')])).toEqual([])
  })

  it('never gives attempts back', () => {
    const [three, two] = ['Attempts left: 3', 'Attempts left: 2']
    expect(faults([saw(dial, 'Start'), saw(send('x'), three), saw(send('x'), two)])).toEqual([])
    expect(faults([saw(dial, 'Start'), saw(send('x'), two), saw(send('x'), three)])).toEqual([
      ['attempts', 'says that 3 attempts are left, and before it were 2', 3],
    ])
  })

  it('is what the model shows and leaves', () => {
    const expected = { kind: 'screen', state: 'waiting', text: { kind: 'whole', text: 'Start' } } as const
    const failure = { message: 'the screen differs', expected }
    expect(faults([saw(dial, 'Stop', { failure })])).toEqual([
      ['as-modelled', 'the screen differs: it is "Stop", and was to be "Start"', 1],
    ])
    expect(
      faults([saw(dial, 'Start')], [{ message: 'access is open, not closed', expected: undefined }]),
    ).toEqual([['as-modelled', 'in the end, access is open, not closed', 1]])
  })
})
