/** What is to hold when a walkthrough is over: no dialogue is left open, and records are as they are to be. */
import type { Handsets } from '../../simulator/handset.ts'
import type { StepFailure } from './result.ts'
import type { SelfCareClient } from './self-care-client.ts'
import type { SubscriberView, Target } from './target.ts'
import type { Postcondition, Walkthrough } from '../script/walkthrough.ts'

export async function checkPostconditions(of: {
  readonly walkthrough: Walkthrough
  readonly handsets: Handsets
  readonly target: Target
  readonly site: SelfCareClient | undefined
  /** How many effects the target had performed before. */
  readonly performedBefore: number
}): Promise<{ readonly failures: readonly StepFailure[]; readonly notes: readonly string[] }> {
  const { walkthrough, handsets, target, site, performedBefore } = of
  const failures: StepFailure[] = []
  const notes: string[] = []
  const fail = (sentence: string) => void failures.push({ message: sentence, expected: undefined })
  const several = Object.keys(walkthrough.handsets).length > 1

  for (const [who, { msisdn }] of Object.entries(walkthrough.handsets)) {
    if (handsets.screen(msisdn).state !== 'waiting') continue
    fail(
      `the dialogue${several ? ` of ${who}` : ''} goes on: its last screen waits, and nobody ends it (hangs up: true)`,
    )
  }

  const { gateway } = target
  if (walkthrough.after.length > 0 && !(gateway && site))
    notes.push('the records were not looked at: they are elsewhere')
  for (const after of gateway && site ? walkthrough.after : []) {
    const { msisdn } = walkthrough.handsets[after.who] ?? { msisdn: '' }
    const looked = await gateway?.getSubscriber(msisdn)
    const prefix = several ? `${after.who}: ` : ''
    if (!looked) {
      fail(`${prefix}the subscriber is not registered`)
      continue
    }
    for (const sentence of recordProblems(looked, after)) fail(`${prefix}${sentence}`)
    const { password } = after.record
    if (password === undefined) continue
    if (looked.access !== 'open') {
      fail(`${prefix}the password cannot be tried: access is ${looked.access}`)
      continue
    }
    const status = await site?.tries(msisdn, password)
    if (status === 401) fail(`${prefix}the password is another one`)
    else if (status !== 201) fail(`${prefix}the password could not be tried: the site answers ${status}`)
  }

  if (walkthrough.performed) {
    const performed = gateway?.performed?.().slice(performedBefore)
    if (!performed) notes.push('the effects were not looked at: they are performed elsewhere')
    else if (performed.join() !== walkthrough.performed.join())
      fail(`performed ${listOf(performed)}, not ${listOf(walkthrough.performed)}`)
  }
  return { failures, notes }
}

function recordProblems(looked: SubscriberView, { record }: Postcondition): readonly string[] {
  const { password: _password, ...wanted } = record
  return Object.entries(wanted).flatMap(([name, value]) => {
    const is = looked[name as keyof SubscriberView]
    return is === value ? [] : [`${name} is ${String(is)}, not ${String(value)}`]
  })
}

const listOf = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '))
