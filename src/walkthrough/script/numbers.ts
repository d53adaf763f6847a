import { createNumbering } from '../../ussd/numbering.ts'

/**
 * The numbers of phones in a script. A script is read without a project, so a number may be of any country. The project's own
 * numbering is checked when the script runs. Numbers without a country code are Belarusian.
 */
export const scriptNumbering = createNumbering({ countries: 'any', default: 'BY' })
