/** Types for the used part of the official package, which ships none. */
declare module 'africastalking' {
  import type { RequestHandler } from 'express'

  interface Payload {
    readonly sessionId: string
    readonly phoneNumber: string
    readonly serviceCode: string
    readonly text: string
  }
  type Answer = (answer: { readonly response: string; readonly endSession: boolean }) => void

  export default function connect(options: { username: string; apiKey: string }): {
    USSD(this: void, handler: (payload: Payload, answer: Answer) => void): RequestHandler[]
  }
}
