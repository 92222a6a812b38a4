// English: the history of calls. Loaded with its view.
import type { Trouble } from '../protocol'

export default {
  history: {
    title: 'Calls', empty: 'No calls yet', emptyHint: 'Open a chat and press the telephone to make the first one.', more: 'Show more', outgoing: 'Outgoing', incoming: 'Incoming',
    completed: 'Completed', missed: 'Missed', rejected: 'Declined', cancelled: 'Cancelled', busy: 'Busy', failed: 'Failed', ringing: 'Ringing', active: 'In progress',
    noAnswer: 'No answer', good: 'Good', fair: 'Fair', poor: 'Poor', unmeasured: 'Not measured', rtt: '{n} ms delay', loss: '{n} % lost', jitter: '{n} ms jitter',
    path: 'Path', duration: 'Duration', open: 'Open chat with {name}', reconnects: 'Reconnected once | Reconnected {n} times', sound: 'Try your sound', loading: 'Loading calls …', 
  },
  why: {
    open: 'What was measured', title: 'What was measured in this call', nothing: 'Nothing unusual: whatever was heard did not come from the network.', estimate: 'Estimated, 4.5 at most: you heard {name} at {hear}, {name} heard you at {said}.',
    worst: 'worst {n}', unknown: '?', test: 'Test my network', loading: 'Loading …',
    mine: {
      neverConnected: 'At your end, sound never found a way to the server.',
      silence: 'Nothing came from your device for {n} s.',
      rejoined: 'Your device had to begin anew once. | Your device had to begin anew {n} times.',
      reconnects: 'Your connection was lost and came back once. | Your connection was lost and came back {n} times.',
      silentMicrophone: 'Your microphone gave no sound at all for {n} s, although it was not muted.',
      uplinkLoss: 'Of what you said, up to {n} % was lost on its way to the server.',
      downlinkLoss: 'Of what came to you, up to {n} % was lost on its way from the server.',
      concealment: 'Up to {n} % of what you heard was filled in by your browser, because it came late or not at all.',
      highRoundTrip: 'Your connection was slow: up to {n} ms to the server and back.',
      jitter: 'Sound moved unevenly at your end, by up to {n} ms.',
      playoutGaps: 'Your loudspeaker had nothing to play for up to {n} % of the time: this device was busy.',
      notUdp: 'Your sound took {path}, since UDP was shut or failed. That way stops when the network is busy.',
    } satisfies Record<Trouble, string>,
    theirs: {
      neverConnected: 'At {name}’s end, sound never found a way to the server.',
      silence: 'Nothing came from {name}’s device for {n} s.',
      rejoined: '{name}’s device had to begin anew once. | {name}’s device had to begin anew {n} times.',
      reconnects: '{name}’s connection was lost and came back once. | {name}’s connection was lost and came back {n} times.',
      silentMicrophone: '{name}’s microphone gave no sound at all for {n} s, although it was not muted.',
      uplinkLoss: 'Of what {name} said, up to {n} % was lost on its way to the server.',
      downlinkLoss: 'Of what came to {name}, up to {n} % was lost on its way from the server.',
      concealment: 'Up to {n} % of what {name} heard was filled in by the browser, because it came late or not at all.',
      highRoundTrip: '{name}’s connection was slow: up to {n} ms to the server and back.',
      jitter: 'Sound moved unevenly at {name}’s end, by up to {n} ms.',
      playoutGaps: '{name}’s loudspeaker had nothing to play for up to {n} % of the time: that device was busy.',
      notUdp: '{name}’s sound took {path}, since UDP was shut or failed. That way stops when the network is busy.',
    } satisfies Record<Trouble, string>,
  },
}
