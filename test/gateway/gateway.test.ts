import { stores } from '../support/redis/stores.ts'
import { gatewayConforms } from './gateway.conformance.ts'

for (const [name, create] of Object.entries(stores)) gatewayConforms(name, create)
