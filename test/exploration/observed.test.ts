import { describe, expect, it } from '@jest/globals'
import { screenOf } from '../../src/simulator/screen.ts'
import { findingsIn } from '../../src/exploration/observed.ts'
import type { StepFailure, WalkResult, StepResult } from '../../src/walkthrough/run/result.ts'
import type { Action } from '../../src/walkthrough/script/walkthrough.ts'
import { safeSpec } from './menus.ts'

const shows = (
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

function findings(walked: readonly StepResult[], postconditions: readonly StepFailure[] = []) {
  const result = { steps: walked, postconditions } as unknown as WalkResult
  return findingsIn(result, safeSpec(), (text) => text.startsWith('Not understood\n')).map(
    ({ invariant, detail, steps }) => [invariant, detail, steps],
  )
}

describe('a screen of the gateway', () => {
  it('must fit one message', () => {
    expect(findings([shows(dial, 'x'.repeat(182))])).toEqual([])
    expect(findings([shows(dial, 'Start'), shows(send('letters'), 'x'.repeat(183))])).toEqual([
      ['fits', 'needs 183 septets, limit 182', 2],
    ])
  })

  it('must not show a secret, in clear or masked', () => {
    expect(findings([shows(dial, 'You typed ••••')])).toEqual([
      ['no-secret', 'shows what was typed as a secret', 1],
    ])
    expect(findings([shows(dial, 'Not 61840937')])).toEqual([
      ['no-secret', 'shows what was typed as a wrong number', 1],
    ])
  })

  it('must accept the digits it lists and no others, unless it asks for a secret', () => {
    const start = shows(dial, 'Start\n1 On\n0 Exit')
    expect(findings([start, shows(send('1'), 'On'), shows(send('7'), 'Not understood\nOn')])).toEqual([])
    expect(findings([start, shows(send('1'), 'Not understood\nStart\n1 On\n0 Exit')])).toEqual([
      ['choices', 'follows 1, which was listed but not accepted', 2],
    ])
    expect(findings([start, shows(send('7'), 'Surprise')])).toEqual([
      ['choices', 'follows 7, which was accepted but not listed', 2],
    ])
    expect(findings([shows(dial, 'Number?\n0 Exit', { asks: 'secret' }), shows(send('7'), 'Wrong')])).toEqual(
      [],
    )
  })

  it('must not raise the attempts left', () => {
    const [three, two] = ['Attempts left: 3', 'Attempts left: 2']
    expect(findings([shows(dial, 'Start'), shows(send('x'), three), shows(send('x'), two)])).toEqual([])
    expect(findings([shows(dial, 'Start'), shows(send('x'), two), shows(send('x'), three)])).toEqual([
      ['attempts', 'shows 3 attempts left, after 2', 3],
    ])
  })

  it('must match the model, and so must the record', () => {
    const expected = { kind: 'screen', state: 'waiting', text: { kind: 'whole', text: 'Start' } } as const
    const failure = { message: 'the screen differs', expected }
    expect(findings([shows(dial, 'Stop', { failure })])).toEqual([
      ['as-modelled', 'the screen differs: got "Stop", expected "Start"', 1],
    ])
    expect(
      findings([shows(dial, 'Start')], [{ message: 'access is open, not closed', expected: undefined }]),
    ).toEqual([['as-modelled', 'in the end, access is open, not closed', 1]])
  })
})
