// Light, dark, or as the system says.
import { ref } from 'vue'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]
const KEY = 'charla.theme'

export const theme = ref<Theme>(THEMES.find((known) => known === localStorage.getItem(KEY)) ?? 'system')

export function applyTheme(): void {
  if (theme.value === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme.value
}

export function chooseTheme(wished: Theme): void {
  theme.value = wished
  localStorage.setItem(KEY, wished)
  applyTheme()
}
