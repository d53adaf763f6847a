/** What connections do to hold something of a gateway. */
export const attacks = ['idle', 'unread', 'endless'] as const
export type Attack = (typeof attacks)[number]
