// English: looking for messages. Loaded with the search.
export default {
  search: {
    title: 'Search messages', words: 'Words', from: 'From', anybody: 'Anybody', me: 'Me', where: 'In', everywhere: 'All chats', after: 'Since', before: 'Until',
    hint: 'Finds messages that hold all the words.', running: 'Searching …', none: 'Nothing was found.', found: '{n} message found | {n} messages found', foundMore: 'The first {n} messages',
    more: 'Show more', who: '{name} in {where}', file: 'A file', clear: 'Clear the filters', filters: 'Filters',
  },
}
