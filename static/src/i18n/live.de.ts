// German: what a running call tells beyond its state.
import type en from './live.en'

const de: typeof en = {
  live: {
    through: 'Verbinden über Port {port} …', slow: 'Seit {time} kein Ton: Dieses Netz scheint Anrufe aufzuhalten. Es wird weiter jeder Weg versucht.',
    offline: 'Der Server ist nicht erreichbar. Es wird weiter versucht.', kept: 'Die Verbindung ging verloren, das Gespräch bleibt bestehen: Es geht weiter, sobald der Ton einen Weg findet ({time}).',
    keptOffline: 'Der Server ist nicht erreichbar, das Gespräch bleibt bestehen: Es geht weiter, sobald das Netz wieder da ist ({time}).', test: 'Mein Netzwerk testen',
    bars: 'Verbindung: {grade}', good: 'gut', fair: 'mittel', poor: 'schlecht', measuring: 'wird gemessen',
    hear: 'Du hörst {name}', said: '{name} hört dich', mos: '{n} von 4,5', mosHint: 'Eine Schätzung, wie Sprache klingt, aus Verzögerung und Verlust: Ab 4 ist sie klar, unter 3 ist sie mühsam.',
    rtt: 'Zum Server und zurück', loss: 'Verloren', jitter: 'Schwankung', path: 'Weg', ms: '{n} ms', percent: '{n} %', unknown: 'noch nicht bekannt', title: 'Wie dieses Gespräch ist', hearAll: 'Du hörst die anderen', saidAll: 'Die anderen hören dich', estimated: 'geschätzt',
  },
}
export default de
