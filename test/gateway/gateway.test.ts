import { stores } from '../support/stores.ts'
import { gatewayConforms } from './gateway.conformance.ts'

for (const [name, create] of Object.entries(stores)) gatewayConforms(name, create)
