import { stores } from '../support/stores.ts'
import { attemptsConform } from './attempts.conformance.ts'

for (const [name, create] of Object.entries(stores)) attemptsConform(name, create)
