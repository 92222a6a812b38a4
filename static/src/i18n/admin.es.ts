// Spanish: administration.
import type en from './admin.en'

const es: typeof en = {
  admin: {
    title: 'Administración', people: 'Personas', invitations: 'Invitaciones', notYours: 'Esto es para quienes llevan el servidor.', notYoursHint: 'Pregunta a un propietario si deberías ser uno de ellos.',
    registration: { open: 'Quien llegue a este servidor puede crear una cuenta.', invite: 'Las cuentas nuevas necesitan una invitación.', closed: 'Solo los administradores crean cuentas nuevas.' }, registrationHint: 'Se define con accounts.registration en config.toml.',
    find: 'Buscar personas', role: 'Función', everyRole: 'Todas las funciones', owner: 'Propietario', admin: 'Administrador', member: 'Miembro', state: 'Estado', everyState: 'Activas e inactivas', enabled: 'Activadas', disabled: 'Desactivada',
    you: 'Tú', more: 'Mostrar más', nobody: 'Nadie coincide con eso.', since: 'desde {when}', actions: 'Qué hacer con {name}', count: '{n} persona | {n} personas', counting: 'Al menos {n} persona | Al menos {n} personas',
    makeOwner: 'Hacer propietario', makeAdmin: 'Hacer administrador', makeMember: 'Hacer miembro normal', switchOff: 'Desactivar', switchOn: 'Activar', resetLink: 'Enlace para una contraseña nueva',
    sureOff: '¿Desactivar a {name}?', sureOffHint: 'Se cierra su sesión en todas partes, nadie la encuentra ni puede contactarla. El nombre, los chats y los grupos se conservan, y puedes activar la cuenta otra vez.',
    sureOwner: '¿Hacer propietario a {name}?', sureOwnerHint: 'Un propietario puede hacer todo lo que tú puedes, y quitártelo.', cancel: 'Cancelar',
    nowOff: '{name} está desactivada.', nowOn: '{name} está activada.', nowRole: '{name}: {role}.',
    add: 'Persona nueva', addTitle: 'Una persona nueva', addHint: 'La cuenta aún no tiene contraseña: la persona la pone con el enlace que recibes aquí.', create: 'Crear la cuenta',
    link: 'Enlace para {name}', linkOnce: 'Se muestra solo esta vez. Vale una vez, hasta {when}. Dáselo solo a {name}: quien lo abra pone la contraseña.', copy: 'Copiar enlace', copied: 'Copiado', done: 'Listo',
    invite: 'Invitación nueva', inviteTitle: 'Una invitación nueva', note: 'Nota', noteHint: 'Para ti, para reconocerla. Nadie más la ve.', uses: 'Para cuántas cuentas', hours: 'Válida durante', hour: '{n} hora | {n} horas', day: '{n} día | {n} días', makeLink: 'Crear el enlace',
    inviteLink: 'La invitación', inviteOnce: 'Se muestra solo esta vez. Sirve para {n} cuenta hasta {when}. | Se muestra solo esta vez. Sirve para {n} cuentas hasta {when}.', noNote: 'Sin nota', used: '{uses} de {max} usadas', until: 'hasta {when}', expired: 'caducada', usedUp: 'agotada',
    revoke: 'Revocar', revokeName: 'Revocar: {name}', sureRevoke: '¿Revocar esta invitación?', sureRevokeHint: 'Su enlace ya no abrirá nada. Las cuentas creadas con ella se quedan.', revoked: 'Revocada.', noInvitations: 'No hay invitaciones', noInvitationsHint: 'Una invitación es un enlace con el que alguien crea su propia cuenta.',
    closedNote: 'El registro está cerrado: las invitaciones no abren nada hasta que accounts.registration sea «invite» u «open».', openNote: 'El registro está abierto: no hace falta invitación.',
  },
}
export default es
