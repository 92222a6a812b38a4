// German: the history of calls.
import type en from './history.en'

const de: typeof en = {
  history: {
    title: 'Anrufe', empty: 'Noch keine Anrufe', emptyHint: 'Öffne einen Chat und drücke auf das Telefon für den ersten.', more: 'Mehr zeigen', outgoing: 'Ausgehend', incoming: 'Eingehend',
    completed: 'Beendet', missed: 'Verpasst', rejected: 'Abgelehnt', cancelled: 'Abgebrochen', busy: 'Besetzt', failed: 'Fehlgeschlagen', ringing: 'Klingelt', active: 'Läuft',
    noAnswer: 'Nicht abgenommen', good: 'Gut', fair: 'Mäßig', poor: 'Schlecht', unmeasured: 'Nicht gemessen', rtt: '{n} ms Verzögerung', loss: '{n} % verloren', jitter: '{n} ms Schwankung',
    path: 'Weg', duration: 'Dauer', open: 'Chat mit {name} öffnen', reconnects: 'Einmal neu verbunden | {n}-mal neu verbunden', sound: 'Ton ausprobieren', loading: 'Anrufe werden geladen …', 
  },
  why: {
    open: 'Was gemessen wurde', title: 'Was in diesem Gespräch gemessen wurde', nothing: 'Nichts Auffälliges: Was auch zu hören war, kam nicht vom Netz.', estimate: 'Geschätzt, höchstens 4,5: Du hast {name} mit {hear} gehört, {name} dich mit {said}.',
    worst: 'schlechteste {n}', unknown: '?', test: 'Mein Netzwerk testen', loading: 'Wird geladen …',
    mine: {
      neverConnected: 'Bei dir fand der Ton keinen Weg zum Server.',
      silence: '{n} s lang kam nichts von deinem Gerät.',
      rejoined: 'Dein Gerät musste einmal neu beginnen. | Dein Gerät musste {n}-mal neu beginnen.',
      reconnects: 'Deine Verbindung ging einmal verloren und kam wieder. | Deine Verbindung ging {n}-mal verloren und kam wieder.',
      silentMicrophone: 'Dein Mikrofon gab {n} s lang gar keinen Ton, obwohl es nicht stumm war.',
      uplinkLoss: 'Von dem, was du gesagt hast, gingen bis zu {n} % auf dem Weg zum Server verloren.',
      downlinkLoss: 'Von dem, was zu dir kam, gingen bis zu {n} % auf dem Weg vom Server verloren.',
      concealment: 'Bis zu {n} % von dem, was du gehört hast, hat dein Browser ergänzt, weil es zu spät oder gar nicht kam.',
      highRoundTrip: 'Deine Verbindung war langsam: bis zu {n} ms zum Server und zurück.',
      jitter: 'Bei dir kam der Ton ungleichmäßig, um bis zu {n} ms.',
      playoutGaps: 'Dein Lautsprecher hatte bis zu {n} % der Zeit nichts abzuspielen: Dieses Gerät war ausgelastet.',
      notUdp: 'Dein Ton nahm {path}, weil UDP gesperrt war oder versagte. Dieser Weg stockt, wenn das Netz ausgelastet ist.',
    },
    theirs: {
      neverConnected: 'Bei {name} fand der Ton keinen Weg zum Server.',
      silence: '{n} s lang kam nichts vom Gerät von {name}.',
      rejoined: 'Das Gerät von {name} musste einmal neu beginnen. | Das Gerät von {name} musste {n}-mal neu beginnen.',
      reconnects: 'Die Verbindung von {name} ging einmal verloren und kam wieder. | Die Verbindung von {name} ging {n}-mal verloren und kam wieder.',
      silentMicrophone: 'Das Mikrofon von {name} gab {n} s lang gar keinen Ton, obwohl es nicht stumm war.',
      uplinkLoss: 'Von dem, was {name} gesagt hat, gingen bis zu {n} % auf dem Weg zum Server verloren.',
      downlinkLoss: 'Von dem, was zu {name} kam, gingen bis zu {n} % auf dem Weg vom Server verloren.',
      concealment: 'Bis zu {n} % von dem, was {name} gehört hat, hat der Browser ergänzt, weil es zu spät oder gar nicht kam.',
      highRoundTrip: 'Die Verbindung von {name} war langsam: bis zu {n} ms zum Server und zurück.',
      jitter: 'Bei {name} kam der Ton ungleichmäßig, um bis zu {n} ms.',
      playoutGaps: 'Der Lautsprecher von {name} hatte bis zu {n} % der Zeit nichts abzuspielen: Jenes Gerät war ausgelastet.',
      notUdp: 'Der Ton von {name} nahm {path}, weil UDP gesperrt war oder versagte. Dieser Weg stockt, wenn das Netz ausgelastet ist.',
    },
  },
}
export default de
