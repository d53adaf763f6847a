/**
 * The supplementary service codes of 3GPP TS 22.030 Annex B. A phone handles them as supplementary services and never sends
 * them as USSD, so a menu with such a code is unreachable.
 */
const supplementaryServices = new Map([
  ['002', 'all call forwarding'],
  ['004', 'all conditional call forwarding'],
  ['21', 'call forwarding unconditional'],
  ['61', 'call forwarding on no reply'],
  ['62', 'call forwarding on not reachable'],
  ['67', 'call forwarding on busy'],
  ['03', 'password'],
  ['30', 'calling line presentation'],
  ['31', 'calling line restriction'],
  ['300', 'calling name presentation'],
  ['76', 'connected line presentation'],
  ['77', 'connected line restriction'],
  ['43', 'call waiting'],
  ['33', 'barring of all outgoing calls'],
  ['330', 'all barring'],
  ['331', 'barring of outgoing international calls'],
  ['332', 'barring of outgoing international calls except home'],
  ['333', 'outgoing barring'],
  ['35', 'barring of all incoming calls'],
  ['351', 'barring of incoming calls when roaming'],
  ['353', 'incoming barring'],
  ['360', 'user-to-user signalling'],
  ['361', 'user-to-user signalling 1'],
  ['362', 'user-to-user signalling 2'],
  ['363', 'user-to-user signalling 3'],
  ['371', 'completion of calls to busy subscriber'],
  ['372', 'completion of calls to busy subscriber'],
  ['373', 'completion of calls to busy subscriber'],
  ['374', 'completion of calls to busy subscriber'],
  ['375', 'completion of calls to busy subscriber'],
  ['66', 'call deflection'],
  ['75', 'precedence and pre-emption'],
  ['750', 'precedence and pre-emption 0'],
  ['751', 'precedence and pre-emption 1'],
  ['752', 'precedence and pre-emption 2'],
  ['753', 'precedence and pre-emption 3'],
  ['754', 'precedence and pre-emption 4'],
  ['88', 'multicall'],
  ['96', 'explicit call transfer'],
  ['214', 'follow me'],
  ['591', 'multiple subscriber profile 1'],
  ['592', 'multiple subscriber profile 2'],
  ['593', 'multiple subscriber profile 3'],
  ['594', 'multiple subscriber profile 4'],
])

/** True for the service code of a standard supplementary service. */
export const isSupplementaryService = (serviceCode: string): boolean => supplementaryServices.has(serviceCode)

const forwarding = new Set(['002', '004', '21', '61', '62', '67'])

/** True for a service code of call forwarding, where a number after one star registers instead of activates. */
export const isForwarding = (serviceCode: string): boolean => forwarding.has(serviceCode)

/** The service code for changing a network password, the only one with four arguments. */
export const passwordServiceCode = '03'
