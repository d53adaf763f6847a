import type { IncomingMessage } from 'node:http'

/** `undefined` when it is larger than `limitBytes`; the rest is then not read. */
export type Body = string | undefined

/**
 * The request's body as UTF-8 text, read once and no further than the limit. Express's parsers do more than a callback needs,
 * and refuse what real aggregators mislabel.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Body> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (body: Body) => {
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
    const end = () => finish(chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString())
    const cut = () => reject(new Error('the request was cut off'))
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return resolve(undefined)
    request.on('data', take).on('end', end).on('error', reject).on('close', cut)
  })
}
