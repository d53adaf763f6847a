import type { AnyRoute } from '../../src/http/route.ts'
import type { Routes } from '../record.ts'
import { createAdministration } from '../services/administration.ts'
import { createSelfCare } from '../services/self-care.ts'
import { accessRoute } from './administration.ts'
import { selfCareRoutes } from './self-care.ts'

/** Creates the routes of self-care over HTTP. */
export function createRoutes(kit: Routes): readonly AnyRoute[] {
  const selfCare = createSelfCare(kit)
  return [...selfCareRoutes(kit, selfCare), accessRoute(selfCare, createAdministration(kit))]
}
