/** Returns *text* without what no renderer can be trusted with: halves of characters, and NUL. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}|\0/gu, "\uFFFD");
