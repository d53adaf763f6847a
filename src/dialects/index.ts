import { africastalking } from './africastalking.ts'
import type { Dialect } from './dialect.ts'

/** Every dialect the gateway answers, by its name. Adding one is a file and a line. */
export const dialects: Readonly<Record<string, Dialect>> = {
  [africastalking.name]: africastalking,
}
