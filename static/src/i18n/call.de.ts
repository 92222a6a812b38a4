// German: calls, from the ringing to the end, and their sound.
import type en from './call.en'

const de: typeof en = {
  call: {
    region: 'Anruf', accept: 'Annehmen', decline: 'Ablehnen', silence: 'Stumm klingeln', silenced: 'Klingelt stumm', asking: 'Warten auf dein Mikrofon …', calling: '{name} wird angerufen …',
    accepting: 'Annehmen …', connecting: 'Verbinden …', active: 'Verbunden', reconnecting: 'Neu verbinden …', mute: 'Stummschalten', unmute: 'Stummschaltung aufheben',
    muted: 'Du bist stumm', theyMuted: '{name} ist stumm', notHeard: 'Von {name} kommt kein Ton.', hangUp: 'Auflegen', cancel: 'Abbrechen', devices: 'Tongeräte', levelMine: 'Dein Pegel',
    timer: 'Gesprächsdauer', dismiss: 'Schließen', again: 'Noch einmal anrufen',
    joining: 'Beitreten …', ringing: 'Es klingelt bei {name} …', ringsOn: 'Klingelt, sobald {name} online ist … | Es klingelt auf {n} Gerät … | Es klingelt auf {n} Geräten …', waiting: 'Warten, bis jemand beitritt …', with: 'Gespräch mit {name}', minimise: 'Zurück zu den Chats', expand: 'Ganzes Gespräch zeigen',
    people: 'Teilnehmer', inIt: 'In diesem Gespräch', you: 'Du', count: '{n} Person hier | {n} Personen hier', voices: 'Es spricht: {names}', deafen: 'Nicht mehr zuhören', undeafen: 'Wieder zuhören',
    person: { ringing: 'es klingelt …', joining: 'kommt dazu …', muted: 'ist stumm', mutedBy: 'ist von {name} stummgeschaltet', mutedByYou: 'ist von dir stummgeschaltet', speaking: 'spricht' }, volume: 'Lautstärke von {name}', muteOther: '{name} stummschalten', remove: '{name} aus dem Gespräch nehmen', removeYes: 'Herausnehmen',
    notIn: 'Nicht in diesem Gespräch', callIn: 'Dazuholen', invite: 'Jemanden dazuholen', endForAll: 'Für alle beenden', endForAllYes: 'Ja, für alle beenden',
    away: { hungUp: 'ist gegangen', declined: 'hat abgelehnt', cancelled: 'ist gegangen', noAnswer: 'hat nicht abgenommen', unreachable: 'ist nicht erreichbar', busy: 'ist in einem anderen Gespräch', doNotDisturb: 'möchte nicht gestört werden', microphoneRefused: 'konnte kein Mikrofon benutzen', connectFailed: 'der Ton ließ sich nicht verbinden', mediaLost: 'hat die Verbindung verloren', vanished: 'hat die Verbindung verloren', removed: 'wurde herausgenommen', serverRestart: 'hat die Verbindung verloren', relayFailed: 'hat die Verbindung verloren' },
    talkingMuted: 'Du bist stumm. Niemand hört, was du sagst.', mutedBy: 'Stummgeschaltet von {name}', mutedByHint: 'Du kannst es aufheben, wann immer du sprechen willst.', silentMicrophone: 'Von deinem Mikrofon kommt kein Ton.', nextMicrophone: 'Ein anderes versuchen', nowUsing: 'Jetzt in Gebrauch: {name}', noOther: 'Es gibt kein anderes Mikrofon. Ist dieses ausgeschaltet oder ausgesteckt?',
    talkingKeyUp: 'Niemand hört dich. Halte {key} oder den Sprechknopf, um gehört zu werden.', noMicrophone: 'Es gibt jetzt kein Mikrofon. Stecke eins ein, und es wird gleich benutzt.', lookAgain: 'Noch einmal suchen', defaultInput: 'das Standardmikrofon', defaultOutput: 'der Standardlautsprecher',
    hold: 'Zum Sprechen halten', reply: 'Mit Nachricht antworten', replyHint: 'Lehnt ab und sendet eine Nachricht.', quick: { later: 'Ich kann gerade nicht sprechen. Ich rufe später an.', busy: 'Ich kann gerade nicht sprechen. Worum geht es?', way: 'Ich bin unterwegs.' }, ownReply: 'Eigene Worte', sendReply: 'Ablehnen und senden',
    incomingGroup: 'Anruf in {name}', alsoIn: 'Mit {names}', inProgress: 'Hier läuft ein Gespräch, mit {n} Person | Hier läuft ein Gespräch, mit {n} Personen', waitingFor: '{name} hat ein Gespräch begonnen', elsewhere: 'Dieses Gespräch läuft auf einem anderen deiner Geräte.', join: 'Beitreten', joinHere: 'Hier weiterführen',
    howWasIt: 'Wie war dieses Gespräch?', wasGood: 'Gut genug', wasBad: 'Schlecht', thanks: 'Danke. Das bleibt in diesem Browser.', done: 'Fertig', fault: { cutOut: 'Stimmen setzten aus', late: 'Stimmen kamen verspätet', quiet: 'Zu leise', noise: 'Rauschen', echo: 'Echo' },
    card: { completed: 'Sprachanruf', missed: 'Verpasster Anruf', noAnswer: 'Nicht abgenommen', rejected: 'Abgelehnt', cancelled: 'Abgebrochen', busy: 'Besetzt', failed: 'Gescheiterter Anruf', live: 'Gespräch läuft' }, callBack: 'Zurückrufen',
  },
  outcome: {
    completed: 'Anruf beendet', completedAfter: 'Anruf beendet nach {time}', declined: '{name} hat abgelehnt.', youDeclined: 'Du hast abgelehnt.',
    busy: '{name} ist in einem anderen Gespräch.', noAnswer: '{name} hat nicht abgenommen.', missed: 'Du hast einen Anruf von {name} verpasst.', cancelled: 'Anruf abgebrochen.',
    connectFailed: 'Der Ton ließ sich nicht verbinden. Bitte rufe noch einmal an.', mediaLost: 'Die Verbindung ging verloren und kam nicht wieder.',
    unreachable: '{name} ist gerade nicht erreichbar.', doNotDisturb: '{name} möchte nicht gestört werden.', theirMicrophone: '{name} konnte kein Mikrofon benutzen.', removed: 'Du wurdest aus dem Anruf entfernt.',
    vanished: '{name} ist nicht mehr erreichbar.', serverRestart: 'Der Server wurde während des Anrufs neu gestartet.', relayFailed: 'Der Server konnte den Anruf nicht fortsetzen. Bitte rufe noch einmal an.',
    answeredElsewhere: 'Auf einem anderen Gerät angenommen.', declinedElsewhere: 'Auf einem anderen Gerät abgelehnt.', refused: 'Der Anruf ließ sich nicht beginnen.', refusedWhy: 'Der Anruf ließ sich nicht beginnen: {why}',
    micDenied: 'Charla darf dein Mikrofon nicht verwenden.', micDeniedHint: 'Erlaube es über das Symbol neben der Adresszeile, unter „Mikrofon“, und rufe dann noch einmal an.',
    micMissing: 'Kein Mikrofon gefunden.', micMissingHint: 'Schließe eines an, oder wähle unter „Tongeräte“ ein anderes.',
    micBusy: 'Das Mikrofon lässt sich nicht öffnen.', micBusyHint: 'Vielleicht verwendet es ein anderes Programm. Schließe das und rufe noch einmal an.',
    micInsecure: 'Diese Seite kann kein Mikrofon verwenden.', micInsecureHint: 'Browser erlauben das nur über https. Öffne Charla unter seiner https-Adresse.',
    movedElsewhere: 'Das Gespräch läuft auf einem anderen deiner Geräte weiter.',
    group: {
      noAnswer: 'Niemand in {name} hat abgenommen.', unreachable: 'Niemand in {name} ist gerade erreichbar.', declined: 'Niemand in {name} hat angenommen.', busy: 'Alle in {name} sind in einem anderen Gespräch.',
      doNotDisturb: 'Niemand in {name} möchte gestört werden.', missed: 'Du hast einen Anruf in {name} verpasst.', vanished: 'In diesem Gespräch ist niemand mehr.', theirMicrophone: 'Jemand in {name} konnte kein Mikrofon benutzen.',
    },
  },
  sound: {
    title: 'Ton ausprobieren', start: 'Mikrofon ausprobieren', stop: 'Aufhören', speak: 'Sag etwas …', heard: 'Dein Mikrofon hört dich.', play: 'Testton abspielen', record: 'Aufnehmen und anhören', recording: 'Aufnahme … drücken zum Beenden', replaying: 'Wiedergabe …',
    recordHint: 'Nimmt bis zu fünf Sekunden auf und spielt sie ab, wie andere dich hören würden. Nichts verlässt dieses Gerät.', cannotRecord: 'Dieser Browser kann nicht aufnehmen.', cannotPlay: 'Dieser Ton ließ sich nicht abspielen. Erlaube dieser Seite, Ton abzuspielen, oder wähle einen anderen Ausgang.', check: 'Ton ausprobieren',
    noise: 'Hintergrundgeräusche', noise_off: 'Lassen', noise_browser: 'Mindern', noise_strong: 'Entfernen', noiseHint_off: 'Alles wird gesendet, wie das Mikrofon es hört. Gut für Musik.', noiseHint_browser: 'Der Browser senkt gleichmäßige Geräusche.', noiseHint_strong: 'RNNoise entfernt Tastaturen, Lüfter und Straßen, auf diesem Gerät. Musik leidet.',
    keys: 'Tasten im Gespräch', pushToTalk: 'Sprechtaste: Das Mikrofon ist nur an, solange eine Taste gehalten wird', pushKey: 'Sprechtaste', changeKey: 'Ändern', pressKey: 'Taste drücken …', unusable: 'Diese Taste wird gebraucht, um sich auf der Seite zu bewegen. Wähle eine andere.', taken: 'Diese Taste tut im Gespräch schon etwas anderes. Wähle eine andere.', muteKey: 'Taste zum Stummschalten', shortcuts: 'Im Gespräch schaltet {key} stumm, D das Zuhören ab',
    signals: 'Signale', ring: 'Wie laut es klingelt', tones: 'Töne, wenn ein Anruf verbunden wird, endet oder scheitert',
  },
}
export default de
