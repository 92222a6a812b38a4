// German.
import type { Messages } from '.'

const de: Messages = {
  app: {
    name: 'Charla', 
    unreachable: 'Der Server ist nicht erreichbar', unreachableHint: 'Prüfe deine Verbindung. Nichts von dem, was du geschrieben hast, geht verloren.',
    retry: 'Noch einmal', skip: 'Zum Inhalt', close: 'Schließen', back: 'Zurück', 
    notFound: 'Hier ist nichts', notFoundHint: 'Die gesuchte Seite gibt es nicht.', home: 'Zu deinen Chats',
  },
  nav: { admin: 'Server', label: 'Hauptmenü', chats: 'Chats', calls: 'Anrufe', settings: 'Einstellungen', unread: '{n} ungelesener Chat | {n} ungelesene Chats', missed: '{n} verpasster Anruf | {n} verpasste Anrufe' },
  auth: {
    signIn: 'Anmelden', signInTitle: 'Willkommen zurück', register: 'Konto anlegen', registerTitle: 'Lege ein Konto an',
    username: 'Benutzername', usernameOrEmail: 'Benutzername oder E-Mail', email: 'E-Mail', password: 'Passwort',
    usernameHint: '3 bis 32 Buchstaben, Ziffern oder _ . -', passwordHint: 'Mindestens 8 Zeichen. Ein kurzer Satz ist gut.',
    show: 'Passwort zeigen', hide: 'Passwort verbergen', noAccount: 'Neu hier?', haveAccount: 'Du hast ein Konto?',
    closed: 'Dieser Server nimmt keine neuen Konten an. Frage, wer ihn betreibt.', byInvitation: 'Neue Konten brauchen hier eine Einladung: einen Link, den du von dem bekommst, der diesen Server betreibt.', invited: 'Du bist eingeladen. Lege ein Konto an, und du bist dabei.',
    signedOut: 'Du bist abgemeldet.', ended: 'Deine Sitzung ist beendet. Bitte melde dich neu an.',
    claim: 'Du hast den Besitzer-Link geöffnet. Melde dich an oder lege ein Konto an, und dieser Server gehört dir.',
    claimed: 'Dieser Server gehört jetzt dir.', claimFailed: 'Der Besitzer-Link ließ sich nicht verwenden: {why}',
    hero1: 'Schreib.', hero2: 'Oder ruf an.', heroText: 'Deine Worte und deine Stimme bleiben auf einem Server, den du kennst.',
  },
  error: {
    generic: 'Das hat nicht geklappt. Bitte versuche es noch einmal.', offline: 'Der Server ist nicht erreichbar. Prüfe deine Verbindung.',
    timeout: 'Der Server hat zu lange nicht geantwortet. Bitte versuche es noch einmal.',
    tooMany: 'Zu viele Versuche. Noch einmal in {n} Sekunde. | Zu viele Versuche. Noch einmal in {n} Sekunden.',
  },
  code: {
    wrongCredentials: 'Der Name oder das Passwort stimmt nicht.', registrationClosed: 'Dieser Server nimmt keine neuen Konten an.', busy: 'Du bist schon in einem anderen Gespräch.',
    conflict: 'Das geht nicht mehr: Inzwischen hat sich etwas geändert.', unusableOffer: 'Der Server und dieser Browser finden keinen gemeinsamen Weg für den Ton.',
    internal: 'Auf dem Server ist etwas schiefgegangen. Bitte versuche es noch einmal.', unavailable: 'Der Server kann das gerade nicht. Bitte versuche es noch einmal.',
    badRequest: 'Der Server hat das nicht verstanden.', invalid: 'Ein Wert lässt sich nicht verwenden.', unauthenticated: 'Bitte melde dich neu an.', csrf: 'Die Seite ist veraltet. Lade sie neu.', foreignOrigin: 'Bitte öffne diese Seite unter ihrer eigenen Adresse.',
    forbidden: 'Das darfst du nicht.', notFound: 'Das gibt es nicht oder nicht mehr.', methodNotAllowed: 'Das macht der Server nicht.', taken: 'Das ist schon vergeben.', tooLarge: 'Das ist zu groß.',
    rangeNotSatisfiable: 'Diesen Teil der Datei gibt es nicht.', wrongHost: 'Der Server hört nicht auf diese Adresse.', tooMany: 'Zu viele Versuche. Warte einen Moment.',
  },
  reason: {
    disabled: 'Dieses Konto ist abgeschaltet. Frage, wer diesen Server betreibt.', invitation: 'Diese Einladung gilt nicht mehr. Bitte um eine neue.', owner: 'Dieser Besitzer-Link ist benutzt, zu alt oder nicht vollständig. Öffne den neuesten ganz.',
    link: 'Dieser Link ist benutzt, zu alt oder nicht vollständig. Bitte um einen neuen.', author: 'Das darf nur, wer es geschrieben hat.', blocked: 'Du hast diese Person blockiert. Hebe das zuerst auf.',
    lastOwner: 'Das ist der letzte Besitzer des Servers. Mache zuerst jemand anderen dazu.', room: 'Du hast keinen Platz für weitere Dateien. Lösche zuerst Nachrichten mit Dateien.', most: 'Das ist zu groß: höchstens {size}.',
  },
  taken: { username: 'Dieser Benutzername ist vergeben. Wähle einen anderen.', email: 'Mit dieser E-Mail-Adresse gibt es schon ein Konto.' },
  refused: {
    username: 'Schreibe einen Benutzernamen aus 3 bis 32 Buchstaben, Ziffern oder _ . -', email: 'Schreibe eine E-Mail-Adresse wie name@example.org.', password: 'Wähle ein Passwort mit 8 bis 128 Zeichen, das nicht leicht zu erraten ist.',
    body: 'Dieser Server nimmt keine Dateien dieser Art.', attachments: 'Diese Dateien lassen sich nicht anhängen. In eine Nachricht passen höchstens 10.', content: 'Diese Nachricht lässt sich so nicht senden.', name: 'Dieser Name lässt sich nicht verwenden.',
    users: 'Diese Personen lassen sich nicht hinzufügen.', picture: 'Dieses Bild lässt sich nicht verwenden.', emoji: 'Wähle ein Emoji.', toUser: 'Wähle jemand anderen.', q: 'Suche nach etwas anderem.',
    note: 'Eine Notiz hat höchstens 200 Zeichen in einer Zeile.', maxUses: 'Eine Einladung reicht für 1 bis 1000 Konten.', expiresInHours: 'Eine Einladung gilt eine Stunde bis ein Jahr.',
  },
  link: { lost: 'Keine Verbindung. Neuer Versuch …', },
  chats: {
    title: 'Chats', search: 'Personen finden', searching: 'Suche …', nobody: 'Niemand heißt „{query}…“.',
    people: 'Personen', empty: 'Noch keine Chats', emptyHint: 'Finde jemanden über den Benutzernamen und sag hallo.',
    presence: { online: 'Online', away: 'Abwesend', doNotDisturb: 'Nicht stören', offline: 'Offline' }, muted: 'Stumm', draft: 'Entwurf:', find: 'Nachrichten suchen',
    carries: { image: 'Bild', video: 'Video', audio: 'Ton', voice: 'Sprachnachricht', file: 'Datei' },
    newGroup: 'Neue Gruppe', group: 'Mitglieder und Einstellungen von {name}',
    pick: 'Wähle einen Chat', pickHint: 'Oder finde jemand Neues. Was du schreibst, kommt an, auch wenn sie gerade nicht da sind.',
    you: 'Du: {text}', start: 'Noch keine Nachrichten', unread: '{n} ungelesene Nachricht | {n} ungelesene Nachrichten', clear: 'Suche leeren', list: 'Unterhaltungen',
    missing: 'Diese Unterhaltung gibt es nicht, oder sie gehört dir nicht.',
  },
  chat: {
    typing: '{name} schreibt …', from: '{name} hat geschrieben: {text}', me: 'Du', gone: 'Diese Nachricht wurde gelöscht',
    did: {
      colorChanged: '{who} hat der Gruppe eine andere Farbe gegeben', colorChanged_none: '{who} hat die Farbe der Gruppe entfernt',
      pictureChanged: '{who} hat der Gruppe ein Bild gegeben', pictureChanged_none: '{who} hat das Bild der Gruppe entfernt',
      created: '{who} hat die Gruppe „{name}“ angelegt', renamed: '{who} hat die Gruppe „{name}“ genannt', added: '{who} hat {whom} dazugeholt',
      removed: '{who} hat {whom} entfernt', left: '{who} ist gegangen', role_owner: '{who} hat die Gruppe {whom} übergeben',
      role_admin: '{who} hat {whom} zum Admin gemacht', role_member: '{who} hat {whom} zum einfachen Mitglied gemacht',
    },
  },
  call: { incoming: '{name} ruft an', incomingHint: 'Sprachanruf', microphone: 'Mikrofon', speaker: 'Lautsprecher', default: 'Wie im System', device: 'Gerät {n}', onCall: 'Im Gespräch' },
}
export default de
