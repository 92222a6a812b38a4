// Spanish.
import type { Messages } from '.'

const es: Messages = {
  app: {
    name: 'Charla',
    unreachable: 'No se puede conectar con el servidor', unreachableHint: 'Revisa tu conexión. Nada de lo que escribiste se ha perdido.',
    retry: 'Reintentar', skip: 'Ir al contenido', close: 'Cerrar', back: 'Volver',
    notFound: 'Aquí no hay nada', notFoundHint: 'La página que buscas no existe.', home: 'Ir a tus chats',
  },
  nav: { admin: 'Servidor', label: 'Principal', chats: 'Chats', calls: 'Llamadas', settings: 'Ajustes', unread: '{n} chat sin leer | {n} chats sin leer' },
  auth: {
    signIn: 'Iniciar sesión', signInTitle: 'Qué bien verte', register: 'Crear cuenta', registerTitle: 'Crea una cuenta',
    username: 'Nombre de usuario', usernameOrEmail: 'Usuario o correo', email: 'Correo electrónico', password: 'Contraseña',
    usernameHint: 'De 3 a 32 letras, cifras o _ . -', passwordHint: 'Al menos 8 caracteres. Una frase corta va bien.',
    show: 'Mostrar la contraseña', hide: 'Ocultar la contraseña', noAccount: '¿Eres nuevo?', haveAccount: '¿Ya tienes cuenta?',
    closed: 'Este servidor no admite cuentas nuevas. Pregunta a quien lo administra.', byInvitation: 'Aquí las cuentas nuevas necesitan una invitación: un enlace que te da quien lleva este servidor.', invited: 'Tienes una invitación. Crea una cuenta y ya estás dentro.',
    signedOut: 'Has cerrado la sesión.', ended: 'Tu sesión ha terminado. Vuelve a iniciarla.',
    claim: 'Abriste el enlace de propietario. Inicia sesión o crea una cuenta, y este servidor será tuyo.',
    claimed: 'Ahora este servidor es tuyo.', claimFailed: 'No se pudo usar el enlace de propietario: {why}',
    hero1: 'Dilo.', hero2: 'O llama.', heroText: 'Tus palabras y tu voz se quedan en un servidor que conoces.',
  },
  error: {
    generic: 'No ha funcionado. Inténtalo otra vez.', offline: 'No se puede conectar con el servidor. Revisa tu conexión.',
    timeout: 'El servidor ha tardado demasiado. Inténtalo otra vez.',
    tooMany: 'Demasiados intentos. Vuelve a probar en {n} segundo. | Demasiados intentos. Vuelve a probar en {n} segundos.',
  },
  code: {
    wrongCredentials: 'El nombre o la contraseña no son correctos.', registrationClosed: 'Este servidor no admite cuentas nuevas.', busy: 'Ya estás en otra llamada.',
    conflict: 'Eso ya no es posible: mientras tanto han cambiado las cosas.', unusableOffer: 'El servidor y este navegador no encontraron una forma común de transmitir el sonido.',
    internal: 'Algo ha fallado en el servidor. Inténtalo otra vez.', unavailable: 'El servidor no puede hacerlo ahora mismo. Inténtalo otra vez.',
  },
  link: { lost: 'Sin conexión. Reintentando …' },
  chats: {
    title: 'Chats', search: 'Buscar personas', searching: 'Buscando …', nobody: 'Nadie se llama «{query}…».',
    people: 'Personas', empty: 'Aún no hay chats', emptyHint: 'Busca a alguien por su nombre de usuario y salúdalo.',
    presence: { online: 'En línea', away: 'Ausente', doNotDisturb: 'No molestar', offline: 'Sin conexión' }, muted: 'Silenciado', draft: 'Borrador:', find: 'Buscar mensajes',
    carries: { image: 'Imagen', video: 'Vídeo', audio: 'Sonido', voice: 'Mensaje de voz', file: 'Archivo' },
    newGroup: 'Grupo nuevo', group: 'Miembros y ajustes de {name}',
    pick: 'Elige un chat', pickHint: 'O busca a alguien nuevo. Lo que escribas llega aunque no esté conectado.',
    you: 'Tú: {text}', start: 'Aún no hay mensajes', unread: '{n} mensaje sin leer | {n} mensajes sin leer', clear: 'Borrar la búsqueda', list: 'Conversaciones',
    missing: 'Esta conversación no existe o no es tuya.',
  },
  chat: {
    typing: '{name} está escribiendo …', from: '{name} escribió: {text}', me: 'Tú', gone: 'Este mensaje se eliminó',
    did: {
      colorChanged: '{who} dio otro color al grupo', colorChanged_none: '{who} quitó el color del grupo',
      pictureChanged: '{who} puso una foto al grupo', pictureChanged_none: '{who} quitó la foto del grupo',
      created: '{who} creó el grupo «{name}»', renamed: '{who} llamó al grupo «{name}»', added: '{who} añadió a {whom}',
      removed: '{who} quitó a {whom}', left: '{who} salió del grupo', role_owner: '{who} cedió el grupo a {whom}',
      role_admin: '{who} nombró administrador a {whom}', role_member: '{who} hizo de {whom} un miembro corriente',
    },
  },
  call: {
    region: 'Llamada', incoming: '{name} te llama', incomingHint: 'Llamada de voz', accept: 'Contestar', decline: 'Rechazar', silence: 'Silenciar', silenced: 'Suena en silencio',
    asking: 'Esperando tu micrófono …', calling: 'Llamando a {name} …', accepting: 'Contestando …', connecting: 'Conectando …',
    active: 'En línea', reconnecting: 'Volviendo a conectar …', mute: 'Silenciar micrófono', unmute: 'Activar micrófono', muted: 'Tu micrófono está silenciado', theyMuted: '{name} tiene el micrófono silenciado', notHeard: 'no se oye a {name}',
    hangUp: 'Colgar', cancel: 'Cancelar la llamada', devices: 'Dispositivos de sonido', microphone: 'Micrófono', speaker: 'Altavoz', default: 'Predeterminado del sistema', device: 'Dispositivo {n}',
    levelMine: 'Tu nivel', levelTheirs: 'Nivel de {name}', timer: 'Duración de la llamada', dismiss: 'Descartar', again: 'Volver a llamar', onCall: 'En una llamada',
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
  },
}
export default es
