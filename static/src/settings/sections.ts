// The sections of the settings, in their order. Each is loaded when it is looked at.
import bell from 'lucide:bell'
import keyboard from 'lucide:keyboard'
import laptop from 'lucide:laptop-minimal'
import lock from 'lucide:lock'
import palette from 'lucide:palette'
import smartphone from 'lucide:smartphone'
import user from 'lucide:user-round'
import volume from 'lucide:volume-2'
import type { Component } from 'vue'

export interface Section { name: string; icon: string; load: () => Promise<{ default: Component }> }

export const SECTIONS = [
  { name: 'profile', icon: user, load: () => import('./ProfileSection.vue') },
  { name: 'looks', icon: palette, load: () => import('./LooksSection.vue') },
  { name: 'privacy', icon: lock, load: () => import('./PrivacySection.vue') },
  { name: 'notifications', icon: bell, load: () => import('./NotificationsSection.vue') },
  { name: 'audio', icon: volume, load: () => import('./AudioSection.vue') },
  { name: 'keys', icon: keyboard, load: () => import('./KeysSection.vue') },
  { name: 'sessions', icon: laptop, load: () => import('./SessionsSection.vue') },
  { name: 'app', icon: smartphone, load: () => import('./AppSection.vue') },
] as const satisfies readonly Section[]
export type SectionName = (typeof SECTIONS)[number]['name']
