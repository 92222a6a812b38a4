// German: what the page tells unasked, and the pages that links lead to.
import type en from './app.en'

const de: typeof en = {
  extra: {
    update: 'Eine neue Version von Charla ist da.', reload: 'Laden', later: 'Später', arrived: 'Neue Nachrichten', open: 'Den Chat mit {name} öffnen', wrote: '{name}', something: 'Neue Nachricht', attachment: 'Hat eine Datei geschickt',
    call: '{name} ruft an', callHint: 'Klicke, um in Charla zu antworten.', missed: 'Verpasster Anruf von {name}', missedHint: 'Klicke, um den Chat zu öffnen.', inviteInside: 'Du hast eine Einladung geöffnet, bist aber schon angemeldet. Sie ist für jemanden, der noch kein Konto hat.',
  },
  reset: {
    title: 'Setze dein Passwort', text: 'Jemand, der diesen Server betreibt, hat dir diesen Link gegeben. Wähle ein Passwort und melde dich damit an.', set: 'Passwort setzen', done: 'Dein Passwort ist gesetzt. Melde dich jetzt damit an; alle Geräte sind abgemeldet.', toSignIn: 'Zur Anmeldung',
    missing: 'Öffne den ganzen Link', missingHint: 'Diese Seite braucht den Link so, wie du ihn bekommen hast, mit allem nach dem #. Ein Link gilt einmal, und nur in dem Tab, in dem er geöffnet wurde.', used: 'Dieser Link wurde schon verwendet, ist zu alt oder durch einen neueren ersetzt. Bitte um einen anderen, wo du ihn bekommen hast.',
  },
}
export default de
