/** What the participants of a case write to one another. */
export const thread = {
  'thread.title': 'Messages',
  'thread.none': 'Nobody has written anything yet. The hospital, the expert and the coordinators read this.',
  'thread.write': 'Write to the others',
  'thread.send': 'Send',
  'thread.you': 'You',
  'thread.seen': 'read by {names}',
  'thread.unseen': 'not read yet',
  'thread.unread': '{n} new',
  'thread.rowunread.one': '{n} new message',
  'thread.rowunread.other': '{n} new messages',
  'thread.role.administrator': 'administrator',
  'thread.role.coordinator': 'coordinator',
  'thread.role.expert': 'expert',
  'thread.role.site': 'hospital',

  'event.message': 'Message written',
  'event.message_seen': 'Messages read',
} as const;
