/** Defines the record of a subscriber: the fields of a project and its secrets (decision 0055). */
import { z } from 'zod'
import type { PendingAttempt } from '../attempts.ts'

/** A secret of a subscriber, such as a PIN: digits, stored as a slow hash under a key that is not in the store. */
export interface SecretForm {
  /** The number of digits, 1 to 64; or the least and the most. */
  readonly digits: number | readonly [least: number, most: number]
  /**
   * Wrong guesses in a row, 1 to 100, after which only the operator unlocks it. The field `<name>AttemptsLeft` counts them down.
   * A secret without attempts must be throttled by the services that compare it.
   */
  readonly attempts?: number
  /** Counts the changes in the field `<name>Generation`, so that whatever was opened with a former secret can end. */
  readonly generation?: true
  /** For OpenAPI and the schema of scripts, without the number of digits. */
  readonly description?: string
  readonly example?: string
}
export type SecretForms = Readonly<Record<string, SecretForm>>

/** A secret as stored: an argon2id PHC string, and the id of the HMAC key. */
export type SealedHash = { hash: string; key: string }

/** The fields that each secret adds to the record. */
type SecretFields<S extends SecretForms> = { [Name in keyof S & string]: SealedHash | null } & {
  [Name in keyof S & string as S[Name] extends { attempts: number } ? `${Name}AttemptsLeft` : never]: number
} & {
  [
    Name in keyof S & string as S[Name] extends { attempts: number } ? `${Name}Pending` : never
  ]: readonly PendingAttempt[]
} & {
  [Name in keyof S & string as S[Name] extends { generation: true } ? `${Name}Generation` : never]: number
}

/** Fields without a default: a new record takes them from `initial`. */
type RequiredOf<F extends z.ZodObject> = {
  [Name in keyof F['shape'] as undefined extends z.input<F['shape'][Name]> ? never : Name]: z.output<
    F['shape'][Name]
  >
}

/** The fields of an object schema. `z.output` of an object without fields would forbid all others. */
type FieldsOf<F extends z.ZodObject> = { [Name in keyof F['shape']]: z.output<F['shape'][Name]> }

// oxlint-disable-next-line typescript/no-empty-object-type -- no field
type Initial<F extends z.ZodObject> = [keyof RequiredOf<F>] extends [never]
  ? { readonly initial?: Readonly<Record<string, never>> }
  : { readonly initial: Readonly<RequiredOf<F>> }

/** The fields that an operator may send in `PUT /subscribers`, and a script for its subscriber. */
export type Sent<F extends z.ZodObject> = { language?: string } & Partial<FieldsOf<F>>

/** A record as a project defines it. */
export interface RecordDefinition<F extends z.ZodObject = z.ZodObject, S extends SecretForms = SecretForms> {
  readonly fields: F
  readonly secrets: S
  readonly initial: Readonly<Record<string, unknown>>
  readonly storedAs: Readonly<Record<string, string>>
  readonly refine: (sent: z.ZodType<Sent<F>>) => z.ZodType<Sent<F>>
}

/**
 * Defines the record of a project's subscribers.
 *
 * `fields`: JSON values. A field that older records lack needs a default; a record without any other field is corrupt.
 * `initial`: the values of a new record for the fields without a default. `storedAs`: shorter names in the store; a field keeps
 * its data when it is renamed. `refine`: adds rules on several fields to what an operator sends.
 */
export function defineRecord<F extends z.ZodObject, const S extends SecretForms = Record<never, SecretForm>>(
  options: {
    readonly fields: F
    readonly secrets?: S
    readonly storedAs?: Readonly<Record<string, string>>
    readonly refine?: (sent: z.ZodType<Sent<F>>) => z.ZodType<Sent<F>>
  } & Initial<F>,
): RecordDefinition<F, S> {
  const { fields, secrets = {} as S, initial = {}, storedAs = {} } = options
  const { refine = (sent: z.ZodType<Sent<F>>) => sent } = options
  return { fields, secrets, initial, storedAs, refine }
}

/** The record of a subscriber, by its definition. */
export type SubscriberOf<D extends RecordDefinition> = Readonly<
  { language: string } & FieldsOf<D['fields']> & SecretFields<D['secrets']>
>

/** What an operator may send, with secrets as digits. */
export type PlainPatchOf<D extends RecordDefinition> = Readonly<
  Sent<D['fields']> & { [Name in keyof D['secrets'] & string]?: string } & {
    [
      Name in keyof D['secrets'] & string as D['secrets'][Name] extends { attempts: number }
        ? `${Name}AttemptsLeft`
        : never
    ]?: number
  }
>

/** The record of a project that names none: a language. */
export const plainRecord = defineRecord({ fields: z.object({}) })

export const attemptsLeftOf = (secret: string): string => `${secret}AttemptsLeft`
export const pendingOf = (secret: string): string => `${secret}Pending`
export const generationOf = (secret: string): string => `${secret}Generation`

/** Returns the least and the most digits of a secret. */
export const lengthsOf = ({ digits }: SecretForm): readonly [least: number, most: number] =>
  typeof digits === 'number' ? [digits, digits] : digits

/** Describes the digits of a secret: `8 digits`, `5 to 10 digits`. */
export function describeDigits(form: SecretForm): string {
  const [least, most] = lengthsOf(form)
  return least === most ? `${least} digits` : `${least} to ${most} digits`
}

/** Returns the source of a regular expression for the digits of a secret, without anchors. */
export function digitsPattern(form: SecretForm): string {
  const [least, most] = lengthsOf(form)
  return least === most ? `[0-9]{${least}}` : `[0-9]{${least},${most}}`
}
