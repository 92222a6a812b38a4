// Listens in on a page's calls without changing what the page does: every remote audio track is tapped, and what
// the page would play is kept as PCM on request. Loaded before the page's own scripts.
(() => {
  const probe = (window.__probe = { pcs: [], remote: [], answers: [], states: [], loud: [], dropUdp: false, plainMicrophone: false, withEcho: false });
  const worklet = `registerProcessor('tap', class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.left = 0;
      this.told = 0;
      this.port.onmessage = (e) => { this.left = e.data; this.kept = []; };
    }
    process(inputs) {
      const c = inputs[0][0];
      // A note of every 20 ms in which there was sound, at the time of the one audio clock that all taps share.
      if (c && currentTime - this.told >= 0.02 && c.some((v) => Math.abs(v) > 0.05)) this.port.postMessage((this.told = currentTime));
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
    entry.node.port.onmessage = (e) => {
      if (typeof e.data === 'number') probe.loud.push(e.data);
      else entry.done?.(e.data);
    };
    const silent = ctx.createGain();
    silent.gain.value = 0;
    entry.source = ctx.createMediaStreamSource(sink.srcObject);
    entry.source.connect(entry.node).connect(silent).connect(ctx.destination);
    if (pc.signalingState === 'closed') untap(pc);
  }

  /** The taps of a call that is over: they would cost the next one its time. */
  function untap(pc) {
    for (const entry of probe.remote.filter((one) => one.pc === pc && one.source)) {
      entry.source.disconnect();
      entry.node.disconnect();
      entry.done?.([]);
      entry.sink.srcObject = entry.source = entry.node = null;
    }
  }

  /** All slots of the newest peer connection, mixed: what this person hears in the next `seconds`. */
  probe.hear = async (seconds) => {
    const pc = probe.pcs.at(-1);
    const taps = probe.remote.filter((r) => r.pc === pc && r.node);
    const kept = await Promise.all(
      taps.map(
        (t) =>
          new Promise((done) => {
            t.done = done;
            t.node.port.postMessage(seconds * 48000);
          }),
      ),
    );
    const mixed = new Float32Array(seconds * 48000);
    for (const blocks of kept)
      blocks.forEach((b, n) => b.forEach((v, i) => (mixed[n * 128 + i] += v)));
    return { rate: 48000, slots: taps.length, samples: Array.from(mixed, (v) => Math.round(v * 32767)) };
  };

  /** The audio clock, in seconds. */
  probe.now = async () => (await context()).currentTime;

  /** Which moment of it the loudspeaker plays now, and when that is for the page. */
  probe.playing = async () => (await context()).getOutputTimestamp();

  /** The longest time without sound since `from` on the audio clock, the one that lasts now included; and where it began. */
  probe.silence = async (from) => {
    const marks = [from, ...probe.loud.filter((t) => t > from).sort((a, b) => a - b), await probe.now()];
    let longest = { seconds: 0, from };
    for (let i = 1; i < marks.length; i++) {
      if (marks[i] - marks[i - 1] > longest.seconds) longest = { seconds: marks[i] - marks[i - 1], from: marks[i - 1] };
    }
    return { ...longest, now: marks.at(-1) - marks.at(-2) };
  };

  /** Milliseconds from the first offer of the newest peer connection until it was connected. */
  probe.setup = () => {
    const own = probe.states.filter(([, n]) => n === probe.pcs.length);
    const at = (what) => own.find((state) => state[2] === what)?.[0];
    return at('connected') - at('offer');
  };

  /** The selected candidate pair of the newest peer connection. */
  probe.pair = async () => {
    const stats = await probe.pcs.at(-1).getStats();
    const transport = [...stats.values()].find((s) => s.type === 'transport');
    const pair = transport && stats.get(transport.selectedCandidatePairId);
    const local = pair && stats.get(pair.localCandidateId);
    return pair ? { protocol: local.protocol, type: local.candidateType, relay: local.relayProtocol, state: transport.iceState, ufrag: transport.iceLocalUsernameFragment } : null;
  };

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      probe.pcs.push(this);
      this.addEventListener('track', (e) => tap(this, e));
      const n = probe.pcs.length;
      const say = (what) => probe.states.push([Math.round(performance.now()), n, what]);
      this.addEventListener('connectionstatechange', () => say(this.connectionState));
      this.addEventListener('signalingstatechange', () => {
        const ice = this.getSenders()[0]?.transport?.iceTransport;
        if (!ice?.getSelectedCandidatePair || ice.watched) return;
        ice.watched = true;
        ice.addEventListener('selectedcandidatepairchange', () => say(`over ${ice.getSelectedCandidatePair()?.local.protocol}`));
      });
      this.addEventListener('iceconnectionstatechange', () => say(`ice ${this.iceConnectionState}`));
      this.addEventListener('icecandidateerror', (e) => say(`${e.url} ${e.errorCode} ${e.errorText}`));
    }
    close() {
      super.close();
      untap(this);
    }
    setLocalDescription(...args) {
      probe.states.push([Math.round(performance.now()), probe.pcs.indexOf(this) + 1, 'offer']);
      return super.setLocalDescription(...args);
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

  // Speech is judged against what was said: then the browser must not clean it up before.
  const devices = navigator.mediaDevices;
  const open = devices?.getUserMedia.bind(devices);
  if (open) {
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    devices.getUserMedia = (wishes) => {
      if (probe.plainMicrophone) return open({ audio: plain });
      // Echo is measured against what comes back without cancellation.
      return open(probe.withEcho ? { ...wishes, audio: { ...wishes.audio, echoCancellation: false } } : wishes);
    };
  }
})();
