declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
/** The emoji of a language, one group a text (`tools/emoji.mjs`). */
declare module 'virtual:emoji-*' {
  const groups: string[]
  export default groups
}

/** An icon of Lucide, as the `d` of a path on a 24 px grid (tools/icons.ts). */
declare module 'lucide:*' {
  const path: string
  export default path
}
