// A microphone that a test plays, in place of the browser's: bursts of one tone, silence, or none at all. Several people
// in one browser can so have voices of their own. Notes which tones the page itself plays, when, how loud and where. Which
// devices there are changes as the test wishes. Loaded before the page's own scripts; `__mic` tells and is told.
(() => {
  const mic = (window.__mic = { hz: 1000, mode: 'tone', asked: 0, level: 0.4, played: [], peaks: [], last: null, opened: [], sinks: [] });
  let peak = 0;
  const device = (kind, deviceId, label) => ({ deviceId, groupId: '', kind, label, toJSON: () => ({}) });
  mic.devices = [device('audioinput', 'first', 'First microphone'), device('audioinput', 'second', 'Second microphone')];
  const existing = (kind, id) => mic.devices.some((one) => one.kind === kind && one.deviceId === id);
  const devices = navigator.mediaDevices;
  const refusals = { denied: 'NotAllowedError', missing: 'NotFoundError', busy: 'NotReadableError' };
  let context;

  /** Bursts as in tone.mjs: what is steady, noise suppression would take for noise. */
  function bursts(hz) {
    const rate = context.sampleRate;
    const buffer = context.createBuffer(1, Math.round(rate * 0.4), rate);
    const samples = buffer.getChannelData(0);
    const [on, ramp] = [0.3 * rate, 0.01 * rate];
    for (let i = 0; i < samples.length; i++) {
      const edge = i >= on ? 0 : Math.min(1, i / ramp, (on - i) / ramp);
      samples[i] = edge * Math.sin((2 * Math.PI * hz * i) / rate);
    }
    return new AudioBufferSourceNode(context, { buffer, loop: true });
  }
  devices.getUserMedia = async (wishes) => {
    mic.asked += 1;
    mic.wishes = wishes;
    if (refusals[mic.mode]) throw new DOMException('as the test wishes', refusals[mic.mode]);
    const inputs = mic.devices.filter(({ kind }) => kind === 'audioinput');
    if (inputs.length === 0) throw new DOMException('none is plugged in', 'NotFoundError');
    context ??= new AudioContext();
    await context.resume();
    const wished = wishes.audio?.deviceId?.ideal ?? '';
    const gain = new GainNode(context, { gain: mic.mode === 'silent' && wished !== 'second' ? 0 : mic.level });
    const out = context.createMediaStreamDestination();
    const source = bursts(mic.hz);
    source.connect(gain).connect(out);
    source.start();
    mic.gain = gain;
    mic.out = out;
    const [track] = out.stream.getAudioTracks();
    const settings = track.getSettings.bind(track);
    const deviceId = existing('audioinput', wished) ? wished : inputs[0].deviceId;
    track.getSettings = () => ({ ...settings(), deviceId });
    mic.opened.push({ deviceId, track, gain });
    return out.stream;
  };
  /** One more sound, of so many seconds, into what was opened last; when it began on the clock that all pages share. */
  mic.say = (seconds) => {
    const voice = new OscillatorNode(context, { frequency: mic.hz });
    voice.connect(new GainNode(context, { gain: mic.level })).connect(mic.out);
    voice.start();
    voice.stop(context.currentTime + seconds);
    return performance.timeOrigin + performance.now();
  };
  devices.enumerateDevices = async () => [...mic.devices];
  mic.plug = (kind, deviceId, label) => {
    mic.devices = [...mic.devices, device(kind, deviceId, label)];
    devices.dispatchEvent(new Event('devicechange'));
  };
  /** Its tracks end, and nothing comes from them any more. */
  mic.unplug = (kind, deviceId) => {
    mic.devices = mic.devices.filter((one) => one.kind !== kind || one.deviceId !== deviceId);
    for (const { track, gain } of mic.opened.filter((one) => kind === 'audioinput' && one.deviceId === deviceId && one.track.readyState === 'live')) {
      gain.disconnect();
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }
    devices.dispatchEvent(new Event('devicechange'));
  };
  /** Where an element plays: as in a browser, an element stays at an output that is gone. */
  const sinks = new WeakMap();
  Object.defineProperty(HTMLMediaElement.prototype, 'sinkId', { configurable: true, get() { return sinks.get(this) ?? ''; } });
  HTMLMediaElement.prototype.setSinkId = async function (id) {
    mic.sinks.push(id);
    if (id !== '' && !existing('audiooutput', id)) throw new DOMException('no such output', 'NotFoundError');
    sinks.set(this, id);
  };
  const query = navigator.permissions.query.bind(navigator.permissions);
  navigator.permissions.query = async (wished) => {
    if (wished.name !== 'microphone') return query(wished);
    return { state: mic.mode === 'denied' ? 'prompt' : 'granted', addEventListener() {} };
  };
  // What a note rises to is said just before it is started.
  const rise = AudioParam.prototype.linearRampToValueAtTime;
  AudioParam.prototype.linearRampToValueAtTime = function (value, at) {
    peak = value;
    return rise.call(this, value, at);
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...at) {
    mic.played.push(Math.round(this.frequency.value));
    mic.peaks.push(peak);
    mic.last = { context: this.context, at: at[0] ?? this.context.currentTime };
    return start.apply(this, at);
  };
})();
