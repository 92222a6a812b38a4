// Spanish: what is said in an open conversation. Loaded with it.
import type en from './talk.en'

export default {
  chat: {
    call: 'Llamar a {name}', messages: 'Mensajes con {name}', write: 'Escribe a {name}', send: 'Enviar', older: 'Cargar mensajes anteriores', loadingOlder: 'Cargando mensajes anteriores …',
    begin: 'Aquí empieza tu chat con {name}.', beginHint: 'Di hola.', toNewest: 'Ir al mensaje más reciente', newBelow: '{n} mensaje nuevo | {n} mensajes nuevos', queued: 'Esperando para enviarse',
    sent: 'Enviado', delivered: 'Entregado', read: 'Leído', failed: 'No enviado', failedWhy: 'No enviado: {why}', retry: 'Reintentar', discard: 'Eliminar', bytes: 'Quedan {left} bytes',
    tooLong: 'Sobran {over} bytes', hint: 'Intro envía, Mayús + Intro hace una línea nueva', unreadFrom: 'Nuevos', edited: 'editado', react: 'Reaccionar', reacted: 'de {names}', reply: 'Responder',
    replyTo: 'Respuesta a {name}:', edit: 'Editar', editing: 'Editar:', save: 'Guardar', cancel: 'Cancelar', removeSure: '¿Eliminar para todos?', readBy: 'Leído por', readByThese: 'Leído por {names}',
    readByNobody: 'Aún no lo ha leído nadie',
  },
  talk: {
    attach: 'Adjuntar archivos', files: 'Archivos para enviar', chosen: '{n} archivo elegido | {n} archivos elegidos', takeOut: 'Quitar {name}', drop: 'Suelta aquí los archivos para enviarlos a {name}',
    limits: 'Hasta {n} archivos de {size} cada uno', limitCount: 'Hasta {n} archivos', pastedName: 'Texto pegado',
    refused: {
      tooLarge: '«{name}» es demasiado grande: {size} como máximo.', empty: '«{name}» está vacío.', type: 'Este servidor no acepta archivos como «{name}».',
      tooMany: '«{name}» se quedó fuera: {n} archivos como máximo por mensaje.',
    },
    onTheWay: 'Enviando {name}', openImage: 'Abrir la imagen {name}', save: 'Guardar', before: 'Anterior', next: 'Siguiente',
    record: 'Mensaje de voz', recording: 'Grabando', stop: 'Parar y escuchar', letGo: 'Descartar la grabación', sendVoice: 'Enviar el mensaje de voz',
    voice: 'Mensaje de voz, {time}', play: 'Reproducir', pause: 'Pausa', place: 'Posición', speed: 'Velocidad: {speed} veces', unplayable: 'Este navegador no puede reproducir la grabación.',
    emoji: 'Elegir un emoji', findEmoji: 'Buscar un emoji', emojiGroups: 'Grupos de emojis', recent: 'Usados hace poco', found: 'Encontrados', noEmoji: 'Ningún emoji se llama así.', count: '{n} emoji | {n} emojis',
    emojiGroup: { g0: 'Caras y emociones', g1: 'Personas', g2: 'Animales y naturaleza', g3: 'Comida y bebida', g4: 'Viajes y lugares', g5: 'Actividades', g6: 'Objetos', g7: 'Símbolos', g8: 'Banderas' },
    tone: 'Tono de piel', tones: { t0: 'Sin tono de piel', t1: 'Claro', t2: 'Medio claro', t3: 'Medio', t4: 'Medio oscuro', t5: 'Oscuro' },
    menu: 'Más sobre {name}', searchHere: 'Buscar en este chat', muteFor: 'Silenciar {n} hora | Silenciar {n} horas', mute: 'Silenciar hasta nuevo aviso', unmute: 'Dejar de silenciar', mutedUntil: 'Silenciado hasta {time}',
    block: 'Bloquear a {name}', unblock: 'Desbloquear a {name}', blockSure: '¿Bloquear a {name}?', blockText: '{name} ya no podrá escribirte ni llamarte, y no sabrá que lo bloqueaste. Lo escrito se queda.', blockYes: 'Bloquear',
    blocked: 'Bloqueaste a {name}. Ninguno de los dos puede escribir ni llamar.', members: 'Miembros y ajustes', cancel: 'Cancelar',
    lastSeen: 'última vez {when}', history: 'Mensajes anteriores', backToNewest: 'Volver a lo más nuevo',
    newer: 'Cargar mensajes más nuevos', loadingNewer: 'Cargando mensajes más nuevos …',
  },
} satisfies typeof en
