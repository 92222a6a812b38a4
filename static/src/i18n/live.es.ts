// Spanish: what a running call tells beyond its state.
import type en from './live.en'

const es: typeof en = {
  live: {
    through: 'Conectando por el puerto {port} …', slow: 'Aún no hay sonido ({time}). Se prueban todos los caminos; una prueba de tu red puede decir qué lo impide.',
    noSdpAnswer: 'Aún no hay sonido ({time}): el servidor no responde a esta llamada. Se le vuelve a preguntar; si no sirve, cuelga y llama otra vez.',
    noUdp: 'Aún no hay sonido ({time}): esta red apenas deja pasar más que tráfico web. El sonido se intenta también así; otra red, wifi o datos móviles, sería mejor.',
    nothingAnswers: 'Aún no hay sonido ({time}): nada de lo que se envía al puerto {port} para esta llamada recibe respuesta. Puede retenerlo un cortafuegos o una VPN: apaga la VPN o usa otra red.',
    noDtls: 'Aún no hay sonido ({time}): se llega al servidor, pero algo en esta red detiene el sonido cifrado. Apaga la VPN o usa otra red.',
    theirs: 'Aún no hay sonido de {name}.', theirsSlow: 'Sigue sin haber sonido de {name} ({time}). Parece que es la red de {name}, que retiene las llamadas; allí puede servir otra red.',
    offline: 'No se puede conectar con el servidor. Se sigue intentando.', kept: 'La conexión se perdió, la llamada se mantiene: sigue en cuanto el sonido encuentre un camino ({time}).',
    keptOffline: 'No se puede conectar con el servidor, la llamada se mantiene: sigue en cuanto vuelva la red ({time}).', test: 'Probar mi red',
    bars: 'Conexión: {grade}', good: 'buena', fair: 'regular', poor: 'mala', measuring: 'midiendo',
    hear: 'Oyes a {name}', said: '{name} te oye', mos: '{n} de 4,5', mosHint: 'Una estimación de cómo suena la voz, según el retraso y las pérdidas: 4 o más es claro, menos de 3 cuesta seguirlo.',
    rtt: 'Ida y vuelta al servidor', loss: 'Perdido', jitter: 'Fluctuación', path: 'Camino', ms: '{n} ms', percent: '{n} %', unknown: 'aún no se sabe', title: 'Cómo va esta llamada', hearAll: 'Oyes a los demás', saidAll: 'Los demás te oyen', estimated: 'estimado',
  },
}
export default es
