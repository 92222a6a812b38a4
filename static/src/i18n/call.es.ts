// Spanish: calls, from the ringing to the end, and their sound.
import type en from './call.en'

const es: typeof en = {
  call: {
    region: 'Llamada', accept: 'Contestar', decline: 'Rechazar', silence: 'Silenciar', silenced: 'Suena en silencio', asking: 'Esperando tu micrófono …', calling: 'Llamando a {name} …',
    accepting: 'Contestando …', connecting: 'Conectando …', active: 'En línea', reconnecting: 'Volviendo a conectar …', mute: 'Silenciar micrófono', unmute: 'Activar micrófono',
    muted: 'Tu micrófono está silenciado', theyMuted: '{name} tiene el micrófono silenciado', notHeard: 'No se oye a {name}.', hangUp: 'Colgar', cancel: 'Cancelar la llamada',
    devices: 'Dispositivos de sonido', levelMine: 'Tu nivel', timer: 'Duración de la llamada', dismiss: 'Descartar', again: 'Volver a llamar',
    joining: 'Entrando …', ringing: 'Está sonando donde {name} …', ringsOn: 'Sonará en cuanto {name} esté en línea … | Está sonando en {n} dispositivo … | Está sonando en {n} dispositivos …', waiting: 'Esperando a que alguien entre …', with: 'Llamada con {name}', minimise: 'Volver a los chats', expand: 'Mostrar toda la llamada',
    people: 'Personas', inIt: 'En esta llamada', you: 'Tú', count: '{n} persona aquí | {n} personas aquí', voices: 'Habla: {names}', deafen: 'Dejar de oír', undeafen: 'Volver a oír',
    person: { ringing: 'está sonando …', joining: 'está entrando …', muted: 'tiene el micrófono silenciado', mutedBy: 'silenciado por {name}', mutedByYou: 'silenciado por ti', speaking: 'está hablando' }, volume: 'Volumen de {name}', muteOther: 'Silenciar a {name}', remove: 'Sacar a {name} de la llamada', removeYes: 'Sacar',
    notIn: 'Fuera de esta llamada', callIn: 'Llamar', invite: 'Llamar a alguien más', endForAll: 'Terminar para todos', endForAllYes: 'Sí, terminar para todos',
    away: { hungUp: 'ha salido', declined: 'rechazó', cancelled: 'ha salido', noAnswer: 'no contestó', unreachable: 'no se le puede localizar', busy: 'está en otra llamada', doNotDisturb: 'no quiere que le molesten', microphoneRefused: 'no pudo usar un micrófono', connectFailed: 'no se pudo conectar el sonido', mediaLost: 'perdió la conexión', vanished: 'perdió la conexión', removed: 'fue sacado', serverRestart: 'perdió la conexión', relayFailed: 'perdió la conexión' },
    talkingMuted: 'Tu micrófono está silenciado. Nadie oye lo que dices.', mutedBy: '{name} te ha silenciado', mutedByHint: 'Puedes volver a activar el micrófono cuando quieras hablar.', silentMicrophone: 'No llega sonido de tu micrófono.', nextMicrophone: 'Probar otro', nowUsing: 'Ahora se usa: {name}', noOther: 'No hay otro micrófono. ¿Está este apagado o desconectado?',
    talkingKeyUp: 'Nadie te oye. Mantén pulsada {key} o el botón para hablar.', noMicrophone: 'Ahora no hay micrófono. Conecta uno y se usará enseguida.', lookAgain: 'Buscar otra vez', defaultInput: 'el micrófono predeterminado', defaultOutput: 'el altavoz predeterminado',
    hold: 'Mantén pulsado para hablar', reply: 'Responder con un mensaje', replyHint: 'Rechaza la llamada y envía un mensaje.', quick: { later: 'Ahora no puedo hablar. Te llamo luego.', busy: 'Ahora no puedo hablar. ¿De qué se trata?', way: 'Voy de camino.' }, ownReply: 'Tus propias palabras', sendReply: 'Rechazar y enviar',
    incomingGroup: 'Llamada en {name}', alsoIn: 'Con {names}', inProgress: 'Hay una llamada en curso, con {n} persona | Hay una llamada en curso, con {n} personas', waitingFor: '{name} ha empezado una llamada', elsewhere: 'Esta llamada está en otro de tus dispositivos.', join: 'Entrar', joinHere: 'Seguir aquí',
    howWasIt: '¿Qué tal fue esta llamada?', wasGood: 'Bastante bien', wasBad: 'Mal', thanks: 'Gracias. Esto se queda en este navegador.', done: 'Listo', fault: { cutOut: 'Las voces se cortaban', late: 'Las voces llegaban tarde', quiet: 'Demasiado bajo', noise: 'Ruido', echo: 'Eco' },
    card: { completed: 'Llamada de voz', missed: 'Llamada perdida', noAnswer: 'Sin respuesta', rejected: 'Rechazada', cancelled: 'Cancelada', busy: 'Ocupado', failed: 'Llamada fallida', live: 'Llamada en curso' }, callBack: 'Devolver la llamada',
  },
  outcome: {
    completed: 'Llamada terminada', completedAfter: 'Llamada terminada tras {time}', declined: '{name} rechazó la llamada.', youDeclined: 'Rechazaste la llamada.',
    busy: '{name} está en otra llamada.', noAnswer: '{name} no contestó.', missed: 'Tienes una llamada perdida de {name}.', cancelled: 'Llamada cancelada.',
    connectFailed: 'No se pudo conectar el sonido. Vuelve a llamar.', mediaLost: 'La conexión se perdió y no volvió.',
    unreachable: 'No se puede localizar a {name} en este momento.', doNotDisturb: '{name} no quiere que le molesten.', theirMicrophone: '{name} no pudo usar un micrófono.', removed: 'Te sacaron de la llamada.',
    vanished: 'Ya no se puede localizar a {name}.', serverRestart: 'El servidor se reinició durante la llamada.', relayFailed: 'El servidor no pudo seguir con la llamada. Vuelve a llamar.',
    answeredElsewhere: 'Contestada en otro dispositivo.', declinedElsewhere: 'Rechazada en otro dispositivo.', refused: 'No se pudo iniciar la llamada.', refusedWhy: 'No se pudo iniciar la llamada: {why}',
    micDenied: 'Charla no tiene permiso para usar tu micrófono.', micDeniedHint: 'Permítelo con el icono junto a la barra de direcciones, en «Micrófono», y vuelve a llamar.',
    micMissing: 'No se encontró ningún micrófono.', micMissingHint: 'Conecta uno o elige otro en «Dispositivos de sonido».',
    micBusy: 'No se puede abrir el micrófono.', micBusyHint: 'Quizá lo esté usando otro programa. Ciérralo y vuelve a llamar.',
    micInsecure: 'Esta página no puede usar un micrófono.', micInsecureHint: 'Los navegadores solo lo permiten por https. Abre Charla con su dirección https.',
    movedElsewhere: 'La llamada sigue en otro de tus dispositivos.',
    group: {
      noAnswer: 'Nadie en {name} contestó.', unreachable: 'No se puede localizar a nadie en {name} en este momento.', declined: 'Nadie en {name} aceptó la llamada.', busy: 'Todos en {name} están en otra llamada.',
      doNotDisturb: 'Nadie en {name} quiere que le molesten.', missed: 'Tienes una llamada perdida en {name}.', vanished: 'Ya no queda nadie en esta llamada.', theirMicrophone: 'Alguien en {name} no pudo usar un micrófono.',
    },
  },
  sound: {
    title: 'Prueba tu sonido', start: 'Probar el micrófono', stop: 'Parar', speak: 'Di algo …', heard: 'Tu micrófono te oye.', play: 'Reproducir un sonido de prueba', record: 'Grabar y escuchar', recording: 'Grabando … pulsa para parar', replaying: 'Reproduciendo …',
    recordHint: 'Graba hasta cinco segundos y los reproduce, como te oirían los demás. Nada sale de este dispositivo.', cannotRecord: 'Este navegador no puede grabar.', cannotPlay: 'No se ha podido reproducir este sonido. Permite que esta página reproduzca sonido o elige otra salida.', check: 'Prueba tu sonido',
    noise: 'Ruido de fondo', noise_off: 'Dejarlo', noise_browser: 'Reducir', noise_strong: 'Eliminar', noiseHint_off: 'Todo se envía como lo oye el micrófono. Bueno para la música.', noiseHint_browser: 'El navegador baja los ruidos constantes.', noiseHint_strong: 'RNNoise elimina teclados, ventiladores y calles, en este dispositivo. La música sufre.',
    keys: 'Teclas durante una llamada', pushToTalk: 'Pulsar para hablar: el micrófono solo está activo mientras se mantiene una tecla', pushKey: 'Tecla para hablar', changeKey: 'Cambiar', pressKey: 'Pulsa una tecla …', unusable: 'Esta tecla hace falta para moverse por la página. Elige otra.', taken: 'Esta tecla ya hace otra cosa en una llamada. Elige otra.', muteKey: 'Tecla para silenciar', shortcuts: 'En una llamada, {key} silencia y D deja de oír',
    signals: 'Señales', ring: 'Volumen del timbre', tones: 'Tonos cuando una llamada se conecta, termina o falla',
  },
}
export default es
