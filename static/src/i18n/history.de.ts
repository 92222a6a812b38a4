// German: the history of calls.
import type en from './history.en'

const de: typeof en = {
  history: {
    title: 'Anrufe', empty: 'Noch keine Anrufe', emptyHint: 'Öffne einen Chat und drücke auf das Telefon für den ersten.', more: 'Mehr zeigen', outgoing: 'Ausgehend', incoming: 'Eingehend',
    completed: 'Beendet', missed: 'Verpasst', rejected: 'Abgelehnt', cancelled: 'Abgebrochen', busy: 'Besetzt', failed: 'Fehlgeschlagen', ringing: 'Klingelt', active: 'Läuft',
    noAnswer: 'Nicht abgenommen', good: 'Gut', fair: 'Mäßig', poor: 'Schlecht', unmeasured: 'Nicht gemessen', rtt: '{n} ms Verzögerung', loss: '{n} % verloren', jitter: '{n} ms Schwankung',
    path: 'Weg', duration: 'Dauer', open: 'Chat mit {name} öffnen', reconnects: 'Einmal neu verbunden | {n}-mal neu verbunden', loading: 'Anrufe werden geladen …', 
  },
  why: {
    open: 'Was gemessen wurde', title: 'Was in diesem Gespräch gemessen wurde', nothing: 'Nichts Auffälliges: Was auch zu hören war, kam nicht vom Netz.', estimate: 'Geschätzt, höchstens 4,5: Du hast {name} mit {hear} gehört, {name} dich mit {said}.',
    worst: 'schlechteste {n}', unknown: '?', test: 'Mein Netzwerk testen', loading: 'Wird geladen …',
    mine: {
      noSound: 'Bei dir fand der Ton keinen Weg zum Server.', slowStart: 'Bei dir dauerte es {seconds} s, bis Ton da war.', reconnects: 'Deine Verbindung ging einmal verloren und kam wieder. | Deine Verbindung ging {n}-mal verloren und kam wieder.',
      lossUp: 'Von dem, was du gesagt hast, gingen bis zu {loss} % auf dem Weg zum Server verloren.', lossDown: 'Von dem, was zu dir kam, gingen bis zu {loss} % auf dem Weg vom Server verloren.',
      madeUp: 'Bis zu {share} % von dem, was du gehört hast, hat dein Browser ergänzt, weil es zu spät oder gar nicht kam.', delay: 'Deine Verbindung war langsam: bis zu {ms} ms zum Server und zurück.',
      jitter: 'Bei dir kam der Ton ungleichmäßig, um bis zu {ms} ms.', path: 'Dein Ton nahm {path}, weil UDP gesperrt war oder versagte. Dieser Weg stockt, wenn das Netz ausgelastet ist.',
    },
    theirs: {
      noSound: 'Bei {name} fand der Ton keinen Weg zum Server.', slowStart: 'Bei {name} dauerte es {seconds} s, bis Ton da war.', reconnects: 'Die Verbindung von {name} ging einmal verloren und kam wieder. | Die Verbindung von {name} ging {n}-mal verloren und kam wieder.',
      lossUp: 'Von dem, was {name} gesagt hat, gingen bis zu {loss} % auf dem Weg zum Server verloren.', lossDown: 'Von dem, was zu {name} kam, gingen bis zu {loss} % auf dem Weg vom Server verloren.',
      madeUp: 'Bis zu {share} % von dem, was {name} gehört hat, hat der Browser ergänzt, weil es zu spät oder gar nicht kam.', delay: 'Die Verbindung von {name} war langsam: bis zu {ms} ms zum Server und zurück.',
      jitter: 'Bei {name} kam der Ton ungleichmäßig, um bis zu {ms} ms.', path: 'Der Ton von {name} nahm {path}, weil UDP gesperrt war oder versagte. Dieser Weg stockt, wenn das Netz ausgelastet ist.',
    },
  },
}
export default de
