import type { IncomingMessage } from 'node:http'

/** Of a client that took one route for another: it still gets to read the answer, and not a reset connection. */
const DISCARDED_LIMIT_BYTES = 1_048_576

/** Tells by the head of a request whether a body that no route reads is small enough to be read and thrown away. */
export const mayBeDiscarded = (
  { headers }: IncomingMessage,
  limitBytes: number = DISCARDED_LIMIT_BYTES,
): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= limitBytes

/**
 * The request's body, read once and no further than the limit: `undefined` when it is larger, the rest is then not read.
 * Express's parsers do more than a callback needs, and refuse what real aggregators mislabel.
 */
export function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (body: Buffer | undefined) => {
      request.off('data', take).off('end', end).off('error', reject).off('close', cut)
      resolve(body)
    }
    const take = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limitBytes) {
        request.pause()
        finish(undefined)
      } else chunks.push(chunk)
    }
    const end = () => finish(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    const cut = () => reject(new Error('the request was cut off'))
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return resolve(undefined)
    request.on('data', take).on('end', end).on('error', reject).on('close', cut)
  })
}

/** The same as UTF-8 text. */
export const readBody = async (request: IncomingMessage, limitBytes: number): Promise<string | undefined> =>
  (await readBytes(request, limitBytes))?.toString()
