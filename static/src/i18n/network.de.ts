// German: the network test.
import type en from './network.en'

const de: typeof en = {
  network: {
    title: 'Netzwerktest', intro: 'Versucht jeden Weg von diesem Gerät zum Server einzeln, mit einem Ton, den niemand hört, und sagt, was das für deine Anrufe bedeutet. Das dauert etwa zehn Sekunden und braucht kein Mikrofon.',
    start: 'Mein Netzwerk testen', again: 'Noch einmal testen', running: 'Test läuft …', progress: 'Fortschritt', ways: 'Die Wege zum Server', refused: 'Der Test ließ sich nicht beginnen: {why}',
    inCall: 'Du bist im Gespräch. Der Test läuft daneben und kann kurz zu hören sein.',
    rtt: '{n} ms hin und zurück', loss: '{n} % verloren', jitter: '{n} ms Schwankung', setup: 'verbunden in {n} ms',
    way: { udp: 'UDP', 'ice-tcp': 'TCP', 'turn-tcp': 'TURN über TCP', 'turn-tls': 'TURN über TLS' },
    about: {
      udp: 'Der direkte Weg, der beste für Ton: Auf Verlorenes wird nicht gewartet.', 'ice-tcp': 'Wo UDP gesperrt ist. Ein verlorenes Paket hält die folgenden auf.',
      'turn-tcp': 'Eine weitere Tür für Netze, die in den Verkehr hineinsehen.', 'turn-tls': 'Sieht aus wie das Lesen einer Webseite: die letzte Tür, die fast jedes Netz offen lässt.',
    },
    step: { waiting: 'Wartet', connecting: 'Verbindet …', measuring: 'Misst …' },
    state: { waiting: 'Wartet', connecting: 'Verbindet', measuring: 'Misst', works: 'Geht', blocked: 'Gesperrt', silent: 'Kein Ton', absent: 'Nicht angeboten', untested: 'Nicht getestet' },
    why: {
      blocked: 'keine Verbindung in zehn Sekunden', silent: 'verbunden, aber kein Ton kam durch', absent: 'dieser Server bietet das nicht an', untested: 'ließ sich gerade nicht versuchen',
    },
    headline: {
      good: 'Anrufe gehen hier gut', weak: 'Anrufe gehen, aber die Leitung ist schwach', detour: 'Anrufe gehen, auf einem Umweg', detourWeak: 'Anrufe gehen auf einem Umweg, und die Leitung ist schwach',
      none: 'Anrufe gehen in diesem Netz nicht', unknown: 'Nichts ließ sich testen',
    },
    meaning: {
      good: 'Der Ton nimmt den direkten Weg, und nichts Nennenswertes geht verloren.',
      loss: '{n} % des Tons gehen unterwegs verloren. Einzelne Wörter klingen vielleicht rau.', lossBad: '{n} % des Tons gehen unterwegs verloren. Wörter werden ausfallen.',
      delay: 'Der Ton braucht {n} ms hin und zurück. Ihr werdet euch ab und zu ins Wort fallen.', jitter: 'Der Ton kommt ungleichmäßig an, um bis zu {n} ms. Er kann stottern.',
      overTcp: 'UDP ist hier gesperrt, darum nimmt der Ton TCP. Das ist gut, solange das Netz gut ist; ist es ausgelastet, bleibt der Ton vielleicht kurz stehen und holt dann auf.',
      overTurn: 'Dieses Netz lässt nur durch, was wie Webverkehr aussieht, und der Ton nimmt diesen Weg. Ist das Netz ausgelastet, bleibt er vielleicht kurz stehen und holt dann auf.',
      spare: 'Wird dieser Weg mitten im Gespräch abgeschnitten, springt ein anderer ein.', noSpare: 'Es ist der einzige Weg, der geht: Wird er mitten im Gespräch abgeschnitten, ist das Gespräch weg.',
      noTls: 'Die letzte Tür, TURN über TLS, ging nicht auf; Anrufe kommen hier ohne sie aus. Entweder inspiziert etwas TLS, oder dieses Gerät vertraut dem Zertifikat des Servers nicht: {host}:{port}/trust.',
      none: 'Nachrichten kommen an, so wie diese Seite, aber der Ton findet keinen Weg zum Server. In einem anderen Netz geht es, etwa über den Hotspot eines Telefons.',
      unknown: 'Der Server oder dieser Browser hat nicht mitgespielt. Versuche es gleich noch einmal.',
    },
    ask: {
      title: 'Worum du die Netzverwaltung bitten kannst',
      udp: 'UDP zu {host}, Port {port}, und die Antworten darauf erlauben.', tcp: 'TCP zu {host}, Port {port}, direkt erlauben, ohne HTTP-Proxy oder Inspektion dazwischen.',
      inspection: '{host}, Port {port}, von der TLS-Inspektion ausnehmen.', certificate: '{host}, Port {port}, von der TLS-Inspektion ausnehmen; oder, wenn nichts inspiziert, dieses Gerät dem Zertifikat des Servers vertrauen lassen ({host}:{port}/trust).',
      line: 'Sich um die Leitung selbst kümmern: Sprache vor Downloads Vorrang geben, näher an das WLAN rücken oder ein Kabel nehmen.',
    },
    copy: 'Als Text kopieren', copied: 'Kopiert', mail: 'E-Mail schreiben', nothingToAsk: 'Es gibt nichts zu bitten: Das Netz lässt Anrufe durch.',
    letter: {
      subject: 'Sprachanrufe mit {host}', greeting: 'Hallo, ich telefoniere über {host} und habe getestet, was dieses Netz durchlässt.', please: 'Bitte:',
      found: 'Gefunden am {when}, zu {host} Port {port}:', browser: 'Browser: {browser}',
    },
  },
}
export default de
