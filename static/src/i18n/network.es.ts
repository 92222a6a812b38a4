// Spanish: the network test.
import type en from './network.en'

const es: typeof en = {
  network: {
    title: 'Prueba de red', intro: 'Prueba por separado cada camino de este dispositivo al servidor, con un sonido que nadie oye, y dice qué significa para tus llamadas. Tarda unos diez segundos y no necesita micrófono.',
    start: 'Probar mi red', again: 'Probar otra vez', running: 'Probando …', progress: 'Avance', ways: 'Los caminos al servidor', refused: 'No se pudo empezar la prueba: {why}',
    inCall: 'Estás en una llamada. La prueba corre a la vez y puede oírse como una breve molestia.',
    rtt: '{n} ms de ida y vuelta', loss: '{n} % perdido', jitter: '{n} ms de fluctuación', setup: 'conectado en {n} ms',
    way: { udp: 'UDP', 'ice-tcp': 'TCP', 'turn-tcp': 'TURN sobre TCP', 'turn-tls': 'TURN sobre TLS' },
    about: {
      udp: 'El camino directo, el mejor para el sonido: no se espera a lo que se pierde.', 'ice-tcp': 'Donde UDP está cerrado. Un paquete perdido retiene a los que le siguen.',
      'turn-tcp': 'Otra puerta, para redes que miran lo que pasa.', 'turn-tls': 'Parece una página web que se lee: la última puerta que casi todas las redes dejan abierta.',
    },
    step: { waiting: 'En espera', connecting: 'Conectando …', measuring: 'Midiendo …' },
    state: { waiting: 'En espera', connecting: 'Conectando', measuring: 'Midiendo', works: 'Funciona', blocked: 'Bloqueado', silent: 'Sin sonido', absent: 'No se ofrece', untested: 'Sin probar' },
    why: {
      blocked: 'sin conexión en diez segundos', silent: 'conectó, pero no pasó ningún sonido', absent: 'este servidor no lo ofrece', untested: 'no se pudo probar ahora',
    },
    headline: {
      good: 'Aquí las llamadas van bien', weak: 'Las llamadas funcionan, pero la línea es débil', detour: 'Las llamadas funcionan, dando un rodeo', detourWeak: 'Las llamadas funcionan dando un rodeo, y la línea es débil',
      none: 'En esta red las llamadas no funcionan', unknown: 'No se pudo probar nada',
    },
    meaning: {
      good: 'El sonido va por el camino directo y no se pierde nada digno de mención.',
      loss: 'Un {n} % del sonido se pierde por el camino. Alguna palabra puede sonar áspera.', lossBad: 'Un {n} % del sonido se pierde por el camino. Faltarán palabras.',
      delay: 'El sonido tarda {n} ms en ir y volver. De vez en cuando hablaréis a la vez.', jitter: 'El sonido llega a tirones, de hasta {n} ms. Puede entrecortarse.',
      overTcp: 'Aquí UDP está cerrado, así que el sonido va por TCP. Va bien mientras la red sea buena; cuando está cargada, el sonido puede pararse un momento y luego ponerse al día.',
      overTurn: 'Esta red solo deja pasar lo que parece tráfico web, y el sonido va por ahí. Cuando la red está cargada, puede pararse un momento y luego ponerse al día.',
      spare: 'Si este camino se corta en plena llamada, otro lo sustituye.', noSpare: 'Es el único camino que funciona: si se corta en plena llamada, la llamada se pierde.',
      noTls: 'La última puerta, TURN sobre TLS, no se abrió; aquí las llamadas no la necesitan. O algo inspecciona TLS, o este dispositivo no confía en el certificado del servidor: {host}:{port}/trust.',
      none: 'Los mensajes llegan, igual que esta página, pero el sonido no encuentra camino al servidor. Otra red servirá, por ejemplo la de un teléfono.',
      unknown: 'El servidor o este navegador no colaboraron. Inténtalo dentro de un momento.',
    },
    ask: {
      title: 'Qué pedir a quien administra la red',
      udp: 'Permitir UDP a {host}, puerto {port}, y sus respuestas.', tcp: 'Permitir TCP a {host}, puerto {port}, directamente, sin proxy HTTP ni inspección de por medio.',
      inspection: 'Eximir a {host}, puerto {port}, de la inspección de TLS.', certificate: 'Eximir a {host}, puerto {port}, de la inspección de TLS; o, si nada inspecciona, hacer que este dispositivo confíe en el certificado del servidor ({host}:{port}/trust).',
      line: 'Cuidar la línea misma: dar prioridad a la voz sobre las descargas, acercarse al Wi-Fi o usar un cable.',
    },
    copy: 'Copiar como texto', copied: 'Copiado', mail: 'Escribir un correo', nothingToAsk: 'No hay nada que pedir: la red deja pasar las llamadas.',
    letter: {
      subject: 'Llamadas de voz con {host}', greeting: 'Hola, hago llamadas de voz con {host} y he probado qué deja pasar esta red.', please: 'Por favor:',
      found: 'Comprobado el {when}, hacia {host}, puerto {port}:', browser: 'Navegador: {browser}',
    },
  },
}
export default es
