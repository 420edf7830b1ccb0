import type { desk as english } from '../en/desk';

export const desk: Record<keyof typeof english, string> = {
  'app.tagline': '脑卒中远程会诊',
  'app.research': '仅供科研使用，不是医疗器械；由医师签署。',
  'app.language': '语言',
  'app.signout': '退出',
  'app.places': '栏目',
  'app.skip': '跳到正文',
  'app.loading': '正在加载…',
  'app.retry': '重试',
  'app.newcases': '{n} 个新病例',

  'lasted.seconds': '{n} 秒',
  'lasted.minutes': '{n} 分钟',
  'lasted.hours': '{h} 小时 {m} 分',
  'lasted.days': '{n} 天',

  'signin.title': '登录',
  'signin.name': '用户名',
  'signin.password': '密码',
  'signin.go': '登录',

  'password.title': '请设置您自己的密码',
  'password.why': '您收到的密码只能使用一次。',
  'password.current': '当前密码',
  'password.new': '新密码',
  'password.again': '再次输入新密码',
  'password.hint': '至少 12 个字符，用一句话作密码即可。',
  'password.differ': '两次输入的新密码不一致。',
  'password.go': '修改密码',

  'error.unreachable': '服务器没有响应。',
  'error.wrong': '用户名或密码错误。',
  'error.many': '尝试次数过多，请稍后再试。',
  'error.weak': '请使用至少 12 个字符的密码，且不能与用户名或上一个密码相同。',
  'error.forbidden': '您的账户没有此权限。',
  'error.notfound': '该病例不存在，或您无权查看。',
  'error.other': '操作未能完成：{message}',

  'live.on': '实时',
  'live.connecting': '正在连接…',
  'live.lost': '自 {time} 起已断开实时连接',
  'live.losthint': '您看到的内容可能已过时，正在重新连接…',
};
