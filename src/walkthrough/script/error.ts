/** The reason a walkthrough cannot run: one English sentence that holds no secret. */
export class WalkthroughError extends Error {
  override readonly name: string = 'WalkthroughError'
}
