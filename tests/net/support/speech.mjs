// Speech for fake microphones, and its judge: espeak-ng says it, score.py compares what arrived with what was said.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWav } from '../../browser/support/tone.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PYTHON = process.env.CHARLA_TEST_PESQ_PYTHON ?? join(HERE, '../../../target/tools/pesq/bin/python3');
const WORDS = "The quick brown fox jumps over the lazy dog. Seven wet ducks walked home before the storm. Call me back at nine o'clock.";

/** Writes a WAV file of a few sentences with half a second of silence around; a fake microphone loops it. */
export const say = (file) => utter(file);

/** The same in another voice and speed, with other silence around. */
export function utter(file, { voice = 'en', speed = 150, pad = 0.5 } = {}) {
  execFileSync('espeak-ng', ['-v', voice, '-s', `${speed}`, '-w', `${file}.raw.wav`, WORDS]);
  execFileSync('sox', [`${file}.raw.wav`, '-r', '48000', '-c', '1', '-b', '16', file, 'norm', '-3', 'pad', `${pad}`, `${pad}`]);
  return file;
}

/** What the judge says of PCM that a person's probe kept. */
export function score(reference, pcm, file) {
  writeWav(file, Int16Array.from(pcm.samples));
  return JSON.parse(execFileSync(PYTHON, [join(HERE, 'score.py'), reference, file], { encoding: 'utf8' }));
}

/** Why speech cannot be judged here; null if it can. */
export function obstacle() {
  try {
    execFileSync(PYTHON, ['-c', 'import pesq, scipy'], { stdio: 'ignore' });
    execFileSync('sh', ['-c', 'command -v espeak-ng && command -v sox'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'espeak-ng, sox or PESQ is missing: tools/need.sh long';
  }
}
