// German: groups and who is in them. Loaded with what manages them.
import type en from './group.en'

const de: typeof en = {
  group: {
    new: 'Neue Gruppe',
    title: 'Gruppe',
    name: 'Name der Gruppe',
    create: 'Gruppe anlegen',
    createWith: 'Gruppe mit {n} weiteren Person anlegen | Gruppe mit {n} weiteren Personen anlegen',
    chosen: 'Ausgewählt',
    unpick: '{name} weglassen',
    type: 'Gib den Anfang eines Namens ein.',
    color: 'Farbe', colors: { blue: 'Blau', violet: 'Violett', rose: 'Rosa', green: 'Grün', orange: 'Orange', teal: 'Türkis' },
    picture: 'Bild wählen', pictureOff: 'Bild entfernen', noPicture: 'Dieses Bild kann der Browser nicht lesen.',
    save: 'Speichern',
    renamed: 'Die Gruppe hat einen neuen Namen.',
    members: '{n} Mitglied | {n} Mitglieder',
    add: 'Personen hinzufügen',
    addThese: '{n} Person hinzufügen | {n} Personen hinzufügen',
    added: 'Hinzugefügt.',
    write: 'Schreiben',
    makeAdmin: 'Zum Admin machen',
    makeMember: 'Zum einfachen Mitglied machen',
    passOn: 'Gruppe übergeben',
    remove: 'Entfernen',
    leave: 'Gruppe verlassen',
    yes: 'Ja',
    no: 'Abbrechen',
    role: { owner: 'Besitzer', admin: 'Admin', member: 'Mitglied' },
    sure: {
      remove: '{name} aus der Gruppe entfernen?',
      owner: 'Die Gruppe an {name} übergeben? Du bist dann Admin.',
      leave: 'Verlassen? Du siehst dann nicht mehr, was hier stand und stehen wird.',
      leaveOwner: 'Verlassen? Die Gruppe geht an den Admin, sonst das Mitglied, das am längsten dabei ist. Du siehst dann nicht mehr, was hier stand und stehen wird.',
    },
  },
}
export default de
