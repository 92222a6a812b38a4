// What a list shows of a message without text: the kinds of what it carries, and how many of each. Pure.
import type { Attachment } from '../protocol'

export function carried(files: readonly { kind: Attachment['kind'] }[] | undefined, nameOf: (kind: Attachment['kind']) => string): string {
  const counts = new Map<Attachment['kind'], number>()
  for (const { kind } of files ?? []) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => (count > 1 ? `${count} × ${nameOf(kind)}` : nameOf(kind))).join(', ')
}

/** The text if there is one, else what it carries. */
export const gist = (content: string, files: readonly { kind: Attachment['kind'] }[] | undefined, nameOf: (kind: Attachment['kind']) => string): string =>
  content || carried(files, nameOf)
