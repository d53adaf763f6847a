import { TargetError } from '../../walkthrough/run/target.ts'

/** Sends a request to a gateway. Rejects with `TargetError` if nothing answers. */
export async function ask(
  origin: string,
  request: {
    readonly method: string
    readonly path: string
    readonly body?: object
    readonly token?: string | undefined
  },
): Promise<{ readonly status: number; readonly body: unknown }> {
  const { method, path, body, token } = request
  const response = await fetch(new URL(path, origin), {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new TargetError(`nothing answers at ${origin}`)
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : undefined }
}
