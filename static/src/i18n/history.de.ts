// German: the history of calls.
import type en from './history.en'

const de: typeof en = {
  history: {
    title: 'Anrufe', empty: 'Noch keine Anrufe', emptyHint: 'Öffne einen Chat und drücke auf das Telefon für den ersten.', more: 'Mehr zeigen', outgoing: 'Ausgehend', incoming: 'Eingehend',
    completed: 'Beendet', missed: 'Verpasst', rejected: 'Abgelehnt', cancelled: 'Abgebrochen', busy: 'Besetzt', failed: 'Fehlgeschlagen', ringing: 'Klingelt', active: 'Läuft',
    noAnswer: 'Nicht abgenommen', good: 'Gut', fair: 'Mäßig', poor: 'Schlecht', unmeasured: 'Nicht gemessen', rtt: '{n} ms Verzögerung', loss: '{n} % verloren', jitter: '{n} ms Schwankung',
    path: 'Weg', duration: 'Dauer', open: 'Chat mit {name} öffnen', reconnects: 'Einmal neu verbunden | {n}-mal neu verbunden', loading: 'Anrufe werden geladen …', 
  },
}
export default de
