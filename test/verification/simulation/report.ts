import { mutants } from './mutants.ts'
import type { Fault, Plan } from './plan.ts'
import type { Shrunk } from './shrink.ts'

/** Describes a fault on one line: `copy: dialogue a, turn 1, afterMs 5, place 1`. */
function describeFault(fault: Fault): string {
  const { kind, ...rest } = fault
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  return `${kind}: ${details.join(', ')}`
}

/** Describes a schedule: its dialogues, faults and settings. */
export function describePlan(plan: Plan): readonly string[] {
  const { dialogues, faults, idleMs, replicas, latency, keys, attempts } = plan
  const keysAt = keys.nodes.map((names, node) => `${'AB'[node]} ${names.join(' and ')}`).join(', ')
  return [
    ...dialogues.map(
      ({ name, form, code, subscriber, answers, sharedSessionId, signed }) =>
        `dialogue ${name}: ${code}, ${form}, subscriber ${subscriber}${sharedSessionId ? `, session id ${sharedSessionId}` : ''}${signed ? ', signed' : ''}, answers ${answers.map(({ typed }) => `'${typed}'`).join(' ') || 'nothing'}`,
    ),
    ...faults.map((fault) => `fault ${describeFault(fault)}`),
    `idle limit ${idleMs} ms, latency ${latency}, replicas ${replicas}, attempts ${attempts}`,
    `keys: ${keysAt}; PUK1 under ${keys.puk1}`,
  ]
}

/** Describes a broken promise with the shortest schedule that breaks it. */
export function describeViolation(
  seed: number,
  flags: string,
  { plan, ran, runs }: Shrunk,
): readonly string[] {
  return [
    `seed ${seed} breaks a promise: ${ran.violation?.rule ?? 'not reproduced'}: ${oneLine(ran.violation?.detail ?? '')}`,
    `shortest of ${runs} schedules tried:`,
    ...describePlan(plan).map((line) => `  ${line}`),
    ...ran.trace.map((line) => `  ${oneLine(line)}`),
    `replay: npm run simulate -- --seed ${seed}${flags} --trace`,
  ]
}

/** The first seed that detects a mutant, in mixed schedules or in one form; `undefined` when it survived. */
export interface Detection {
  readonly mutant: string
  readonly where: string
  readonly seed: number | undefined
  readonly rule: string | undefined
}

export function describeDetections(detections: readonly Detection[], limit: number): readonly string[] {
  return mutants.flatMap(({ name, description }) => [
    `${name}: ${description}`,
    ...detections
      .filter(({ mutant }) => mutant === name)
      .map(({ where, seed, rule }) =>
        seed === undefined ? `  ${where}: SURVIVED ${limit} seeds` : `  ${where}: seed ${seed}, ${rule}`,
      ),
  ])
}

const oneLine = (text: string) => text.replaceAll('\n', ' / ')
