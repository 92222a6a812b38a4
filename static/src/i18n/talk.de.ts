// German: what is said in an open conversation. Loaded with it.
import type en from './talk.en'

export default {
  chat: {
    call: '{name} anrufen', messages: 'Nachrichten mit {name}', write: 'An {name} schreiben', send: 'Senden', older: 'Ältere Nachrichten laden', loadingOlder: 'Ältere Nachrichten werden geladen …',
    begin: 'Hier beginnt dein Chat mit {name}.', beginHint: 'Sag hallo.', toNewest: 'Zur neuesten Nachricht', newBelow: '{n} neue Nachricht | {n} neue Nachrichten',
    queued: 'Wird gesendet, sobald es geht', sent: 'Gesendet', delivered: 'Zugestellt', read: 'Gelesen', failed: 'Nicht gesendet', failedWhy: 'Nicht gesendet: {why}', retry: 'Noch einmal',
    discard: 'Löschen', bytes: 'Noch {left} Bytes', tooLong: '{over} Bytes zu lang', hint: 'Eingabe sendet, Umschalt + Eingabe macht eine neue Zeile', unreadFrom: 'Neu', edited: 'bearbeitet',
    react: 'Reagieren', reacted: 'von {names}', reply: 'Antworten', replyTo: 'Antwort an {name}:', edit: 'Bearbeiten', editing: 'Bearbeiten:', save: 'Speichern', cancel: 'Abbrechen',
    removeSure: 'Für alle löschen?', readBy: 'Gelesen von', readByThese: 'Gelesen von {names}', readByNobody: 'Noch hat es niemand gelesen',
  },
  talk: {
    attach: 'Dateien anhängen', files: 'Dateien zum Senden', chosen: '{n} Datei gewählt | {n} Dateien gewählt', takeOut: '{name} herausnehmen', drop: 'Dateien hier ablegen, um sie {name} zu senden',
    limits: 'Bis zu {n} Dateien mit je {size}', limitCount: 'Bis zu {n} Dateien', pastedName: 'Eingefügter Text',
    refused: {
      tooLarge: '„{name}“ ist zu groß: höchstens {size}.', empty: '„{name}“ ist leer.', type: 'Dateien wie „{name}“ nimmt dieser Server nicht an.',
      tooMany: '„{name}“ blieb draußen: höchstens {n} Dateien in einer Nachricht.',
    },
    onTheWay: '{name} wird gesendet', openImage: 'Bild {name} öffnen', save: 'Speichern', before: 'Vorheriges', next: 'Nächstes',
    record: 'Sprachnachricht', recording: 'Aufnahme läuft', stop: 'Anhalten und anhören', letGo: 'Aufnahme verwerfen', sendVoice: 'Sprachnachricht senden',
    voice: 'Sprachnachricht, {time}', play: 'Abspielen', pause: 'Pause', place: 'Stelle', speed: 'Tempo: {speed}-fach', unplayable: 'Dieser Browser kann die Aufnahme nicht abspielen.',
    emoji: 'Emoji wählen', findEmoji: 'Emoji finden', emojiGroups: 'Gruppen von Emoji', recent: 'Zuletzt benutzt', found: 'Gefunden', noEmoji: 'Kein Emoji heißt so.', count: '{n} Emoji | {n} Emoji',
    emojiGroup: { g0: 'Gesichter und Gefühle', g1: 'Menschen', g2: 'Tiere und Natur', g3: 'Essen und Trinken', g4: 'Reisen und Orte', g5: 'Aktivitäten', g6: 'Gegenstände', g7: 'Symbole', g8: 'Flaggen' },
    tone: 'Hautton', tones: { t0: 'Ohne Hautton', t1: 'Hell', t2: 'Mittelhell', t3: 'Mittel', t4: 'Mitteldunkel', t5: 'Dunkel' },
    menu: 'Mehr zu {name}', searchHere: 'In diesem Chat suchen', muteFor: '{n} Stunde stumm | {n} Stunden stumm', mute: 'Bis auf Weiteres stumm', unmute: 'Nicht mehr stumm', mutedUntil: 'Stumm bis {time}',
    block: '{name} blockieren', unblock: '{name} nicht mehr blockieren', blockSure: '{name} blockieren?', blockText: '{name} kann dir nicht mehr schreiben und dich nicht mehr anrufen und erfährt nicht, dass du blockiert hast. Was geschrieben wurde, bleibt.', blockYes: 'Blockieren',
    blocked: 'Du hast {name} blockiert. Keiner von euch kann schreiben oder anrufen.', members: 'Mitglieder und Einstellungen', cancel: 'Abbrechen',
    lastSeen: 'zuletzt da {when}', history: 'Ältere Nachrichten', backToNewest: 'Zurück zum Neuesten',
    newer: 'Neuere Nachrichten laden', loadingNewer: 'Neuere Nachrichten werden geladen …',
  },
} satisfies typeof en
