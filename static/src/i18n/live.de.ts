// German: what a running call tells beyond its state.
import type en from './live.en'

const de: typeof en = {
  live: {
    through: 'Verbinden über Port {port} …', slow: 'Noch kein Ton ({time}). Jeder Weg wird versucht; ein Test deines Netzwerks kann zeigen, was im Weg ist.',
    noSdpAnswer: 'Noch kein Ton ({time}): Der Server antwortet diesem Anruf nicht. Er wird erneut gefragt; hilft das nicht, leg auf und ruf noch einmal an.',
    noUdp: 'Noch kein Ton ({time}): Dieses Netz lässt kaum mehr als Webverkehr durch. Auch so wird der Ton versucht; ein anderes Netz, WLAN oder Mobilfunk, wäre besser.',
    nothingAnswers: 'Noch kein Ton ({time}): Nichts, was für diesen Anruf an Port {port} geht, wird beantwortet. Eine Firewall oder ein VPN kann es aufhalten: Schalte das VPN aus oder nimm ein anderes Netz.',
    noDtls: 'Noch kein Ton ({time}): Der Server ist erreicht, aber etwas in diesem Netz hält den verschlüsselten Ton auf. Schalte ein VPN aus oder nimm ein anderes Netz.',
    theirs: 'Von {name} ist noch kein Ton da.', theirsSlow: 'Von {name} ist noch immer kein Ton da ({time}). Es liegt wohl am Netz von {name}, das Anrufe aufhält; ein anderes Netz kann dort helfen.',
    offline: 'Der Server ist nicht erreichbar. Es wird weiter versucht.', kept: 'Die Verbindung ging verloren, das Gespräch bleibt bestehen: Es geht weiter, sobald der Ton einen Weg findet ({time}).',
    keptOffline: 'Der Server ist nicht erreichbar, das Gespräch bleibt bestehen: Es geht weiter, sobald das Netz wieder da ist ({time}).', test: 'Mein Netzwerk testen',
    bars: 'Verbindung: {grade}', good: 'gut', fair: 'mittel', poor: 'schlecht', measuring: 'wird gemessen',
    hear: 'Du hörst {name}', said: '{name} hört dich', mos: '{n} von 4,5', mosHint: 'Eine Schätzung, wie Sprache klingt, aus Verzögerung und Verlust: Ab 4 ist sie klar, unter 3 ist sie mühsam.',
    rtt: 'Zum Server und zurück', loss: 'Verloren', jitter: 'Schwankung', path: 'Weg', ms: '{n} ms', percent: '{n} %', unknown: 'noch nicht bekannt', title: 'Wie dieses Gespräch ist', hearAll: 'Du hörst die anderen', saidAll: 'Die anderen hören dich', estimated: 'geschätzt',
  },
}
export default de
