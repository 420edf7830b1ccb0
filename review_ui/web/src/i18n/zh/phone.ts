import type { phone as english } from '../en/phone';

export const phone: Record<keyof typeof english, string> = {
  'phone.nowhere': '此链接已失效，或不是给您的账户的。',
  'phone.keyimages': '关键图像',
  'phone.keyimage': '关键图像 {n}/{m}',
  'phone.notdiagnostic': '手机屏幕：仅供了解情况，不得用于诊断。',
  'phone.call': '致电',
  'phone.answer': '答复',

  'settings.title': '设置',
  'settings.sound': '声音',
  'settings.soundwhy': '新的红色或橙色病例发出短音，呼叫您时发出较长的声音。仅对此浏览器有效。',
  'settings.soundon': '打开声音',
  'settings.try': '试听',
  'settings.push': '呼叫我时唤醒此设备',
  'settings.pushwhy': '消息只说优先级和医院，不含任何患者信息，并仅为此浏览器加密。',
  'settings.push.unsupported': '此浏览器无法被唤醒。在 iPhone 上请先添加到主屏幕。',
  'settings.push.off_here': '管理员尚未开启此功能。',
  'settings.push.refused': '此浏览器被设为不显示本站通知；请在浏览器设置中更改。',
  'settings.push.asleep': '此设备不会被唤醒。',
  'settings.push.awake': '此设备会被唤醒。',
  'settings.wake': '唤醒此设备',
  'settings.sleep': '不再唤醒',
  'settings.install': '在手机上',
  'settings.installwhy': '用浏览器菜单把本站添加到主屏幕。它像应用一样打开；手机上不保存任何患者信息。',
};
