// English: what is said in an open conversation. Loaded with it.
export default {
  chat: {
    call: 'Call {name}', messages: 'Messages with {name}', write: 'Write to {name}', send: 'Send', older: 'Load older messages', loadingOlder: 'Loading older messages …',
    begin: 'This is the beginning of your chat with {name}.', beginHint: 'Say hello.', toNewest: 'To the newest message', newBelow: '{n} new message | {n} new messages', queued: 'Waiting to be sent',
    sent: 'Sent', delivered: 'Delivered', read: 'Read', failed: 'Not sent', failedWhy: 'Not sent: {why}', retry: 'Try again', discard: 'Delete', bytes: '{left} bytes left',
    tooLong: 'Too long by {over} bytes', hint: 'Enter sends, Shift + Enter makes a new line', unreadFrom: 'New', edited: 'edited', react: 'React', reacted: 'from {names}', reply: 'Reply',
    replyTo: 'Reply to {name}:', edit: 'Edit', editing: 'Edit:', save: 'Save', cancel: 'Cancel', removeSure: 'Delete for everybody?', readBy: 'Read by', readByThese: 'Read by {names}',
    readByNobody: 'Nobody has read this yet',
  },
  talk: {
    attach: 'Attach files', files: 'Files to send', chosen: '{n} file chosen | {n} files chosen', takeOut: 'Take out {name}', drop: 'Drop files here to send them to {name}',
    limits: 'Up to {n} files of {size} each', limitCount: 'Up to {n} files', pastedName: 'Pasted text',
    refused: {
      tooLarge: '“{name}” is too large: {size} at most.', empty: '“{name}” is empty.', type: 'This server does not take files like “{name}”.',
      tooMany: '“{name}” was left out: {n} files at most in one message.',
    },
    onTheWay: 'Sending {name}', openImage: 'Open the picture {name}', save: 'Save', before: 'Previous', next: 'Next',
    record: 'Voice message', recording: 'Recording', stop: 'Stop and listen', letGo: 'Discard the recording', sendVoice: 'Send the voice message',
    voice: 'Voice message, {time}', play: 'Play', pause: 'Pause', place: 'Position', speed: 'Speed: {speed} times', unplayable: 'This browser cannot play the recording.',
    emoji: 'Choose an emoji', findEmoji: 'Find an emoji', emojiGroups: 'Groups of emoji', recent: 'Last used', found: 'Found', noEmoji: 'No emoji by that name.', count: '{n} emoji | {n} emoji',
    emojiGroup: { g0: 'Faces and feelings', g1: 'People', g2: 'Animals and nature', g3: 'Food and drink', g4: 'Travel and places', g5: 'Activities', g6: 'Objects', g7: 'Symbols', g8: 'Flags' },
    tone: 'Skin tone', tones: { t0: 'No skin tone', t1: 'Light', t2: 'Medium light', t3: 'Medium', t4: 'Medium dark', t5: 'Dark' },
    menu: 'More about {name}', searchHere: 'Search in this chat', muteFor: 'Mute for {n} hour | Mute for {n} hours', mute: 'Mute until further notice', unmute: 'Unmute', mutedUntil: 'Muted until {time}',
    block: 'Block {name}', unblock: 'Unblock {name}', blockSure: 'Block {name}?', blockText: '{name} can no longer write to you or call you, and does not learn that you blocked. What was written stays.', blockYes: 'Block',
    blocked: 'You blocked {name}. Neither of you can write or call.', members: 'Members and settings', cancel: 'Cancel',
    lastSeen: 'last seen {when}', history: 'Older messages', backToNewest: 'Back to the newest',
    newer: 'Load newer messages', loadingNewer: 'Loading newer messages …',
  },
}
