// Our messages as the functions that vue-i18n calls: `{name}` is filled in, ` | ` parts singular from plural.
// Its own compiler knows much more, and would be a tenth of the page.

/** The part of vue-i18n's context that is used. */
interface Context { named(key: string): unknown; plural(cases: string[]): string }
type MessageFunction = (context: Context) => string
interface Source { [key: string]: string | Source }
export interface Compiled { [key: string]: MessageFunction | Compiled }

function compileText(text: string): MessageFunction {
  const cases = text.split(' | ').map((one) => one.split(/\{(\w+)\}/))
  return (context) => {
    // Odd places are the names between the braces.
    const said = cases.map((parts) =>
      parts.map((part, index) => (index % 2 ? String(context.named(part) ?? '') : part)).join(''))
    return said.length > 1 ? context.plural(said) : (said[0] ?? '')
  }
}

export function compile(source: Source): Compiled {
  return Object.fromEntries(
    Object.entries(source).map(([key, value]) => [key, typeof value === 'string' ? compileText(value) : compile(value)]),
  )
}

/** Finds a message by a path like `chat.did.left`: the small edition of vue-i18n knows flat keys only. */
export function resolve(messages: unknown, path: string): unknown {
  let found: unknown = messages
  for (const key of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[key]
  return found ?? null
}
