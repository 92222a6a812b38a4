// Spanish: groups and who is in them. Loaded with what manages them.
import type en from './group.en'

const es: typeof en = {
  group: {
    new: 'Grupo nuevo',
    title: 'Grupo',
    name: 'Nombre del grupo',
    create: 'Crear el grupo',
    createWith: 'Crear el grupo con {n} persona más | Crear el grupo con {n} personas más',
    chosen: 'Elegidos',
    unpick: 'Quitar a {name} de la lista',
    type: 'Escribe el comienzo de un nombre.',
    color: 'Color', colors: { blue: 'Azul', violet: 'Violeta', rose: 'Rosa', green: 'Verde', orange: 'Naranja', teal: 'Turquesa' },
    picture: 'Elegir una imagen', pictureOff: 'Quitar la imagen', noPicture: 'Este navegador no puede leer esa imagen.',
    save: 'Guardar',
    renamed: 'El grupo tiene un nombre nuevo.',
    members: '{n} miembro | {n} miembros',
    add: 'Añadir personas',
    addThese: 'Añadir a {n} persona | Añadir a {n} personas',
    added: 'Añadido.',
    write: 'Escribir',
    makeAdmin: 'Nombrar administrador',
    makeMember: 'Hacer miembro corriente',
    passOn: 'Ceder el grupo',
    remove: 'Quitar',
    leave: 'Salir del grupo',
    yes: 'Sí',
    no: 'Cancelar',
    role: { owner: 'Propietario', admin: 'Administrador', member: 'Miembro' },
    sure: {
      remove: '¿Quitar a {name} del grupo?',
      owner: '¿Ceder el grupo a {name}? Tú pasarás a ser administrador.',
      leave: '¿Salir? Ya no verás lo que se escribió ni lo que se escriba aquí.',
      leaveOwner: '¿Salir? El grupo pasa al administrador, o si no al miembro, que lleve más tiempo. Ya no verás lo que se escribió ni lo que se escriba aquí.',
    },
  },
}
export default es
