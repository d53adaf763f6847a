/**
 * Returns the headers that name the kind of input a waiting screen asks for. `Ussd-Asks` is the former name of `Ussd-Input`,
 * in which `plain` was `open`; it is sent for one more release.
 */
export const inputHeaders = (kind: 'secret' | 'plain') => ({
  'Ussd-Input': kind,
  'Ussd-Asks': kind === 'plain' ? 'open' : kind,
})
