import type { thread as english } from '../en/thread';

export const thread: Record<keyof typeof english, string> = {
  'thread.title': '消息',
  'thread.none': '尚无消息。医院、专家和协调员均可阅读。',
  'thread.write': '写给其他人',
  'thread.send': '发送',
  'thread.you': '您',
  'thread.seen': '{names} 已读',
  'thread.unseen': '尚未读',
  'thread.unread': '{n} 条新消息',
  'thread.rowunread.one': '{n} 条新消息',
  'thread.rowunread.other': '{n} 条新消息',
  'thread.role.administrator': '管理员',
  'thread.role.coordinator': '协调员',
  'thread.role.expert': '专家',
  'thread.role.site': '医院',

  'event.message': '有人写了消息',
  'event.message_seen': '消息已读',
};
