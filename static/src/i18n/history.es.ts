// Spanish: the history of calls.
import type en from './history.en'

const es: typeof en = {
  history: {
    title: 'Llamadas', empty: 'Aún no hay llamadas', emptyHint: 'Abre un chat y pulsa el teléfono para hacer la primera.', more: 'Ver más', outgoing: 'Saliente', incoming: 'Entrante',
    completed: 'Terminada', missed: 'Perdida', rejected: 'Rechazada', cancelled: 'Cancelada', busy: 'Ocupado', failed: 'Fallida', ringing: 'Sonando', active: 'En curso',
    noAnswer: 'Sin respuesta', good: 'Buena', fair: 'Regular', poor: 'Mala', unmeasured: 'Sin medir', rtt: '{n} ms de retraso', loss: '{n} % perdido', jitter: '{n} ms de fluctuación',
    path: 'Camino', duration: 'Duración', open: 'Abrir el chat con {name}', reconnects: 'Se reconectó una vez | Se reconectó {n} veces', sound: 'Prueba tu sonido', loading: 'Cargando llamadas …',
  },
  why: {
    open: 'Qué se midió', title: 'Qué se midió en esta llamada', nothing: 'Nada fuera de lo normal: lo que se oyó no venía de la red.', estimate: 'Estimado, 4,5 como máximo: oíste a {name} con {hear}, {name} te oyó con {said}.',
    worst: 'en el peor momento {n}', unknown: '?', test: 'Probar mi red', loading: 'Cargando …',
    mine: {
      neverConnected: 'En tu lado, el sonido nunca encontró un camino hasta el servidor.',
      silence: 'No llegó nada de tu dispositivo durante {n} s.',
      rejoined: 'Tu dispositivo tuvo que empezar de nuevo una vez. | Tu dispositivo tuvo que empezar de nuevo {n} veces.',
      reconnects: 'Tu conexión se perdió y volvió una vez. | Tu conexión se perdió y volvió {n} veces.',
      silentMicrophone: 'Tu micrófono no dio sonido alguno durante {n} s, aunque no estaba silenciado.',
      uplinkLoss: 'De lo que dijiste, hasta un {n} % se perdió de camino al servidor.',
      downlinkLoss: 'De lo que te llegaba, hasta un {n} % se perdió desde el servidor.',
      concealment: 'Hasta un {n} % de lo que oíste lo rellenó tu navegador, porque llegó tarde o no llegó.',
      highRoundTrip: 'Tu conexión era lenta: hasta {n} ms de ida y vuelta al servidor.',
      jitter: 'En tu lado el sonido llegaba a tirones, de hasta {n} ms.',
      playoutGaps: 'Tu altavoz no tuvo nada que reproducir hasta un {n} % del tiempo: este dispositivo estaba ocupado.',
      notUdp: 'Tu sonido fue por {path}, porque UDP estaba cerrado o falló. Ese camino se corta cuando la red está cargada.',
    },
    theirs: {
      neverConnected: 'En el lado de {name}, el sonido nunca encontró un camino hasta el servidor.',
      silence: 'No llegó nada del dispositivo de {name} durante {n} s.',
      rejoined: 'El dispositivo de {name} tuvo que empezar de nuevo una vez. | El dispositivo de {name} tuvo que empezar de nuevo {n} veces.',
      reconnects: 'La conexión de {name} se perdió y volvió una vez. | La conexión de {name} se perdió y volvió {n} veces.',
      silentMicrophone: 'El micrófono de {name} no dio sonido alguno durante {n} s, aunque no estaba silenciado.',
      uplinkLoss: 'De lo que dijo {name}, hasta un {n} % se perdió de camino al servidor.',
      downlinkLoss: 'De lo que llegaba a {name}, hasta un {n} % se perdió desde el servidor.',
      concealment: 'Hasta un {n} % de lo que oyó {name} lo rellenó el navegador, porque llegó tarde o no llegó.',
      highRoundTrip: 'La conexión de {name} era lenta: hasta {n} ms de ida y vuelta al servidor.',
      jitter: 'En el lado de {name} el sonido llegaba a tirones, de hasta {n} ms.',
      playoutGaps: 'El altavoz de {name} no tuvo nada que reproducir hasta un {n} % del tiempo: ese dispositivo estaba ocupado.',
      notUdp: 'El sonido de {name} fue por {path}, porque UDP estaba cerrado o falló. Ese camino se corta cuando la red está cargada.',
    },
  },
}
export default es
