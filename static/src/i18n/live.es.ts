// Spanish: what a running call tells beyond its state.
import type en from './live.en'

const es: typeof en = {
  live: {
    through: 'Conectando por el puerto {port} …', slow: 'Sin sonido desde hace {time}: parece que esta red retiene las llamadas. Se siguen probando todos los caminos.',
    offline: 'No se puede conectar con el servidor. Se sigue intentando.', kept: 'La conexión se perdió, la llamada se mantiene: sigue en cuanto el sonido encuentre un camino ({time}).',
    keptOffline: 'No se puede conectar con el servidor, la llamada se mantiene: sigue en cuanto vuelva la red ({time}).', test: 'Probar mi red',
    bars: 'Conexión: {grade}', good: 'buena', fair: 'regular', poor: 'mala', measuring: 'midiendo',
    hear: 'Oyes a {name}', said: '{name} te oye', mos: '{n} de 4,5', mosHint: 'Una estimación de cómo suena la voz, según el retraso y las pérdidas: 4 o más es claro, menos de 3 cuesta seguirlo.',
    rtt: 'Ida y vuelta al servidor', loss: 'Perdido', jitter: 'Fluctuación', path: 'Camino', ms: '{n} ms', percent: '{n} %', unknown: 'aún no se sabe', title: 'Cómo va esta llamada', hearAll: 'Oyes a los demás', saidAll: 'Los demás te oyen', estimated: 'estimado',
  },
}
export default es
