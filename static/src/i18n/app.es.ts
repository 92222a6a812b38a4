// Spanish: what the page tells unasked, and the pages that links lead to.
import type en from './app.en'

const es: typeof en = {
  extra: {
    update: 'Hay una versión nueva de Charla.', reload: 'Cargarla', later: 'Más tarde', arrived: 'Mensajes nuevos', open: 'Abrir el chat con {name}', wrote: '{name}', something: 'Mensaje nuevo', attachment: 'Envió un archivo',
    call: '{name} está llamando', callHint: 'Haz clic para responder en Charla.', missed: 'Llamada perdida de {name}', missedHint: 'Haz clic para abrir el chat.', inviteInside: 'Abriste una invitación, pero ya has iniciado sesión. Es para alguien que aún no tiene cuenta.',
  },
  reset: {
    title: 'Elige tu contraseña', text: 'Alguien que lleva este servidor te dio este enlace. Elige una contraseña e inicia sesión con ella.', set: 'Guardar contraseña', done: 'Tu contraseña está guardada. Inicia sesión con ella; se ha cerrado la sesión en todos los dispositivos.', toSignIn: 'Iniciar sesión',
    missing: 'Abre el enlace entero', missingHint: 'Esta página necesita el enlace tal como te lo dieron, con lo que va después de la #. Un enlace vale una vez, y solo en la pestaña en la que se abrió.', used: 'Este enlace ya se usó, es demasiado antiguo o fue sustituido por otro más nuevo. Pide otro a quien te lo dio.',
  },
}
export default es
