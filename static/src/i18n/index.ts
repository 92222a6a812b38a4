// The page's language: the browser's where we have it, else English; others are loaded when chosen, and so are the
// texts of a view that few ever open.
import { createI18n } from 'vue-i18n'
import { compile } from './compile'
import en from './en'

export type Messages = typeof en
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof LANGUAGES
const KEY = 'charla.language'

/** Texts that are loaded with what shows them. */
const PARTS = {
  history: { en: () => import('./history.en'), de: () => import('./history.de') },
  live: { en: () => import('./live.en'), de: () => import('./live.de') },
  network: { en: () => import('./network.en'), de: () => import('./network.de') },
  settings: { en: () => import('./settings.en'), de: () => import('./settings.de') },
} as const
export type Part = keyof typeof PARTS
const wanted = new Set<Part>()

export const i18n = createI18n<[Messages], Language, false>({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en: compile(en) } as never,
})

export const isLanguage = (value: string | null): value is Language => value !== null && value in LANGUAGES

export function preferredLanguage(): Language {
  const kept = localStorage.getItem(KEY)
  if (isLanguage(kept)) return kept
  const wished = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage)
  return wished ?? 'en'
}

export async function useLanguage(language: Language): Promise<void> {
  if (language === 'de') {
    const { default: de } = await import('./de')
    i18n.global.setLocaleMessage('de', compile(de) as never)
  }
  await Promise.all([...wanted].map((part) => load(part, language)))
  i18n.global.locale.value = language
  document.documentElement.lang = language
}

async function load(part: Part, language: Language): Promise<void> {
  const { default: texts } = await PARTS[part][language]()
  i18n.global.mergeLocaleMessage(language, compile(texts) as never)
}

/** Loads the texts of a part, in the page's language now and in every one that is chosen later. */
export async function useTexts(part: Part): Promise<void> {
  wanted.add(part)
  await load(part, i18n.global.locale.value)
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEY, language)
  await useLanguage(language)
}
