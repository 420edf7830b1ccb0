/** The sound of a new case and of a call: made here, so that nothing is fetched; off when its person wants none. */
const KEPT = 'neurovigie.sound';

let on = $state(localStorage.getItem(KEPT) !== 'off');

export const soundIsOn = (): boolean => on;

export function setSound(wanted: boolean): void {
  on = wanted;
  localStorage.setItem(KEPT, wanted ? 'on' : 'off');
}

/** Notes in Hz, one after the other: two for a case, the same three times for a call. */
const NOTES = { case: [660, 880], call: [880, 660, 880, 660, 880, 660] } as const;
const NOTE_S = 0.16;

let context: AudioContext | undefined;

/** Browsers are silent until somebody has touched the page once. */
export function play(what: keyof typeof NOTES): void {
  if (!on || !('AudioContext' in window)) return;
  context ??= new AudioContext();
  void context.resume();
  const begins = context.currentTime + 0.02;
  NOTES[what].forEach((hz, at) => note(context!, hz, begins + at * NOTE_S));
}

function note(audio: AudioContext, hz: number, begins: number): void {
  const tone = new OscillatorNode(audio, { type: 'triangle', frequency: hz });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, begins);
  volume.gain.linearRampToValueAtTime(0.35, begins + 0.02);
  volume.gain.linearRampToValueAtTime(0, begins + NOTE_S - 0.02);
  tone.connect(volume).connect(audio.destination);
  tone.start(begins);
  tone.stop(begins + NOTE_S);
}
