import type { IncomingMessage } from 'node:http'

/** Up to this size an unread body is discarded, so that the client can read the response. */
const DISCARDED_LIMIT_BYTES = 1_048_576

/** Returns true when the headers announce a body that is small enough to discard. */
export const mayBeDiscarded = (
  { headers }: IncomingMessage,
  limitBytes: number = DISCARDED_LIMIT_BYTES,
): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= limitBytes

/**
 * Reads the body, up to the limit; `undefined` when it is larger. Rejects when the connection closes early. Express's parsers
 * reject the wrong content types that real aggregators send.
 */
export function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (body: Buffer | undefined) => {
      request.off('data', collect).off('end', end).off('error', reject).off('close', abort)
      resolve(body)
    }
    const collect = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limitBytes) {
        request.pause()
        finish(undefined)
      } else chunks.push(chunk)
    }
    const end = () => finish(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    const abort = () => reject(new Error('the connection closed before the body was complete'))
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return resolve(undefined)
    request.on('data', collect).on('end', end).on('error', reject).on('close', abort)
  })
}

/** Reads the body as UTF-8 text, like `readBytes`. */
export const readBody = async (request: IncomingMessage, limitBytes: number): Promise<string | undefined> =>
  (await readBytes(request, limitBytes))?.toString()
