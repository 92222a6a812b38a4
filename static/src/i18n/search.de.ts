// German: looking for messages. Loaded with the search.
import type en from './search.en'

export default {
  search: {
    title: 'Nachrichten suchen', words: 'Wörter', from: 'Von', anybody: 'Allen', me: 'Mir', where: 'In', everywhere: 'Allen Chats', after: 'Seit', before: 'Bis',
    hint: 'Findet Nachrichten, in denen alle Wörter stehen.', running: 'Sucht …', none: 'Nichts gefunden.', found: '{n} Nachricht gefunden | {n} Nachrichten gefunden', foundMore: 'Die ersten {n} Nachrichten',
    more: 'Mehr zeigen', who: '{name} in {where}', file: 'Eine Datei', clear: 'Filter leeren', filters: 'Filter',
  },
} satisfies typeof en
