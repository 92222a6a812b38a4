// English: the history of calls. Loaded with its view.
export default {
  history: {
    title: 'Calls', empty: 'No calls yet', emptyHint: 'Open a chat and press the telephone to make the first one.', more: 'Show more', outgoing: 'Outgoing', incoming: 'Incoming',
    completed: 'Completed', missed: 'Missed', rejected: 'Declined', cancelled: 'Cancelled', busy: 'Busy', failed: 'Failed', ringing: 'Ringing', active: 'In progress',
    noAnswer: 'No answer', good: 'Good', fair: 'Fair', poor: 'Poor', unmeasured: 'Not measured', rtt: '{n} ms delay', loss: '{n} % lost', jitter: '{n} ms jitter',
    path: 'Path', duration: 'Duration', open: 'Open chat with {name}', reconnects: 'Reconnected once | Reconnected {n} times', loading: 'Loading calls …', 
  },
  why: {
    open: 'What was measured', title: 'What was measured in this call', nothing: 'Nothing unusual: whatever was heard did not come from the network.', estimate: 'Estimated, 4.5 at most: you heard {name} at {hear}, {name} heard you at {said}.',
    worst: 'worst {n}', unknown: '?', test: 'Test my network', loading: 'Loading …',
    mine: {
      noSound: 'At your end, sound never found a way to the server.', slowStart: 'At your end it took {seconds} s until sound was there.', reconnects: 'Your connection was lost and came back once. | Your connection was lost and came back {n} times.',
      lossUp: 'Of what you said, up to {loss} % was lost on its way to the server.', lossDown: 'Of what came to you, up to {loss} % was lost on its way from the server.',
      madeUp: 'Up to {share} % of what you heard was filled in by your browser, because it came late or not at all.', delay: 'Your connection was slow: up to {ms} ms to the server and back.',
      jitter: 'Sound moved unevenly at your end, by up to {ms} ms.', path: 'Your sound took {path}, since UDP was shut or failed. That way stops when the network is busy.',
    },
    theirs: {
      noSound: 'At {name}’s end, sound never found a way to the server.', slowStart: 'At {name}’s end it took {seconds} s until sound was there.', reconnects: '{name}’s connection was lost and came back once. | {name}’s connection was lost and came back {n} times.',
      lossUp: 'Of what {name} said, up to {loss} % was lost on its way to the server.', lossDown: 'Of what came to {name}, up to {loss} % was lost on its way from the server.',
      madeUp: 'Up to {share} % of what {name} heard was filled in by the browser, because it came late or not at all.', delay: '{name}’s connection was slow: up to {ms} ms to the server and back.',
      jitter: 'Sound moved unevenly at {name}’s end, by up to {ms} ms.', path: '{name}’s sound took {path}, since UDP was shut or failed. That way stops when the network is busy.',
    },
  },
}
