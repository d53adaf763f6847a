/** Blanks, line breaks, and characters that no font draws: direction marks, joiners, variation selectors, soft hyphens. */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{White_Space}]/gu

/** Removes what copying from a page or a chat adds around and inside a number or a code. */
export const dropInvisible = (text: string): string => text.replace(invisible, '')
