import type { thread as english } from '../en/thread';

export const thread: Record<keyof typeof english, string> = {
  'thread.title': 'Messages',
  'thread.none': 'Personne n’a encore rien écrit. L’hôpital, l’expert et les coordinateurs lisent ceci.',
  'thread.write': 'Écrire aux autres',
  'thread.send': 'Envoyer',
  'thread.you': 'Vous',
  'thread.seen': 'lu par {names}',
  'thread.unseen': 'pas encore lu',
  'thread.unread': '{n} nouveaux',
  'thread.rowunread.one': '{n} nouveau message',
  'thread.rowunread.other': '{n} nouveaux messages',
  'thread.role.administrator': 'administrateur',
  'thread.role.coordinator': 'coordinateur',
  'thread.role.expert': 'expert',
  'thread.role.site': 'hôpital',

  'event.message': 'Message écrit',
  'event.message_seen': 'Messages lus',
};
