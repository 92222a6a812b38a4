// Listens in on a page's calls without changing what the page does: every remote audio track is tapped, and what
// the page would play is kept as PCM on request. Loaded before the page's own scripts.
(() => {
  const probe = (window.__probe = { pcs: [], remote: [], answers: [], dropUdp: false });
  const worklet = `registerProcessor('tap', class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.left = 0;
      this.port.onmessage = (e) => { this.left = e.data; this.kept = []; };
    }
    process(inputs) {
      const c = inputs[0][0];
      if (this.left > 0) {
        this.kept.push(c ? c.slice() : new Float32Array(128));
        this.left -= 128;
        if (this.left <= 0) this.port.postMessage(this.kept);
      }
      return true;
    }
  });`;
  let ready;
  async function context() {
    ready ??= (async () => {
      const ctx = new AudioContext({ sampleRate: 48000 });
      const url = URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' }));
      await ctx.audioWorklet.addModule(url);
      return ctx;
    })();
    const ctx = await ready;
    if (ctx.state !== 'running') await ctx.resume();
    return ctx;
  }

  async function tap(pc, event) {
    const entry = { pc, track: event.track, mid: event.transceiver.mid };
    probe.remote.push(entry);
    // Chromium delivers a remote track's samples only while some element plays it.
    const sink = new Audio();
    sink.muted = true;
    sink.srcObject = new MediaStream([event.track]);
    sink.play().catch(() => {});
    entry.sink = sink;
    const ctx = await context();
    entry.node = new AudioWorkletNode(ctx, 'tap');
    const silent = ctx.createGain();
    silent.gain.value = 0;
    ctx.createMediaStreamSource(sink.srcObject).connect(entry.node).connect(silent).connect(ctx.destination);
  }

  /** All slots of the newest peer connection, mixed: what this person hears in the next `seconds`. */
  probe.hear = async (seconds) => {
    const pc = probe.pcs.at(-1);
    const taps = probe.remote.filter((r) => r.pc === pc && r.node);
    const kept = await Promise.all(
      taps.map(
        (t) =>
          new Promise((done) => {
            t.node.port.onmessage = (e) => done(e.data);
            t.node.port.postMessage(seconds * 48000);
          }),
      ),
    );
    const mixed = new Float32Array(seconds * 48000);
    for (const blocks of kept)
      blocks.forEach((b, n) => b.forEach((v, i) => (mixed[n * 128 + i] += v)));
    return { rate: 48000, slots: taps.length, samples: Array.from(mixed, (v) => Math.round(v * 32767)) };
  };

  /** The selected candidate pair of the newest peer connection. */
  probe.pair = async () => {
    const stats = await probe.pcs.at(-1).getStats();
    const transport = [...stats.values()].find((s) => s.type === 'transport');
    const pair = transport && stats.get(transport.selectedCandidatePairId);
    const local = pair && stats.get(pair.localCandidateId);
    return pair ? { protocol: local.protocol, type: local.candidateType, state: transport.iceState, ufrag: transport.iceLocalUsernameFragment } : null;
  };

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      probe.pcs.push(this);
      this.addEventListener('track', (e) => tap(this, e));
    }
    setRemoteDescription(description) {
      let { type, sdp } = description;
      if (probe.dropUdp) {
        const udp = (line) => line.startsWith('a=candidate') && / udp /i.test(line);
        sdp = sdp.split('\r\n').filter((line) => !udp(line)).join('\r\n');
      }
      probe.answers.push(sdp);
      return super.setRemoteDescription({ type, sdp });
    }
  };
})();
