/** Ways in which connections hold resources of a gateway. */
export const attacks = ['idle', 'unread', 'endless'] as const
export type Attack = (typeof attacks)[number]
