// English: the history of calls. Loaded with its view.
export default {
  history: {
    title: 'Calls', empty: 'No calls yet', emptyHint: 'Open a chat and press the telephone to make the first one.', more: 'Show more', outgoing: 'Outgoing', incoming: 'Incoming',
    completed: 'Completed', missed: 'Missed', rejected: 'Declined', cancelled: 'Cancelled', busy: 'Busy', failed: 'Failed', ringing: 'Ringing', active: 'In progress',
    noAnswer: 'No answer', good: 'Good', fair: 'Fair', poor: 'Poor', unmeasured: 'Not measured', rtt: '{n} ms delay', loss: '{n} % lost', jitter: '{n} ms jitter',
    path: 'Path', duration: 'Duration', open: 'Open chat with {name}', reconnects: 'Reconnected once | Reconnected {n} times', loading: 'Loading calls …', 
  },
}
