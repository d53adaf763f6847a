import { africastalking } from '../../../src/dialects/africastalking.ts'
import { arkesel } from '../../../src/dialects/arkesel.ts'
import { comviva } from '../../../src/dialects/comviva.ts'
import type { Dialect, WireCall } from '../../../src/dialects/dialect.ts'
import { get } from '../../../src/dialects/get.ts'
import { hubtel } from '../../../src/dialects/hubtel.ts'
import { infobip } from '../../../src/dialects/infobip.ts'
import { nalo } from '../../../src/dialects/nalo.ts'
import { serviceOp } from '../../../src/dialects/service-op.ts'
import { truroute } from '../../../src/dialects/truroute.ts'

/** A dialect, or a variant of one, that the harness speaks. */
export interface SpokenDialect {
  /** The value of `--dialect`. */
  readonly name: string
  readonly dialect: Dialect
  /** Callbacks identify their turn. */
  readonly numbered: boolean
  /** The session id of all dialogues of a number, for callbacks without one. */
  readonly sharedSession?: (msisdn: string) => string
}

/** Removes one field from the JSON callbacks of a dialect. */
function without(field: string, dialect: Dialect): Dialect {
  const strip = (call: WireCall): WireCall => {
    const { [field]: _left, ...rest } = JSON.parse(call.body) as Record<string, unknown>
    return { ...call, body: JSON.stringify(rest) }
  }
  return { ...dialect, formatRequest: (turn) => strip(dialect.formatRequest(turn)) }
}

const named = (dialect: Dialect, numbered: boolean, name = dialect.name): SpokenDialect => ({
  name,
  dialect,
  numbered,
})

/** Two cumulative dialects, one sequenced, and all that identify no turn. */
export const spokenDialects: readonly SpokenDialect[] = [
  named(africastalking, true),
  named(get, true),
  named(hubtel, true),
  named(truroute, false),
  named(arkesel, false),
  named(nalo, false),
  {
    ...named(without('SESSIONID', nalo), false, 'nalo:no-session-id'),
    sharedSession: (msisdn) => `NALOTest:${msisdn.slice(1)}`,
  },
  named(serviceOp, false),
  named(comviva, false),
  named(infobip, false),
  named(without('Sequence', hubtel), false, 'hubtel:no-sequence'),
]
