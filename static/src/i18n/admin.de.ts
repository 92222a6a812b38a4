// German: administration.
import type en from './admin.en'

const de: typeof en = {
  admin: {
    title: 'Verwaltung', people: 'Personen', invitations: 'Einladungen', notYours: 'Das ist für die, die den Server betreiben.', notYoursHint: 'Frage einen Besitzer, wenn du dazugehören solltest.',
    registration: { open: 'Wer diesen Server erreicht, darf ein Konto anlegen.', invite: 'Neue Konten brauchen eine Einladung.', closed: 'Neue Konten legen nur Verwalter an.' }, registrationHint: 'Festgelegt durch accounts.registration in config.toml.',
    find: 'Personen finden', role: 'Rolle', everyRole: 'Alle Rollen', owner: 'Besitzer', admin: 'Verwalter', member: 'Mitglied', state: 'Zustand', everyState: 'An und aus', enabled: 'Angeschaltet', disabled: 'Abgeschaltet',
    you: 'Du', more: 'Mehr zeigen', nobody: 'Dazu passt niemand.', since: 'seit {when}', actions: 'Was mit {name} geschehen soll', count: '{n} Person | {n} Personen', counting: 'Mindestens {n} Person | Mindestens {n} Personen',
    makeOwner: 'Zum Besitzer machen', makeAdmin: 'Zum Verwalter machen', makeMember: 'Zum einfachen Mitglied machen', switchOff: 'Abschalten', switchOn: 'Anschalten', resetLink: 'Link für ein neues Passwort',
    sureOff: '{name} abschalten?', sureOffHint: 'Sofort überall abgemeldet, für niemanden zu finden oder zu erreichen. Name, Chats und Gruppen bleiben, und du kannst das Konto wieder anschalten.',
    sureOwner: '{name} zum Besitzer machen?', sureOwnerHint: 'Ein Besitzer darf alles, was du darfst, und kann es dir auch nehmen.', cancel: 'Abbrechen',
    nowOff: '{name} ist abgeschaltet.', nowOn: '{name} ist angeschaltet.', nowRole: '{name}: {role}.',
    add: 'Neue Person', addTitle: 'Eine neue Person', addHint: 'Das Konto hat noch kein Passwort: Die Person setzt es mit dem Link, den du hier bekommst.', create: 'Konto anlegen',
    link: 'Link für {name}', linkOnce: 'Nur dieses eine Mal zu sehen. Er gilt einmal, bis {when}. Gib ihn nur {name}: Wer ihn öffnet, setzt das Passwort.', copy: 'Link kopieren', copied: 'Kopiert', done: 'Fertig',
    invite: 'Neue Einladung', inviteTitle: 'Eine neue Einladung', note: 'Notiz', noteHint: 'Für dich, zum Wiedererkennen. Niemand sonst sieht sie.', uses: 'Für wie viele Konten', hours: 'Gültig für', hour: '{n} Stunde | {n} Stunden', day: '{n} Tag | {n} Tage', makeLink: 'Link anlegen',
    inviteLink: 'Die Einladung', inviteOnce: 'Nur dieses eine Mal zu sehen. Sie reicht für {n} Konto, bis {when}. | Nur dieses eine Mal zu sehen. Sie reicht für {n} Konten, bis {when}.', noNote: 'Ohne Notiz', used: '{uses} von {max} verwendet', until: 'bis {when}', expired: 'abgelaufen', usedUp: 'aufgebraucht',
    revoke: 'Zurückziehen', revokeName: 'Zurückziehen: {name}', sureRevoke: 'Diese Einladung zurückziehen?', sureRevokeHint: 'Ihr Link öffnet dann nichts mehr. Die Konten, die mit ihr entstanden, bleiben.', revoked: 'Zurückgezogen.', noInvitations: 'Keine Einladungen', noInvitationsHint: 'Eine Einladung ist ein Link, mit dem sich jemand selbst ein Konto anlegt.',
    closedNote: 'Die Registrierung ist geschlossen: Einladungen öffnen nichts, bis accounts.registration „invite“ oder „open“ ist.', openNote: 'Die Registrierung ist offen: Eine Einladung ist nicht nötig.',
  },
}
export default de
