// A day as it stands within a sentence: "28 November 2026".
export const dateOf = (at: string, locale: string): string => new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(at))
