// Spanish: the settings.
import type en from './settings.en'

const es: typeof en = {
  settings: {
    title: 'Ajustes', saved: 'Guardado.', on: 'Activado', off: 'Desactivado', allSettings: 'Todos los ajustes',
    profile: 'Perfil', profileHint: 'Nombre, correo, contraseña', looks: 'Apariencia', looksHint: 'Colores, idioma', privacy: 'Privacidad', privacyHint: 'Qué ven los demás de ti, personas bloqueadas',
    notifications: 'Notificaciones', notificationsHint: 'Cómo te enteras de mensajes y llamadas', audio: 'Sonido y llamadas', audioHint: 'Micrófono, altavoz, red', keys: 'Teclado', keysHint: 'Atajos',
    sessions: 'Dispositivos', sessionsHint: 'Dónde has iniciado sesión', app: 'Esta aplicación', appHint: 'Instalar, sin conexión, versión',
    role: { owner: 'Propietario de este servidor', admin: 'Administrador de este servidor', member: 'Miembro' },
    since: 'Aquí desde {when}', name: 'Nombre', email: 'Correo', nameHint: 'Así te encuentran los demás. No se puede cambiar.', administration: 'Administración', administrationHint: 'Personas e invitaciones de este servidor',
    theme: 'Colores', system: 'Como el sistema', light: 'Claro', dark: 'Oscuro', language: 'Idioma',
    password: 'Cambiar contraseña', oldPassword: 'Contraseña actual', newPassword: 'Contraseña nueva', change: 'Cambiar contraseña', wrongOld: 'La contraseña actual no es correcta.', changed: 'Contraseña cambiada. Se ha cerrado la sesión en los demás dispositivos.',
    current: 'Este', lastSeen: 'Último uso: {when}', end: 'Cerrar sesión', endSession: 'Cerrar sesión: {name}', unknownAgent: 'Programa desconocido', endedOne: 'Sesión cerrada allí.', endOthers: 'Cerrar sesión en todos los demás', endOthersSure: '¿Cerrar sesión en {n} dispositivo más? | ¿Cerrar sesión en {n} dispositivos más?', endedOthers: 'Sesión cerrada en todos los demás.', sessionsNote: 'Cierra la sesión de lo que no conozcas y cambia después tu contraseña.', yes: 'Sí', cancel: 'Cancelar',
    visible: 'Qué ven los demás', mutual: 'Vale en ambos sentidos: lo que ocultas tampoco lo ves de los demás.',
    showOnline: 'Que estás aquí', showLastSeen: 'Cuándo estuviste por última vez', showReadReceipts: 'Que has leído algo', showTyping: 'Que estás escribiendo',
    doNotDisturb: 'No molestar', doNotDisturbHint: 'En todos tus dispositivos: no suena ninguna llamada, nada hace ruido, y los demás lo ven.',
    blocked: 'Personas bloqueadas', blockedHint: 'No pueden escribirte ni llamarte. Se bloquea a alguien en el chat con esa persona.', blockedNone: 'No hay nadie bloqueado.', unblock: 'Desbloquear', unblockName: 'Desbloquear a {name}', unblocked: '{name} puede escribirte de nuevo.',
    inPage: 'En esta página', inPageHint: 'Una tarjeta arriba cuando llega algo en otro chat.', soundOn: 'Sonido', soundOnHint: 'Un tono corto y suave cuando llega un mensaje mientras miras a otra parte.', tryIt: 'Escuchar', systemOn: 'Del sistema', systemHint: 'Te avisa de mensajes y llamadas mientras esta página está en segundo plano. La página debe estar abierta en una pestaña, o instalada y en marcha.',
    askFirst: 'Tu navegador preguntará ahora si esta página puede mostrar notificaciones. Elige «Permitir».', askNow: 'Continuar', denied: 'Este navegador ha bloqueado las notificaciones de esta página. Permítelas con el icono junto a la dirección, en «Notificaciones», y vuelve a cargar la página.', noSystem: 'Este navegador no tiene notificaciones para páginas. En un iPhone o iPad: añade antes Charla a la pantalla de inicio.',
    preview: 'Mostrar lo que se escribió', previewHint: 'Si no, una notificación solo dice quién escribió.',
    devices: 'Dispositivos', soundHint: 'Los nombres de los dispositivos aparecen cuando se ha permitido el micrófono.', allow: 'Permitir micrófono',
    network: 'Red', networkHint: '¿Las llamadas no conectan o suenan mal? Mira qué caminos al servidor deja pasar esta red.', networkTest: 'Probar mi red',
    keysNote: 'Pulsa «Cambiar» y después las teclas que quieras. Escape lo deja como está.', rebind: 'Cambiar', rebindName: 'Cambiar las teclas de: {name}', press: 'Pulsa las teclas …', resetKeys: 'Como al principio', taken: 'Esas teclas ya son de «{name}».', unusable: 'Usa una letra, una cifra o una tecla F, con Ctrl o Alt; las letras solas son para escribir.',
    key: { search: 'Buscar personas', nextChat: 'Chat siguiente', previousChat: 'Chat anterior', goSettings: 'Ajustes', send: 'Enviar el mensaje', newLine: 'Línea nueva', lastEdit: 'Cerrar lo que está abierto' },
    signOut: 'Cerrar sesión', signOutHint: 'Los borradores y los chats guardados se borran de este dispositivo.', version: 'Charla {version}',
    install: 'Instalar', installHint: 'Como aplicación propia, con un sitio en la pantalla o en el menú de inicio.', installNow: 'Instalar Charla', installed: 'Charla está instalada en este dispositivo.', installHow: 'En el menú de tu navegador, elige «Instalar» o «Añadir a pantalla de inicio».',
    offline: 'Sin red', offlineReady: 'Este dispositivo abre Charla también sin red y muestra tus últimos chats. Lo que escribas se enviará cuando vuelva la red.', offlineNo: 'Este dispositivo no puede abrir Charla sin red: {why}',
    offlineWhy: { trust: 'el navegador no confía en el certificado de este servidor.', absent: 'este navegador no tiene aquí service workers (quizá una ventana privada).', failed: 'el navegador lo ha rechazado.', waiting: 'todavía se está preparando.' }, trust: 'Cómo confiar en él', keep: 'Guardar mis últimos chats en este dispositivo', keepHint: 'Los mensajes más recientes de cada chat, legibles para quien use este perfil del navegador. Se borran al cerrar sesión.',
  },
}
export default es
