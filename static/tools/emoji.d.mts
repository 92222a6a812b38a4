import type { Plugin } from 'vite'
export declare const emoji: Plugin
