// Spanish.
import type { Messages } from '.'

const es: Messages = {
  app: {
    name: 'Charla',
    unreachable: 'No se puede conectar con el servidor', unreachableHint: 'Revisa tu conexión. Nada de lo que escribiste se ha perdido.',
    retry: 'Reintentar', skip: 'Ir al contenido', close: 'Cerrar', back: 'Volver',
    notFound: 'Aquí no hay nada', notFoundHint: 'La página que buscas no existe.', home: 'Ir a tus chats',
  },
  nav: { admin: 'Servidor', label: 'Principal', chats: 'Chats', calls: 'Llamadas', settings: 'Ajustes', unread: '{n} chat sin leer | {n} chats sin leer', missed: '{n} llamada perdida | {n} llamadas perdidas' },
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
    badRequest: 'El servidor no lo ha entendido.', invalid: 'Un valor no se puede usar.', unauthenticated: 'Vuelve a iniciar sesión.', csrf: 'La página está anticuada. Vuelve a cargarla.', foreignOrigin: 'Abre esta página en su propia dirección.',
    forbidden: 'No tienes permiso para hacer eso.', notFound: 'Eso no existe o ya no existe.', methodNotAllowed: 'El servidor no hace eso.', taken: 'Eso ya está ocupado.', tooLarge: 'Es demasiado grande.',
    rangeNotSatisfiable: 'No existe esa parte del archivo.', wrongHost: 'El servidor no responde a esta dirección.', tooMany: 'Demasiados intentos. Espera un momento.',
  },
  reason: {
    disabled: 'Esta cuenta está desactivada. Pregunta a quien lleva este servidor.', invitation: 'Esta invitación ya no es válida. Pide una nueva.', owner: 'Este enlace de propietario está usado, es demasiado antiguo o no está completo. Abre entero el más reciente.',
    link: 'Este enlace está usado, es demasiado antiguo o no está completo. Pide uno nuevo.', author: 'Solo puede hacerlo quien lo escribió.', blocked: 'Has bloqueado a esta persona. Desbloquéala primero.',
    lastOwner: 'Es el último propietario del servidor. Nombra antes a otro.', room: 'No te queda sitio para más archivos. Elimina primero mensajes con archivos.', most: 'Es demasiado grande: como máximo {size}.',
  },
  taken: { username: 'Este nombre de usuario ya está en uso. Elige otro.', email: 'Ya hay una cuenta con esta dirección de correo.' },
  refused: {
    username: 'Escribe un nombre de usuario de 3 a 32 letras, cifras o _ . -', email: 'Escribe una dirección de correo como nombre@example.org.', password: 'Elige una contraseña de 8 a 128 caracteres que no sea fácil de adivinar.',
    body: 'Este servidor no admite archivos de este tipo.', attachments: 'No se pueden adjuntar estos archivos. En un mensaje caben 10 como máximo.', content: 'Este mensaje no se puede enviar así.', name: 'Este nombre no se puede usar.',
    users: 'No se puede añadir a estas personas.', picture: 'Esta imagen no se puede usar.', emoji: 'Elige un emoji.', toUser: 'Elige a otra persona.', q: 'Escribe otra cosa para buscar.',
    note: 'Una nota tiene como máximo 200 caracteres en una línea.', maxUses: 'Una invitación sirve para entre 1 y 1000 cuentas.', expiresInHours: 'Una invitación vale entre una hora y un año.',
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
  call: { incoming: '{name} te llama', incomingHint: 'Llamada de voz', microphone: 'Micrófono', speaker: 'Altavoz', default: 'Predeterminado del sistema', device: 'Dispositivo {n}', onCall: 'En una llamada' },
}
export default es
