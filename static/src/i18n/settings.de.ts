// German: the settings.
import type en from './settings.en'

const de: typeof en = {
  settings: {
    title: 'Einstellungen', owner: 'Besitzer dieses Servers', appearance: 'Aussehen', theme: 'Farben', system: 'Wie im System', light: 'Hell', dark: 'Dunkel', language: 'Sprache',
    sound: 'Ton', soundHint: 'Die Namen der Geräte erscheinen, sobald das Mikrofon erlaubt ist.', allow: 'Mikrofon erlauben',
    notifications: 'Benachrichtigungen', notifyOn: 'An', notifyOff: 'Benachrichtigungen erlauben', notifyDenied: 'Vom Browser blockiert', notifyHint: 'Meldet Anrufe und Nachrichten, während diese Seite im Hintergrund ist.',
    password: 'Passwort', oldPassword: 'Bisheriges Passwort', newPassword: 'Neues Passwort', change: 'Passwort ändern', wrongOld: 'Das bisherige Passwort stimmt nicht.', changed: 'Passwort geändert. Alle anderen Sitzungen sind beendet.',
    sessions: 'Sitzungen', sessionsHint: 'Wo du angemeldet bist. Beende, was du nicht kennst.', current: 'Diese hier', lastSeen: 'Zuletzt verwendet {when}', end: 'Beenden', endSession: 'Sitzung beenden: {name}', unknownAgent: 'Unbekanntes Programm',
    network: 'Netzwerk', networkHint: 'Anrufe verbinden nicht oder klingen schlecht? Sieh, welche Wege zum Server dieses Netz durchlässt.', networkTest: 'Mein Netzwerk testen',
    signOut: 'Abmelden', version: 'Charla {version}', endedOne: 'Sitzung beendet.',
  },
}
export default de
