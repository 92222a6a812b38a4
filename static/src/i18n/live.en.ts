// English: what a running call tells beyond its state. Loaded after the first view.
export default {
  live: {
    through: 'Connecting through port {port} …', slow: 'No sound yet ({time}). Every way is being tried; a test of your network may tell what is in the way.',
    noSdpAnswer: 'No sound yet ({time}): the server does not answer this call. It is asked again; if that does not help, hang up and call once more.',
    noUdp: 'No sound yet ({time}): this network lets little more than web traffic through. Sound is tried that way, too; another network, Wi-Fi or mobile data, would be better.',
    nothingAnswers: 'No sound yet ({time}): nothing that is sent to port {port} for this call is answered. A firewall or a VPN may hold it back: switch the VPN off, or take another network.',
    noDtls: 'No sound yet ({time}): the server is reached, but something in this network stops the encrypted sound. Switch a VPN off, or take another network.',
    theirs: 'There is no sound from {name} yet.', theirsSlow: 'Still no sound from {name} ({time}). {name}’s network seems to hold calls back; another network may help there.',
    offline: 'The server cannot be reached. It goes on trying.', kept: 'The connection was lost, the call is kept: it goes on as soon as sound finds a way ({time}).',
    keptOffline: 'The server cannot be reached, the call is kept: it goes on as soon as the network is back ({time}).', test: 'Test my network',
    bars: 'Connection: {grade}', good: 'good', fair: 'fair', poor: 'poor', measuring: 'being measured',
    hear: 'You hear {name}', said: '{name} hears you', mos: '{n} of 4.5', mosHint: 'An estimate of how speech sounds, from delay and loss: 4 and above is clear, below 3 is hard work.',
    rtt: 'To the server and back', loss: 'Lost', jitter: 'Jitter', path: 'Way', ms: '{n} ms', percent: '{n} %', unknown: 'not known yet', title: 'How this call is', hearAll: 'You hear the others', saidAll: 'The others hear you', estimated: 'estimated',
  },
}
