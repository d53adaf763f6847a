import { stores } from '../support/redis/stores.ts'
import { attemptsConform } from './attempts.conformance.ts'

for (const [name, create] of Object.entries(stores)) attemptsConform(name, create)
