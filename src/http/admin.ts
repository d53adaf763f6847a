import type { RequestHandler } from 'express'
import { trust } from './connections.ts'
import { unauthorised } from './json.ts'
import { createTokenCheck } from './tokens.ts'

/**
 * Requires the admin token as Bearer or as the password of HTTP Basic. Rejects every request when none is configured.
 */
export function onlyAdmin(adminToken: string | undefined): RequestHandler {
  if (adminToken === undefined) {
    return (_request, response) =>
      unauthorised(response, 'No admin token is configured. Set ADMIN_TOKEN to use this route.')
  }
  const isAdmin = createTokenCheck(adminToken)
  return (request, response, next) => {
    if (!isAdmin(request)) return unauthorised(response)
    trust(request.socket)
    next()
  }
}
