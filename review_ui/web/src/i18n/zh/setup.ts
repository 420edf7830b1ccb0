import type { setup as english } from '../en/setup';

export const setup: Record<keyof typeof english, string> = {
  'setup.title': '初始设置',
  'setup.why': '必须先有一个在其他方式都无效时仍有人接听的电话，才能安排值班。',
  'setup.fallback': '备用电话（最后手段）',
  'setup.fallbackhint': '当无人确认病例时向医院显示。',
  'setup.sitephones': '个别医院的备用电话',
  'setup.url': '链接的起始地址',
  'setup.urlhint': '例如 https://neurovigie.example.org',
  'setup.region': '法定假日地区',
  'setup.region.none': '法国本土',
  'setup.region.alsace_moselle': '阿尔萨斯-摩泽尔',
  'setup.region.guadeloupe': '瓜德罗普',
  'setup.region.guyane': '法属圭亚那',
  'setup.region.martinique': '马提尼克',
  'setup.region.mayotte': '马约特',
  'setup.region.reunion': '留尼汪',
  'setup.save': '保存设置',
  'setup.saved': '已保存。',
  'setup.incomplete': '尚未设置',
  'setup.only': '仅管理员可修改。',
};
