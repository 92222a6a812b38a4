// German: the settings.
import type en from './settings.en'

const de: typeof en = {
  settings: {
    title: 'Einstellungen', saved: 'Gespeichert.', on: 'An', off: 'Aus', allSettings: 'Alle Einstellungen',
    profile: 'Profil', profileHint: 'Name, E-Mail, Passwort', looks: 'Aussehen', looksHint: 'Farben, Sprache', privacy: 'Privatsphäre', privacyHint: 'Was andere von dir sehen, Blockierte',
    notifications: 'Benachrichtigungen', notificationsHint: 'Wie du von Nachrichten und Anrufen erfährst', audio: 'Ton und Anrufe', audioHint: 'Mikrofon, Lautsprecher, Netzwerk', keys: 'Tastatur', keysHint: 'Tastenkürzel',
    sessions: 'Geräte', sessionsHint: 'Wo du angemeldet bist', app: 'Diese App', appHint: 'Installieren, offline, Version',
    role: { owner: 'Besitzer dieses Servers', admin: 'Verwalter dieses Servers', member: 'Mitglied' },
    since: 'Hier seit {when}', name: 'Name', email: 'E-Mail', nameHint: 'So finden dich andere. Er lässt sich nicht ändern.', administration: 'Verwaltung', administrationHint: 'Personen und Einladungen dieses Servers',
    theme: 'Farben', system: 'Wie im System', light: 'Hell', dark: 'Dunkel', language: 'Sprache',
    password: 'Passwort ändern', oldPassword: 'Bisheriges Passwort', newPassword: 'Neues Passwort', change: 'Passwort ändern', wrongOld: 'Das bisherige Passwort stimmt nicht.', changed: 'Passwort geändert. Alle anderen Geräte sind abgemeldet.',
    current: 'Dieses hier', lastSeen: 'Zuletzt verwendet: {when}', end: 'Abmelden', endSession: 'Abmelden: {name}', unknownAgent: 'Unbekanntes Programm', endedOne: 'Dort abgemeldet.', endOthers: 'Überall sonst abmelden', endOthersSure: '{n} anderes Gerät abmelden? | {n} andere Geräte abmelden?', endedOthers: 'Überall sonst abgemeldet.', sessionsNote: 'Melde ab, was du nicht kennst, und ändere dann dein Passwort.', yes: 'Ja', cancel: 'Abbrechen',
    visible: 'Was andere sehen', mutual: 'Das gilt in beide Richtungen: Was du verbirgst, siehst du auch von anderen nicht.',
    showOnline: 'Dass du da bist', showLastSeen: 'Wann du zuletzt da warst', showReadReceipts: 'Dass du etwas gelesen hast', showTyping: 'Dass du schreibst',
    doNotDisturb: 'Nicht stören', doNotDisturbHint: 'Auf all deinen Geräten: Kein Anruf klingelt, nichts macht ein Geräusch, und andere sehen es.',
    blocked: 'Blockierte Personen', blockedHint: 'Sie können dir weder schreiben noch dich anrufen. Blockieren kannst du im Chat mit der Person.', blockedNone: 'Niemand ist blockiert.', unblock: 'Freigeben', unblockName: '{name} freigeben', unblocked: '{name} kann dir wieder schreiben.',
    inPage: 'In dieser Seite', inPageHint: 'Eine Karte am oberen Rand, wenn in einem anderen Chat etwas ankommt.', soundOn: 'Ton', soundOnHint: 'Ein kurzer, leiser Ton, wenn eine Nachricht kommt, während du woanders hinsiehst.', tryIt: 'Anhören', systemOn: 'Vom System', systemHint: 'Meldet Nachrichten und Anrufe, während diese Seite im Hintergrund ist. Die Seite muss in einem Tab offen sein, oder installiert und gestartet.',
    askFirst: 'Dein Browser fragt gleich, ob diese Seite Benachrichtigungen zeigen darf. Wähle „Zulassen“.', askNow: 'Weiter', denied: 'Dieser Browser hat Benachrichtigungen dieser Seite blockiert. Erlaube sie beim Symbol neben der Adresse unter „Benachrichtigungen“ und lade die Seite neu.', noSystem: 'Dieser Browser kennt keine Benachrichtigungen von Seiten. Auf iPhone oder iPad: Lege Charla zuerst auf den Home-Bildschirm.',
    preview: 'Zeigen, was geschrieben wurde', previewHint: 'Sonst sagt eine Benachrichtigung nur, wer geschrieben hat.',
    devices: 'Geräte', soundHint: 'Die Namen der Geräte erscheinen, sobald das Mikrofon erlaubt ist.', allow: 'Mikrofon erlauben',
    network: 'Netzwerk', networkHint: 'Anrufe verbinden nicht oder klingen schlecht? Sieh, welche Wege zum Server dieses Netz durchlässt.', networkTest: 'Mein Netzwerk testen',
    keysNote: 'Drücke „Ändern“, dann die gewünschten Tasten. Escape lässt alles, wie es ist.', rebind: 'Ändern', rebindName: 'Tasten ändern für: {name}', press: 'Tasten drücken …', resetKeys: 'Wie am Anfang', taken: 'Diese Tasten gehören schon zu „{name}“.', unusable: 'Bitte einen Buchstaben, eine Ziffer oder eine F-Taste mit Strg oder Alt; Buchstaben allein sind zum Schreiben da.',
    key: { search: 'Personen finden', nextChat: 'Nächster Chat', previousChat: 'Voriger Chat', goSettings: 'Einstellungen', send: 'Nachricht senden', newLine: 'Neue Zeile', lastEdit: 'Schließen, was offen ist' },
    signOut: 'Abmelden', signOutHint: 'Entwürfe und gespeicherte Chats werden von diesem Gerät entfernt.', version: 'Charla {version}',
    install: 'Installieren', installHint: 'Als eigene App, mit einem Platz auf dem Startbildschirm oder im Startmenü.', installNow: 'Charla installieren', installed: 'Charla ist auf diesem Gerät installiert.', installHow: 'Wähle im Menü deines Browsers „Installieren“ oder „Zum Startbildschirm hinzufügen“.',
    offline: 'Ohne Netz', offlineReady: 'Dieses Gerät startet Charla auch ohne Netz und zeigt deine letzten Chats. Was du dann schreibst, wird gesendet, sobald das Netz wieder da ist.', offlineNo: 'Dieses Gerät kann Charla nicht ohne Netz starten: {why}',
    offlineWhy: { trust: 'Der Browser vertraut dem Zertifikat dieses Servers nicht.', absent: 'Dieser Browser hat hier keine Service Worker (vielleicht ein privates Fenster).', failed: 'Der Browser hat abgelehnt.', waiting: 'Das wird noch vorbereitet.' }, trust: 'So vertraust du ihm', keep: 'Meine letzten Chats auf diesem Gerät behalten', keepHint: 'Die neuesten Nachrichten jedes Chats, lesbar für alle, die dieses Browserprofil benutzen. Beim Abmelden werden sie entfernt.',
  },
}
export default de
