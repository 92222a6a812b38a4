// English: what a running call tells beyond its state. Loaded after the first view.
export default {
  live: {
    through: 'Connecting through port {port} …', slow: 'No sound for {time}: this network seems to hold calls back. It goes on trying every way.',
    offline: 'The server cannot be reached. It goes on trying.', kept: 'The connection was lost, the call is kept: it goes on as soon as sound finds a way ({time}).',
    keptOffline: 'The server cannot be reached, the call is kept: it goes on as soon as the network is back ({time}).', test: 'Test my network',
    bars: 'Connection: {grade}', good: 'good', fair: 'fair', poor: 'poor', measuring: 'being measured',
    hear: 'You hear {name}', said: '{name} hears you', mos: '{n} of 4.5', mosHint: 'An estimate of how speech sounds, from delay and loss: 4 and above is clear, below 3 is hard work.',
    rtt: 'To the server and back', loss: 'Lost', jitter: 'Jitter', path: 'Way', ms: '{n} ms', percent: '{n} %', unknown: 'not known yet', title: 'How this call is', hearAll: 'You hear the others', saidAll: 'The others hear you', estimated: 'estimated',
  },
}
