/**
 * The man-machine interface of a phone: how it handles a dialled string (3GPP TS 22.030, order of decisions in 6.5.3.2), and
 * the routing of a USSD string (3GPP TS 22.090 5.1.2).
 */
import { countSeptets } from './alphabet.ts'
import { maxSeptets } from './message.ts'
import { isForwarding, isSupplementaryService, passwordServiceCode } from './service-codes.ts'

/** The network that answers: the home network, even when roaming; the visited one; or one chosen by the serving network. */
type Routing = 'HPLMN' | 'VPLMN' | 'other'
type Procedure = 'activation' | 'deactivation' | 'interrogation' | 'registration' | 'erasure'

export type Dialled =
  /**
   * Sent whole to the network. The last three fields are set for symbols, digits, arguments and `#`. `args` are the parts
   * between stars, including empty ones. An argument may be a secret: never log more than the known code.
   */
  | {
      kind: 'ussd'
      ussdString: string
      routing: Routing
      prefix?: string
      serviceCode?: string
      args?: string[]
    }
  /** A standard supplementary service. */
  | { kind: 'ss'; procedure: Procedure; serviceCode: string; args: string[] }
  /** Handled by phone and SIM. The arguments are a PIN or PUK and are dropped. */
  | { kind: 'local'; serviceCode: string }
  /** `clir` hides (`invoke`) or shows (`suppress`) the caller's number in this call. */
  | { kind: 'call'; number: string; clir?: 'invoke' | 'suppress' }
  /** Hold, swap or join during a call. */
  | { kind: 'callControl' }
  /** Empty, outside the default alphabet, or longer than 182 septets. */
  | { kind: 'invalid'; why: 'empty' | 'alphabet' | 'length' }

const procedures: Record<string, Procedure> = {
  '*': 'activation',
  '#': 'deactivation',
  '*#': 'interrogation',
  '**': 'registration',
  '##': 'erasure',
}

// `[^*#]*` between stars matches in one way only, so these expressions do not backtrack.
const ssShape = /^(\*\*|\*#|##|\*|#)(\d{2,3})((?:\*[^*#]*)*)#$/
const ussdShape = /^([*#]{1,3})(\d+)((?:\*[^*#]*)*)#$/
const pinShape = /^\*\*(042?|052?)(?:[*#]|$)/
// With a wrong prefix, the standard would send a PIN or PUK as USSD. It must not leave the phone because of a typo.
const pinSlipShape = /^(?:\*#|##|\*|#)(042?|052?)(?:\*[^*#]*){3}#$/
const homeShape = /^[*#]{1,3}1[0-4]\d?(?:\*.*)?#$/s
const visitedShape = /^[*#]{1,3}1[5-9]\d?(?:\*.*)?#$/s
const callControlShape = /^(?:[0-5]|[12]\d|4\*\+?\d+)$/
const clirShape = /^([*#])31#(.+)$/s

/** Determines how a phone handles a dialled string. Ignores blanks around it. */
export function parseDialled(dial: string, { inCall = false }: { inCall?: boolean } = {}): Dialled {
  const typed = dial.trim()
  if (typed === '') return { kind: 'invalid', why: 'empty' }
  const septets = countSeptets(typed)
  if (septets === null) return { kind: 'invalid', why: 'alphabet' }
  if (septets > maxSeptets) return { kind: 'invalid', why: 'length' }

  // The standard checks emergency numbers (112, 101-104 …) first; three digits without `#` become a call below.
  const special = localProcedure(typed) ?? supplementaryService(typed)
  if (special) return special
  if (typed.endsWith('#'))
    return { kind: 'ussd', ussdString: typed, routing: routingOf(typed), ...parts(typed) }
  if (inCall && callControlShape.test(typed)) return { kind: 'callControl' }
  if (typed.length <= 2 && (inCall || !/^1\d$/.test(typed)))
    return { kind: 'ussd', ussdString: typed, routing: routingOf(typed) }
  return call(typed)
}

function localProcedure(typed: string): Dialled | null {
  if (typed === '*#06#') return { kind: 'local', serviceCode: '06' }
  const pin = pinShape.exec(typed) ?? pinSlipShape.exec(typed)
  return pin ? { kind: 'local', serviceCode: pin[1] ?? '' } : null
}

function supplementaryService(typed: string): Dialled | null {
  const [, prefix = '', serviceCode = '', rest = ''] = ssShape.exec(typed) ?? []
  if (!isSupplementaryService(serviceCode)) return null
  const args = argsOf(rest)
  if (args.length > (serviceCode === passwordServiceCode ? 4 : 3)) return null
  // 22.030 6.5.2: one star with a forwarding number registers it; without a number, it activates the registered one.
  const registers = prefix === '*' && isForwarding(serviceCode) && (args[0] ?? '') !== ''
  const procedure = registers ? 'registration' : procedures[prefix]
  return procedure ? { kind: 'ss', procedure, serviceCode, args } : null
}

function parts(typed: string): { prefix: string; serviceCode: string; args: string[] } | undefined {
  const match = ussdShape.exec(typed)
  if (!match) return undefined
  const [, prefix = '', serviceCode = '', rest = ''] = match
  return { prefix, serviceCode, args: argsOf(rest) }
}

function routingOf(ussdString: string): Routing {
  if (homeShape.test(ussdString) || /^7\d?$/.test(ussdString)) return 'HPLMN'
  return visitedShape.test(ussdString) ? 'VPLMN' : 'other'
}

function call(typed: string): Dialled {
  const [, symbol, number = ''] = clirShape.exec(typed) ?? []
  if (!symbol) return { kind: 'call', number: typed }
  return { kind: 'call', number: number.trim(), clir: symbol === '*' ? 'suppress' : 'invoke' }
}

// `*3*6` → ['3', '6']; `*` → ['']
const argsOf = (rest: string): string[] => (rest === '' ? [] : rest.slice(1).split('*'))
