// English: the network test. Loaded with its page.
export default {
  network: {
    title: 'Network test', intro: 'Tries every way from this device to the server on its own, with sound that nobody hears, and says what that means for your calls. It takes about ten seconds and needs no microphone.',
    start: 'Test my network', again: 'Test again', running: 'Testing …', progress: 'Progress', ways: 'The ways to the server', refused: 'The test could not be begun: {why}',
    inCall: 'You are in a call. The test runs beside it and may be heard as a short disturbance.',
    rtt: '{n} ms there and back', loss: '{n} % lost', jitter: '{n} ms jitter', setup: 'connected in {n} ms',
    way: { udp: 'UDP', 'ice-tcp': 'TCP', 'turn-tcp': 'TURN over TCP', 'turn-tls': 'TURN over TLS' },
    about: {
      udp: 'The direct way, best for sound: what is lost is not waited for.', 'ice-tcp': 'Where UDP is shut. A lost packet holds up those behind it.',
      'turn-tcp': 'Another door for networks that look into what passes.', 'turn-tls': 'Looks like a web page being read: the last door that most networks leave open.',
    },
    step: { waiting: 'Waiting', connecting: 'Connecting …', measuring: 'Measuring …' },
    state: { waiting: 'Waiting', connecting: 'Connecting', measuring: 'Measuring', works: 'Works', blocked: 'Blocked', silent: 'No sound', absent: 'Not offered', untested: 'Not tested' },
    why: {
      blocked: 'no connection within ten seconds', silent: 'connected, but no sound came through', absent: 'this server does not offer it', untested: 'could not be tried just now',
    },
    headline: {
      good: 'Calls work well here', weak: 'Calls work, but the line is weak', detour: 'Calls work, by a detour', detourWeak: 'Calls work by a detour, and the line is weak',
      none: 'Calls do not work in this network', unknown: 'Nothing could be tested',
    },
    meaning: {
      good: 'Sound takes the direct way, and nothing worth mentioning is lost.',
      loss: '{n} % of the sound is lost on the way. Single words may sound rough.', lossBad: '{n} % of the sound is lost on the way. Words will drop out.',
      delay: 'Sound takes {n} ms there and back. You will now and then talk over each other.', jitter: 'Sound arrives unevenly, by up to {n} ms. It may stutter.',
      overTcp: 'UDP is shut here, so sound takes TCP. That is fine while the network is good; when it is busy, sound may stop for a moment and then catch up.',
      overTurn: 'This network lets through only what looks like web traffic, and sound takes that way. When the network is busy, it may stop for a moment and then catch up.',
      spare: 'If this way is cut in the middle of a call, another one takes over.', noSpare: 'It is the only way that works: if it is cut in the middle of a call, the call is lost.',
      noTls: 'The last door, TURN over TLS, did not open; calls here do without it. Either something inspects TLS, or this device does not trust the server’s certificate: {host}:{port}/trust.',
      none: 'Messages arrive, as this page does, but sound finds no way to the server. Another network, a telephone’s hotspot for one, will do.',
      unknown: 'The server or this browser did not play along. Try again in a moment.',
    },
    ask: {
      title: 'What to ask the network’s administrator for',
      udp: 'Allow UDP to {host}, port {port}, and the answers to it.', tcp: 'Allow TCP to {host}, port {port}, directly, without an HTTP proxy or inspection in between.',
      inspection: 'Exempt {host}, port {port}, from TLS inspection.', certificate: 'Exempt {host}, port {port}, from TLS inspection; or, if nothing inspects, let this device trust the server’s certificate ({host}:{port}/trust).',
      line: 'Look after the line itself: give voice precedence over downloads, or come closer to the Wi-Fi, or use a cable.',
    },
    copy: 'Copy as text', copied: 'Copied', mail: 'Write an e-mail', nothingToAsk: 'There is nothing to ask for: the network lets calls through.',
    letter: {
      subject: 'Voice calls with {host}', greeting: 'Hello, I make voice calls over {host} and tested what this network lets through.', please: 'Please:',
      found: 'Found on {when}, to {host} port {port}:', browser: 'Browser: {browser}',
    },
  },
}
