// Without a sound device Firefox's AudioContext never starts. What a person hears is recorded and decoded instead.
(() => {
  const probe = window.__probe;
  const RATE = 48000;

  async function record(track, seconds) {
    const recorder = new MediaRecorder(new MediaStream([track]));
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const stopped = new Promise((done) => (recorder.onstop = done));
    recorder.start();
    setTimeout(() => recorder.stop(), seconds * 1000);
    await stopped;
    const bytes = await new Blob(parts).arrayBuffer();
    const decoded = await new OfflineAudioContext(1, RATE, RATE).decodeAudioData(bytes);
    return decoded.getChannelData(0);
  }

  probe.hear = async (seconds) => {
    const taps = probe.remote.filter((each) => each.pc === probe.pcs.at(-1) && !each.track.muted);
    const heard = await Promise.all(taps.map((each) => record(each.track, seconds)));
    const mixed = new Float32Array(Math.max(0, ...heard.map((samples) => samples.length)));
    for (const samples of heard) samples.forEach((value, i) => (mixed[i] += value));
    return { rate: RATE, slots: taps.length, samples: Array.from(mixed, (value) => Math.round(value * 32767)) };
  };
})();
