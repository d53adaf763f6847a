/**
 * The headers that say what kind of input a waiting screen asks for. `Ussd-Asks` is the former name of `Ussd-Input`; it is
 * sent for one more release.
 */
export const inputHeaders = (asks: 'secret' | 'open') => ({
  'Ussd-Input': asks === 'secret' ? 'secret' : 'plain',
  'Ussd-Asks': asks,
})
