// Spanish: the settings.
import type en from './settings.en'

const es: typeof en = {
  settings: {
    title: 'Ajustes', owner: 'Propietario de este servidor', appearance: 'Aspecto', theme: 'Tema', system: 'Como el sistema', light: 'Claro', dark: 'Oscuro', language: 'Idioma',
    sound: 'Sonido', soundHint: 'Los nombres de los dispositivos aparecen cuando se permite el micrófono.', allow: 'Permitir el micrófono',
    notifications: 'Notificaciones', notifyOn: 'Activadas', notifyOff: 'Permitir notificaciones', notifyDenied: 'Bloqueadas por el navegador', notifyHint: 'Te avisa de llamadas y mensajes mientras esta página está en segundo plano.',
    password: 'Contraseña', oldPassword: 'Contraseña actual', newPassword: 'Contraseña nueva', change: 'Cambiar la contraseña', wrongOld: 'La contraseña actual no es correcta.', changed: 'Contraseña cambiada. Las demás sesiones se han cerrado.',
    sessions: 'Sesiones', sessionsHint: 'Dónde has iniciado sesión. Cierra lo que no conozcas.', current: 'Esta', lastSeen: 'Último uso: {when}', end: 'Cerrar', endSession: 'Cerrar la sesión: {name}', unknownAgent: 'Programa desconocido',
    network: 'Red', networkHint: '¿Las llamadas no conectan o suenan mal? Mira qué caminos al servidor deja pasar esta red.', networkTest: 'Probar mi red',
    signOut: 'Cerrar sesión', version: 'Charla {version}', endedOne: 'Sesión cerrada.',
  },
}
export default es
