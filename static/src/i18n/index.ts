// The page's language: the browser's where we have it, else English. Each is loaded when it is wanted, and so are the
// texts of a view that few ever open. Which way a language runs is said at the root, and the styles follow.
import { createI18n } from 'vue-i18n'
import { compile, resolve } from './compile'
import type en from './en'

export type Messages = typeof en
export const LANGUAGES = { en: 'English', es: 'Español', de: 'Deutsch' } as const
export type Language = keyof typeof LANGUAGES
const RIGHT_TO_LEFT: readonly string[] = ['ar', 'fa', 'he', 'ur']
const KEY = 'charla.language'

/** What the first view says; and texts that are loaded with what shows them. */
const PARTS = {
  admin: { en: () => import('./admin.en'), es: () => import('./admin.es'), de: () => import('./admin.de') },
  app: { en: () => import('./app.en'), es: () => import('./app.es'), de: () => import('./app.de') },
  base: { en: () => import('./en'), es: () => import('./es'), de: () => import('./de') },
  call: { en: () => import('./call.en'), es: () => import('./call.es'), de: () => import('./call.de') },
  group: { en: () => import('./group.en'), es: () => import('./group.es'), de: () => import('./group.de') },
  history: { en: () => import('./history.en'), es: () => import('./history.es'), de: () => import('./history.de') },
  live: { en: () => import('./live.en'), es: () => import('./live.es'), de: () => import('./live.de') },
  network: { en: () => import('./network.en'), es: () => import('./network.es'), de: () => import('./network.de') },
  search: { en: () => import('./search.en'), es: () => import('./search.es'), de: () => import('./search.de') },
  talk: { en: () => import('./talk.en'), es: () => import('./talk.es'), de: () => import('./talk.de') },
  settings: { en: () => import('./settings.en'), es: () => import('./settings.es'), de: () => import('./settings.de') },
} as const
export type Part = keyof typeof PARTS
const wanted = new Set<Part>(['base'])

export const i18n = createI18n<[Messages], Language, false>({
  legacy: false,
  locale: 'en',
  messages: {} as never,
  messageResolver: resolve as never,
  missingWarn: false,
})

export const isLanguage = (value: string | null): value is Language => value !== null && value in LANGUAGES

export function preferredLanguage(): Language {
  const kept = localStorage.getItem(KEY)
  if (isLanguage(kept)) return kept
  const wished = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage)
  return wished ?? 'en'
}

export async function useLanguage(language: Language): Promise<void> {
  await Promise.all([...wanted].map((part) => load(part, language)))
  i18n.global.locale.value = language
  document.documentElement.lang = language
  document.documentElement.dir = RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr'
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
