// Spanish: looking for messages. Loaded with the search.
import type en from './search.en'

export default {
  search: {
    title: 'Buscar mensajes', words: 'Palabras', from: 'De', anybody: 'Cualquiera', me: 'Mí', where: 'En', everywhere: 'Todos los chats', after: 'Desde', before: 'Hasta',
    hint: 'Encuentra mensajes que contienen todas las palabras.', running: 'Buscando …', none: 'No se encontró nada.', found: '{n} mensaje encontrado | {n} mensajes encontrados', foundMore: 'Los primeros {n} mensajes',
    more: 'Mostrar más', who: '{name} en {where}', file: 'Un archivo', clear: 'Vaciar los filtros', filters: 'Filtros',
  },
} satisfies typeof en
